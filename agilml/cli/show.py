"""``agil show``: one run, one sweep, or what a conf composes to."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agilml.cli.options import AsJson, Quiet
from agilml.errors import Exit, UsageError

if TYPE_CHECKING:
    import sqlite3

    from agilml.project import Project

SHOWN = 10
"""Runs or candidates of a sweep that are shown, the best first."""

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ADDRESS | conf=NAME [KEY=VALUE]…",
        help="A run or a sweep (t-…, s-…, best@s-…, latest, @branch, a tag), or a conf to compose.",
        show_default=False,
    ),
]
Provenance = Annotated[
    bool, typer.Option("--provenance", help="What a run rests on: code, data, machine, facts.")
]
Verify = Annotated[bool, typer.Option("--verify", help="Check every digest behind a run.")]
Statement = Annotated[
    Path | None,
    typer.Option("--statement", metavar="FILE", help="Write what proves a run into a file."),
]
Sign = Annotated[
    Path | None, typer.Option("--sign", metavar="KEY", help="Sign the statement with an SSH key.")
]
Statements = Annotated[
    Path | None,
    typer.Option("--verify-statement", metavar="FILE", help="Check a statement and its signature."),
]
Signers = Annotated[
    Path | None,
    typer.Option("--signers", metavar="FILE", help="Who may sign: OpenSSH's allowed_signers."),
]


def show(
    words: Words = None,
    provenance: Provenance = False,
    verify: Verify = False,
    statement: Statement = None,
    sign: Sign = None,
    verify_statement: Statements = None,
    signers: Signers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Show everything about one run or one sweep, or the configuration that words compose to."""
    from agilml.ledger import queries
    from agilml.project import find_project
    from agilml.sweep.address import find

    project, words = find_project(), words or []
    _check_options(words, provenance or verify, statement, sign, verify_statement, signers)
    if verify_statement is not None:
        from agilml.cli import proving

        return proving.verify_statement(project, verify_statement, signers, as_json=as_json)
    _check_words(words)
    if provenance or verify or statement is not None:
        from agilml.cli import proving

        if statement is not None:
            return proving.write_statement(project, words[0], statement, sign, quiet=quiet)
        return proving.show_provenance(
            project, words[0], verified=verify, as_json=as_json, quiet=quiet
        )
    if any("=" in word for word in words):
        return _show_conf(project, words, as_json=as_json)
    found = find(project, words[0])
    with queries.reader(project.ledger) as db, queries.snapshot(db):
        if found.startswith("t-"):
            from agilml.report.show_fields import run_details

            fields = run_details(db, project, found)
            lines = [] if as_json else _run_lines(project, fields)
        else:
            from agilml.report.show_fields import sweep_details

            fields = sweep_details(db, project, found)
            lines = [] if as_json else _sweep_lines(db, fields)
    return _print(fields, lines, as_json=as_json, quiet=quiet)


def _check_options(
    words: Sequence[str],
    proved: bool,
    statement: Path | None,
    sign: Path | None,
    verify_statement: Path | None,
    signers: Path | None,
) -> None:
    """Refuse an option that would be passed over."""
    if sign is not None and statement is None:
        raise UsageError(
            "--sign belongs to --statement", next="agil show RUN --statement FILE --sign KEY"
        )
    if signers is not None and verify_statement is None:
        raise UsageError(
            "--signers belongs to --verify-statement",
            next="agil show --verify-statement FILE --signers FILE",
        )
    if verify_statement is not None and (words or proved or statement is not None):
        raise UsageError(
            "--verify-statement takes the file and nothing else: it says which run it is about",
            next=f"agil show --verify-statement {verify_statement}",
        )


def _check_words(words: Sequence[str]) -> None:
    if not words:
        raise UsageError(
            "show wants a run, a sweep, or conf=NAME",
            kept="nothing was changed",
            next="agil show latest",
        )
    if len(words) > 1 and not any("=" in word for word in words):
        raise UsageError(
            "show takes one address",
            kept="nothing was changed",
            next=f"agil compare {' '.join(words)}",
        )


def _print(fields: dict[str, object], lines: list[str], *, as_json: bool, quiet: bool) -> int:
    from agilml.report.fields import to_json
    from agilml.report.show import next_line

    if as_json:
        print(to_json(fields))
        return Exit.DONE
    print("\n".join(lines))
    if not quiet:
        sys.stdout.flush()
        print(f"next: {next_line(fields)}", file=sys.stderr)
    return Exit.DONE


def _run_lines(project: Project, fields: dict[str, object]) -> list[str]:
    from agilml.cli.screen import colours_wanted, screen_width
    from agilml.report.show import TAIL, run_text
    from agilml.worker.logs import tail

    log = []
    if fields["state"] == "failed" and fields["folder"]:
        from agilml.provenance.secrets import scrub
        from agilml.provenance.secrets_kept import kept_values

        # A page is shown to others; `agil logs` prints what was written as it is.
        last = "\n".join(tail(project.state / str(fields["folder"]), TAIL))
        log = scrub(last, kept_values(project.state)).split("\n") if last else []
    return run_text(fields, log, width=screen_width(), colour=colours_wanted())


def _sweep_lines(db: sqlite3.Connection, fields: dict[str, object]) -> list[str]:
    from agilml.cli.screen import colours_wanted, screen_width
    from agilml.ledger import queries, queries_search
    from agilml.report.runs import sweep_table
    from agilml.report.show import sweep_text
    from agilml.report.unlogged import unlogged_text
    from agilml.sweep.standing import best_runs, objectives_of, pareto_front

    sweep = queries.sweep(db, str(fields["sweep"]))
    assert sweep is not None
    width = screen_width()
    unlogged = unlogged_text(db, sweep)
    lines = [*sweep_text(fields), "", *([unlogged] if unlogged else [])]
    if len(objectives_of(sweep)) > 1:
        from agilml.report.front import front_table

        return [*lines, *front_table(pareto_front(db, sweep), width=width)]
    if fields["candidates"]:
        from agilml.report.candidates import candidates_table

        table = candidates_table(fields, width=width, colour=colours_wanted(), limit=SHOWN)
        return [*lines, *table]
    best = best_runs(db, sweep, SHOWN)
    endings = queries_search.endings(db, [row.run for row in best])
    return [*lines, *sweep_table(best, width=width, colour=colours_wanted(), endings=endings)]


def _show_conf(project: Project, words: Sequence[str], *, as_json: bool) -> int:
    """Print what the words compose to, as YAML that could be a conf again."""
    from agilml.config import Configs
    from agilml.data.conf_path import take_conf_path
    from agilml.provenance.secrets_kept import KeptSecrets
    from agilml.report.conf import conf_text
    from agilml.report.fields import strict, to_json

    words, layer = take_conf_path(project, words)
    conf = [word.partition("=")[2] for word in words if word.startswith("conf=")]
    overrides = [word for word in words if not word.startswith("conf=")]
    if len(conf) != 1:
        raise UsageError(
            "show wants one conf=NAME", next=f"agil show conf=resnet {' '.join(overrides)}"
        )
    kept = KeptSecrets(project.state)
    configs = Configs(project.conf, kept.config, (layer.folder,) if layer else ())
    structure = configs.compose(conf[0], kept.words(overrides))
    if as_json:
        print(
            to_json(
                {
                    "conf": structure.conf,
                    "choices": dict(structure.choices),
                    "config": strict(structure.resolved),
                    "config_unresolved": strict(structure.unresolved),
                    "groups": configs.groups(),
                }
            )
        )
    else:
        print(conf_text(structure, configs.groups()))
    return Exit.DONE
