"""``agil compare``: what differs between runs or sweeps, and whether one is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agilml.cli.options import AsJson
from agilml.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agilml.compare.comparison import Comparison
    from agilml.compare.sides import Side
    from agilml.project import Project

Addresses = Annotated[
    list[str],
    typer.Argument(
        metavar="A [B]…", help="Runs or sweeps: t-…, s-…, best@s-…, latest, @branch, a tag."
    ),
]
Markdown = Annotated[bool, typer.Option("--md", help="Markdown for a pull request.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV on standard output.")]
OnlyChanged = Annotated[
    bool, typer.Option("--only-changed", help="Leave out metrics that are the same.")
]
Metric = Annotated[
    str | None, typer.Option("--metric", help="Judge by this metric, not by the sweep's own.")
]
By = Annotated[
    str | None, typer.Option("--by", metavar="KEY", help="One side per value of this config key.")
]
Margin = Annotated[
    float, typer.Option("--margin", min=0.0, help="Differences up to this count as equal.")
]


def compare(
    addresses: Addresses,
    markdown: Markdown = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    only_changed: OnlyChanged = False,
    metric: Metric = None,
    by: By = None,
    margin: Margin = 0.0,
) -> int:
    """Say what differs between runs or sweeps, and whether the first one is beaten."""
    from agilml.compare.comparison import compare as compare_sides
    from agilml.compare.sides import split
    from agilml.project import find_project

    if markdown + as_json + as_csv > 1:
        raise UsageError("--md, --json and --csv exclude each other", next="agil compare A B --md")
    sides = _sides(find_project(), addresses)
    if by is not None:
        sides = split(sides, by)
    found = compare_sides(sides, metric=metric, margin=margin)
    _print(found, markdown=markdown, as_json=as_json, as_csv=as_csv, only_changed=only_changed)
    return Exit.DONE


def _sides(project: Project, addresses: Sequence[str]) -> list[Side]:
    from agilml.compare.sides import Loader
    from agilml.ledger import queries
    from agilml.sweep.address import resolve

    with queries.reader(project.ledger) as db, queries.snapshot(db):
        load = Loader(db)
        return [load.side(name, resolve(db, name)) for name in addresses]


def _print(
    found: Comparison, *, markdown: bool, as_json: bool, as_csv: bool, only_changed: bool
) -> None:
    if markdown:
        from agilml.report.compare_markdown import compare_markdown

        print(compare_markdown(found, only_changed=only_changed), end="")
    elif as_json:
        from agilml.report.compare_data import compare_fields
        from agilml.report.fields import to_json

        print(to_json(compare_fields(found, only_changed=only_changed)))
    elif as_csv:
        from agilml.report.compare_data import compare_csv

        print(compare_csv(found, only_changed=only_changed))
    else:
        from agilml.cli.screen import screen_width
        from agilml.report.compare_text import compare_text

        lines = compare_text(found, width=screen_width(), only_changed=only_changed)
        print("\n".join(lines))
