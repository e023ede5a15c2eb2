"""What stands in the cells of a comparison, whatever draws them."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from agilml.compare.comparison import Comparison, MetricComparison
from agilml.compare.differences import Difference
from agilml.report.words import metric_text, value_text
from agilml.text import plural

SHOWN = 4
"""Distinct values of one side that are spelled out."""


def letter(index: int) -> str:
    """Return ``A`` for the first side, ``B`` for the second; ``S27`` where the letters end."""
    return string.ascii_uppercase[index] if index < 26 else f"S{index + 1}"


def values_text(values: Sequence[Any]) -> str:
    """Return the distinct values of one side: one, a few, or a few and how many more."""
    shown = ", ".join(value_text(value) for value in values[:SHOWN])
    more = len(values) - SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def side_text(found: Comparison, index: int) -> str:
    """Return what stands beside a side's letter: its label and how many runs it has."""
    side = found.sides[index]
    what = side.members[0].state if side.total == 1 else plural(side.total, "run")
    return f"{side.label}, {what}"


def signed(value: float | None) -> str:
    """Return a difference with its sign: ``+0.0031``."""
    if value is None:
        return ""
    text = metric_text(value)
    return text if text.startswith("-") else f"+{text}"


def interval_text(row: MetricComparison) -> str:
    """Return ``[-0.0012, +0.0040]``, or nothing where there are too few pairs."""
    if row.low is None or row.high is None:
        return ""
    return f"[{signed(row.low)}, {signed(row.high)}]"


def verdict_text(row: MetricComparison) -> str:
    """Return the verdict's word, or nothing for a metric that is only shown."""
    return row.judgement.verdict.value if row.judgement else ""


def level_text(found: Comparison) -> str:
    """Return the title of the intervals' column: ``95 % interval``."""
    return f"{100 * (1 - found.alpha):.4g} % interval"


def shown_metrics(found: Comparison, *, only_changed: bool) -> list[MetricComparison]:
    """Return the metrics to show; with ``only_changed`` those that moved, and the judged one."""
    return [
        row
        for row in found.metrics
        if not only_changed or row.delta != 0 or row.judgement is not None
    ]


def reasons(found: Comparison) -> list[str]:
    """Return one sentence for each verdict: how many pairs, by what, and what is missing."""
    return [
        f"{row.name}, {letter(row.side)} against A: {row.judgement.verdict} ({row.judgement.reason})"
        for row in found.metrics
        if row.judgement is not None
    ]


def difference_cells(item: Difference) -> list[str]:
    """Return kind, name, and one cell per side."""
    return [item.kind, item.name, *(values_text(values) for values in item.values)]
