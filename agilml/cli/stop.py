"""``agil stop``: end a sweep, or one run of it."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from agilml.cli.options import AsJson
from agilml.errors import AgilError, Exit
from agilml.model import short

Address = Annotated[str, typer.Argument(help="A sweep (s-…, @branch, a tag) or a run (t-…).")]


def stop(address: Address, as_json: AsJson = False) -> int:
    """End a sweep or a run cleanly; what finished is kept, and `agil resume` continues the rest."""
    from agilml.ledger import queries
    from agilml.ledger.ledger import Ledger
    from agilml.project import find_project, user
    from agilml.sweep.address import find

    project = find_project()
    target = find(project, address)
    if target.startswith("s-"):
        return _stop_sweep(target, as_json)
    with Ledger.open(project.ledger) as ledger:
        ledger.request_cancel(target, user())
    with queries.reader(project.ledger) as db:
        row = queries.run(db, target)
    state = row.state if row else "unknown"
    _say(
        target,
        f"is {state}; it ends at its next boundary" if state == "running" else f"is {state}",
        as_json,
    )
    return Exit.DONE


def _stop_sweep(sweep: str, as_json: bool) -> int:
    from agilml.cli.following import stop_and_wait
    from agilml.ledger import queries
    from agilml.project import find_project

    project = find_project()
    with queries.reader(project.ledger) as db:
        row = queries.sweep(db, sweep)
    if row is not None and row.state.ended:
        _say(sweep, f"had ended already ({row.state})", as_json)
        return Exit.DONE
    if not stop_and_wait(project, sweep):
        raise AgilError(
            f"{sweep} has not ended within 60 s",
            kept="the request is recorded; the sweep ends when its trials do",
            next=f"agil watch {short(sweep)}",
        )
    elsewhere = row is not None and row.elsewhere and (row.here is None or row.here.ended)
    said = (
        "runs in another clone, which stops it when both have synced"
        if elsewhere
        else "was stopped"
    )
    _say(sweep, said, as_json)
    return Exit.DONE


def _say(target: str, what: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"event": "stop", "target": target, "state": what}))
    else:
        print(f"{short(target)} {what}", file=sys.stderr)
