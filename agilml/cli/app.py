"""The typer application: every verb of the table, and nothing that is not there yet."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from agilml.cli.failures import as_usage_errors
from agilml.cli.verbs import VERBS
from agilml.errors import Exit, UsageError
from agilml.text import safe_text

HELP = "Sweeps that search well, cannot be lost, and let models through only on evidence."
EPILOG = """\b
First steps:
  agil sweep conf=resnet model=resnet8,resnet14 optim.lr=0.05,0.2
  agil sweep conf=resnet 'optim.lr=tag(log,interval(1e-3,1))' budget.trials=20
  agil runs latest
  agil compare best@latest baseline --md
"""
HELP_OPTIONS = {"help_option_names": ["--help", "-h"]}

Project = Annotated[
    str | None,
    typer.Option(
        "--project", metavar="DIR", help="Act as if started in DIR (or set AGIL_PROJECT)."
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Version = Annotated[bool, typer.Option("--version", help="Print the version.")]
Install = Annotated[
    bool, typer.Option("--install-completion", help="Let bash, zsh or fish complete agil.")
]
Show = Annotated[bool, typer.Option("--show-completion", help="Print the completion script.")]


def run(words: Sequence[str]) -> int:
    """Run the verb that ``words`` begin with; return its exit code."""
    if words and words[0] in ("--install-completion", "--show-completion"):
        from agilml.cli.completion_install import install, show

        shell = words[1] if len(words) > 1 else None
        return install(shell) if words[0] == "--install-completion" else show(shell)
    if words and not words[0].startswith("-") and words[0] not in VERBS:
        raise _unknown_verb(words)
    command = typer.main.get_command(make_app())
    with as_usage_errors():
        code: Any = command.main(args=list(words), prog_name="agil", standalone_mode=False)
    return int(code) if isinstance(code, int) else int(Exit.DONE)


def make_app() -> typer.Typer:
    """Return the application with every verb."""
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=HELP_OPTIONS,
        help=HELP,
        epilog=EPILOG,
    )
    app.callback()(_options)
    for name, verb in VERBS.items():
        function = getattr(import_module(verb.module), verb.function)
        app.command(name, short_help=verb.summary, context_settings=HELP_OPTIONS)(function)
    return app


def _options(
    project: Project = None,
    debug: Debug = False,
    version: Version = False,
    install_completion: Install = False,
    show_completion: Show = False,
) -> None:
    # `main` has taken these off the line before typer sees it; here they are declared for the help.
    ...


def _unknown_verb(words: Sequence[str]) -> UsageError:
    from agilml.config.suggest import closest, did_you_mean

    word = words[0]
    near = closest(word, VERBS)
    if "=" in word:
        return UsageError(f"`{safe_text(word)}` is no verb", next=f"agil sweep {' '.join(words)}")
    return UsageError(
        f"no verb `{safe_text(word)}`{did_you_mean(word, VERBS)}",
        next=f"agil {near} --help" if near else "agil --help",
    )
