"""``agil runs``: list runs."""

from __future__ import annotations

from typing import Annotated

import typer

from agilml.cli.options import AsJson, Quiet

Address = Annotated[
    str | None,
    typer.Argument(help="A sweep (s-…, latest, @branch, a tag); without one, runs of all sweeps."),
]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most so many runs.")]
Everything = Annotated[bool, typer.Option("--all", help="All runs, not only the first 30.")]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort",
        metavar="NAME",
        help="By a metric, or by started, ended, seconds, attempts, state, best; -NAME turns it round.",
    ),
]
State = Annotated[
    list[str] | None, typer.Option("--state", help="Only runs in this state; may be repeated.")
]
Tag = Annotated[str | None, typer.Option("--tag", help="Only runs with this tag.")]
Pareto = Annotated[
    bool,
    typer.Option("--pareto", help="Of a sweep with several objectives, only its Pareto front."),
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="EXPRESSION",
        help="Only runs that are so: 'val_acc > 0.97 and optim.lr < 0.01 and tag = best'.",
    ),
]
Export = Annotated[
    str | None,
    typer.Option("--export", metavar="FILE", help="Write a .csv, .jsonl or .parquet file instead."),
]
Points = Annotated[
    bool, typer.Option("--points", help="With --export: the curves, point by point.")
]
Force = Annotated[
    bool, typer.Option("--force", help="With --export: replace a file that is there.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV on standard output.")]


def runs(
    address: Address = None,
    limit: Limit = None,
    everything: Everything = False,
    sort: Sort = None,
    state: State = None,
    tag: Tag = None,
    where: Where = None,
    pareto: Pareto = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    export: Export = None,
    points: Points = False,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """List runs: the newest first, or those of one sweep, best first."""
    from agilml.cli.listing import Listing, list_runs

    return list_runs(
        Listing(
            *(address, limit, everything, sort, state or [], tag, as_json, as_csv, quiet, pareto),
            *(where, export, points, force),
        )
    )
