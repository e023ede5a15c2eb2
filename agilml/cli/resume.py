"""``agil resume``: go on with a sweep that was stopped, interrupted or had failures."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from agilml.cli.sweep import AllowFailed, AsJson, Detach, Quiet, Retry
from agilml.errors import Exit, UsageError
from agilml.model import TrialState, short

if TYPE_CHECKING:
    from agilml.ledger.ledger import Ledger
    from agilml.project import Project

Sweep = Annotated[
    str, typer.Argument(help="A sweep: s-…, @branch, a tag, or nothing for the newest.")
]


Words = Annotated[
    list[str] | None,
    typer.Argument(help="Other limits or slots: budget.hours=8.", metavar="[KEY=VALUE]…"),
]


def resume(
    sweep: Sweep = "latest",
    words: Words = None,
    detach: Detach = False,
    retry: Retry = False,
    allow_failed: AllowFailed = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Run what is left of a sweep: finished trials are kept, others go on from their checkpoints."""
    from agilml.cli.following import follow_to_end, say_detached
    from agilml.ledger.ledger import Ledger
    from agilml.project import find_project, user
    from agilml.sweep.address import find_sweep
    from agilml.sweep.launch import Launch
    from agilml.sweep.liveness import controller_pid

    began = time.time()
    project = find_project()
    if "=" in sweep:
        words, sweep = [sweep, *(words or [])], "latest"
    found = find_sweep(project, sweep)
    if controller_pid(project.sweep_folder(found)) is not None:
        if words:
            raise UsageError(
                f"{short(found)} runs now, with the limits it was started with",
                next=f"agil stop {short(found)}, then agil resume {short(found)} {words[0]}",
            )
        print(f"{short(found)} runs already: watching it", file=sys.stderr)
        return follow_to_end(
            project, found, None, as_json=as_json, quiet=quiet, allow_failed=allow_failed
        )
    with Ledger.open(project.ledger) as ledger:
        _check_limits(ledger, found, words or [])
        ledger.resume(found, user(), retry=retry)
        if ledger.end_if_complete(found):
            return follow_to_end(
                project, found, None, as_json=as_json, quiet=quiet, allow_failed=allow_failed
            )
    _fetch_checkpoints(project, found)
    with Launch(project) as launch:
        launch.run(found)
        if detach:
            say_detached(found, as_json=as_json)
            return Exit.DONE
        return follow_to_end(
            project,
            found,
            launch,
            as_json=as_json,
            quiet=quiet,
            allow_failed=allow_failed,
            since=began,
        )


def _fetch_checkpoints(project: Project, sweep: str) -> None:
    """Get the checkpoints that trials of another clone can go on from; without them they start afresh."""
    from agilml.errors import AgilError
    from agilml.sweep.companion import ships
    from agilml.text import plural, safe_text

    if not ships(project):
        return
    from agilml.courier.fetching import fetch_checkpoints

    try:
        came = fetch_checkpoints(project, sweep)
    except AgilError as error:
        print(f"warning: no checkpoints from elsewhere: {safe_text(error.cause)}", file=sys.stderr)
        return
    if came:
        print(f"got {plural(came, 'checkpoint')} of trials that ran elsewhere", file=sys.stderr)


def _check_limits(ledger: Ledger, sweep: str, words: list[str]) -> None:
    """Record other limits where ``words`` give some; raise where the sweep has none left to go on with."""
    from agilml.ledger import queries
    from agilml.project import user
    from agilml.sweep.budget import Budget
    from agilml.sweep.respecify import changes
    from agilml.sweep.spending import Meter

    row = queries.sweep(ledger.db, sweep)
    assert row is not None
    found = changes(row.spec, words) if words else {}
    cancelled = queries.counts(ledger.db, sweep)[TrialState.CANCELLED]
    if not (found or cancelled or ledger.wants_controller(sweep)):
        return
    spec = {**row.spec, **found}
    Budget.of(spec).refuse(Meter(ledger.db, sweep, spec).read(time.time(), live=False), sweep)
    if found:
        ledger.respecify(sweep, found, user())
