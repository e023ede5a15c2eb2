"""``agil logs``: what a run wrote, now and as it goes on."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agilml.cli.options import AsJson, Quiet
from agilml.errors import Exit, UsageError

if TYPE_CHECKING:
    from agilml.ledger.rows import RunRow
    from agilml.project import Project

SECONDS = 0.2
"""How often a growing log is looked at."""

Address = Annotated[str, typer.Argument(help="A run: t-…, best@s-…, a tag; or a sweep of one run.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")]
Lines = Annotated[int | None, typer.Option("--lines", "-n", min=0, help="Only the last N lines.")]
Head = Annotated[
    bool, typer.Option("--head", help="From the beginning; with -n the first N lines.")
]
Attempt = Annotated[
    int | None, typer.Option("--attempt", min=1, help="Of this attempt, not of the latest.")
]


def logs(
    address: Address,
    follow: Follow = False,
    lines: Lines = None,
    head: Head = False,
    attempt: Attempt = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Print what a run wrote to its standard output and error."""
    from agilml.project import find_project
    from agilml.report.log_lines import LogFile
    from agilml.sweep.address import find_run

    if follow and (head or attempt is not None):
        raise UsageError(
            "--follow shows the end of the latest attempt, without --head and --attempt",
            next=f"agil logs -f {address}",
        )
    project = find_project()
    run = find_run(project, address)
    if follow:
        return _follow(project, run, lines, as_json=as_json, quiet=quiet)
    folder, number = _folder(project, run, attempt)
    if folder is None:
        return _say_nothing_yet(run, quiet)
    log = LogFile(_got_from_elsewhere(project, run, number, quiet) or project.state / folder)
    if head:
        _print(log.first(lines), run, number, as_json)
        return Exit.DONE
    if log.was_cut and not quiet:
        print("the middle of this log was left out; --head shows its beginning", file=sys.stderr)
    if lines is not None:
        log.skip_to_last(lines)
    _print(log.new(ended=True), run, number, as_json)
    return Exit.DONE


def _follow(project: Project, run: str, lines: int | None, *, as_json: bool, quiet: bool) -> int:
    """Print new lines until the run has ended; a new attempt's log is taken up when it starts."""
    from agilml.report.log_lines import LogFile

    log, shown = None, None
    while True:
        row = _row(project, run)
        if row.attempt != shown and row.folder is not None:
            if log is not None:
                _print(log.new(ended=True), run, row.attempts - 1, as_json)
                if not quiet:
                    print(f"attempt {row.attempts} begins", file=sys.stderr)
            log, first, shown = LogFile(project.state / row.folder), log is None, row.attempt
            if first and lines is not None:
                log.skip_to_last(lines)
        # The state was read first, so a log that has ended by then is complete now.
        if log is not None:
            _print(log.new(ended=row.state.ended), run, row.attempts, as_json)
        if row.state.ended:
            return Exit.DONE if log is not None else _say_nothing_yet(run, quiet)
        time.sleep(SECONDS)


def _row(project: Project, run: str) -> RunRow:
    from agilml.ledger import queries

    with queries.reader(project.ledger) as db:
        row = queries.run(db, run)
    assert row is not None
    return row


def _folder(project: Project, run: str, attempt: int | None) -> tuple[str | None, int]:
    """Return the folder of an attempt, relative to the state folder, and the attempt's number."""
    row = _row(project, run)
    if attempt is None or attempt == row.attempts:
        return row.folder, row.attempts
    if row.folder is None or attempt > row.attempts:
        raise UsageError(
            f"{run} has no attempt {attempt}", kept="nothing was changed", next=f"agil show {run}"
        )
    from agilml.ledger import queries

    with queries.reader(project.ledger) as db:
        return queries.folder(db, run, attempt), attempt


def _got_from_elsewhere(project: Project, run: str, number: int, quiet: bool) -> Path | None:
    """Return where the log of an attempt lies that another clone executed; None for one of our own."""
    from agilml.courier.place import attempt_named, place_of
    from agilml.ledger import queries

    with queries.reader(project.ledger) as db:
        attempt = attempt_named(db, run, number)
        place = None if attempt is None else place_of(project, db, attempt)
    if place is None:
        return None
    from agilml.courier.fetching import log_of

    found = log_of(project, place.attempt)
    if found is None and not quiet:
        print(
            f"the log of {run} is empty, or has not been shipped from where it ran", file=sys.stderr
        )
    return found or place.folder


def _print(lines: Iterable[str], run: str, attempt: int, as_json: bool) -> None:
    for line in lines:
        print(json.dumps({"run": run, "attempt": attempt, "line": line}) if as_json else line)
    sys.stdout.flush()


def _say_nothing_yet(run: str, quiet: bool) -> int:
    if not quiet:
        print(f"{run} has not started, so it has written nothing", file=sys.stderr)
    return Exit.DONE
