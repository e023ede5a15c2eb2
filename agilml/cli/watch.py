"""``agil watch``: look at a sweep from any terminal, live or afterwards."""

from __future__ import annotations

from typing import Annotated

import typer

from agilml.cli.sweep import AsJson, Quiet

Sweep = Annotated[
    str, typer.Argument(help="A sweep: s-…, @branch, a tag, or nothing for the newest.")
]


def watch(sweep: Sweep = "latest", as_json: AsJson = False, quiet: Quiet = False) -> int:
    """Show a sweep's progress until it ends; leaving changes nothing."""
    from agilml.cli.following import follow_to_end
    from agilml.project import find_project
    from agilml.sweep.address import find_sweep

    project = find_project()
    found = find_sweep(project, sweep)
    return follow_to_end(project, found, None, as_json=as_json, quiet=quiet)
