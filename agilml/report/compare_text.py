"""A comparison as aligned text."""

from __future__ import annotations

from agilml.compare.comparison import Comparison
from agilml.report.compare_cells import (
    difference_cells,
    interval_text,
    letter,
    level_text,
    reasons,
    shown_metrics,
    side_text,
    signed,
    verdict_text,
)
from agilml.report.table import Column, table
from agilml.report.words import metric_text
from agilml.text import safe_text

NOTE = 400


def compare_text(
    found: Comparison, *, width: int | None = None, only_changed: bool = False
) -> list[str]:
    """Return the lines: sides, metrics with the verdict, what differs, notes."""
    lines = [f"{letter(i)}  {safe_text(side_text(found, i))}" for i in range(len(found.sides))]
    lines += ["", *_metrics(found, width, only_changed=only_changed), ""]
    lines += [safe_text(reason, NOTE) for reason in reasons(found)]
    lines += [f"note: {safe_text(note, NOTE)}" for note in found.notes]
    if not found.differs:
        return [*lines, "", "nothing that was recorded differs"]
    columns = [
        Column("differs"),
        Column("name"),
        *(Column(letter(i)) for i in range(len(found.sides))),
    ]
    return [
        *lines,
        "",
        *table(columns, [difference_cells(item) for item in found.differs], width=width),
    ]


def _metrics(found: Comparison, width: int | None, *, only_changed: bool) -> list[str]:
    several = len(found.sides) > 2
    columns = [
        Column("metric"),
        *([Column("side")] if several else []),
        Column("A", right=True),
        Column("other" if several else "B", right=True),
        Column("delta", right=True),
        Column(level_text(found), right=True, keep=1),
        Column("verdict"),
    ]
    cells = [
        [
            row.name,
            *([letter(row.side)] if several else []),
            metric_text(row.values[0]),
            metric_text(row.values[1]),
            signed(row.delta),
            interval_text(row),
            verdict_text(row),
        ]
        for row in shown_metrics(found, only_changed=only_changed)
    ]
    return table(columns, cells, width=width)
