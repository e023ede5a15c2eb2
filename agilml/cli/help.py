"""The text of ``agil --help``, kept in ``help.txt`` so that printing it takes no typer.

``python -m agilml.cli.help`` writes it anew, and docs/reference/cli.md with the help of every verb
(``make docs`` does); tests tell when that was forgotten.
"""

from __future__ import annotations

import os
from pathlib import Path

WIDTH = 100
PATH = Path(__file__).with_name("help.txt")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"

_INTRODUCTION = """\
# Command line

This page is made from the command itself: `python -m agilml.cli.help` writes it.

Configuration is written as `key=value` in [Hydra's grammar](sweep-grammar.md); options are about
presentation. `--project DIR` (or AGIL_PROJECT) and `--debug` may stand anywhere. Results go to standard
output; progress, hints and errors to standard error. Verbs that read take `--json`
([fields, exit codes](json.md)). `agil --install-completion` lets bash, zsh or fish complete verbs, options,
confs, config groups and ids.

An **address** names a sweep or a run: `s-…` or `t-…` or any unique beginning of one, `latest`, `@branch` (the
newest sweep planned on that branch of Git), `best@` in front of a sweep for its best run, or a tag.
"""


def help_text(verb: str | None = None) -> str:
    """Return what typer prints for ``agil [VERB] --help`` on a screen of 100 columns."""
    import typer

    from agilml.cli.app import make_app

    command = typer.main.get_command(make_app())
    name = "agil"
    if verb is not None:
        command, name = command.commands[verb], f"agil {verb}"  # type: ignore[attr-defined]
    context = command.make_context(
        name, [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
    )
    lines = command.get_help(context).rstrip().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def reference_page() -> str:
    """Return docs/reference/cli.md."""
    from agilml.cli.verbs import VERBS

    parts = [_INTRODUCTION, f"```text\n{help_text()}```\n"]
    parts += [f"## agil {verb}\n\n```text\n{help_text(verb)}```\n" for verb in VERBS]
    return "\n".join(parts)


def write(path: Path, text: str) -> None:
    """Put ``text`` at ``path`` at once, so that nobody reads half of it."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


if __name__ == "__main__":
    write(PATH, help_text())
    if PAGE.parent.is_dir():
        write(PAGE, reference_page())
