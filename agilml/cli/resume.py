"""``agil resume``: go on with a sweep that was stopped, interrupted or had failures."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from agilml.cli.sweep import AllowFailed, AsJson, Detach, Quiet, Retry
from agilml.errors import Exit
from agilml.model import short

Sweep = Annotated[
    str, typer.Argument(help="A sweep: s-…, @branch, a tag, or nothing for the newest.")
]


def resume(
    sweep: Sweep = "latest",
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
    found = find_sweep(project, sweep)
    if controller_pid(project.sweep_folder(found)) is not None:
        print(f"{short(found)} runs already: watching it", file=sys.stderr)
        return follow_to_end(
            project, found, None, as_json=as_json, quiet=quiet, allow_failed=allow_failed
        )
    with Ledger.open(project.ledger) as ledger:
        ledger.resume(found, user(), retry=retry)
        if ledger.end_if_complete(found):
            return follow_to_end(
                project, found, None, as_json=as_json, quiet=quiet, allow_failed=allow_failed
            )
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
