"""A comparison for programs: JSON and CSV."""

from __future__ import annotations

from typing import Any

from agilml.compare.comparison import Comparison, MetricComparison
from agilml.compare.sides import Side
from agilml.report.compare_cells import letter, shown_metrics, values_text, verdict_text
from agilml.report.fields import strict
from agilml.report.runs import csv_text


def compare_fields(found: Comparison, *, only_changed: bool = False) -> dict[str, Any]:
    """Return the comparison as strict JSON; see docs/reference/json.md."""
    return {
        "sides": [_side(side) for side in found.sides],
        "differs": [
            {"kind": item.kind, "name": item.name, "values": strict(item.values)}
            for item in found.differs
        ],
        "metrics": [_metric(row) for row in shown_metrics(found, only_changed=only_changed)],
        "metric": found.metric,
        "mode": found.mode,
        "alpha": found.alpha,
        "margin": found.margin,
        "paired_by": [list(pairing.keys) for pairing in found.pairings],
        "notes": list(found.notes),
    }


def compare_csv(found: Comparison, *, only_changed: bool = False) -> str:
    """Return one table: a line per metric and per difference."""
    sides = [letter(i) for i in range(len(found.sides))]
    records: list[list[Any]] = [
        ["kind", "name", *sides, "side", "delta", "low", "high", "pairs", "verdict"]
    ]
    for row in shown_metrics(found, only_changed=only_changed):
        values: list[float | None] = [None] * len(sides)
        values[0], values[row.side] = row.values
        numbers = [letter(row.side), row.delta, row.low, row.high, row.pairs, verdict_text(row)]
        records.append(["metric", row.name, *values, *numbers])
    records += [
        [item.kind, item.name, *(values_text(values) for values in item.values), *([None] * 6)]
        for item in found.differs
    ]
    return csv_text(records)


def _side(side: Side) -> dict[str, Any]:
    return {
        "label": side.label,
        "runs": [member.run for member in side.members],
        "sweeps": sorted({member.sweep for member in side.members}),
        "total": side.total,
        "picked_of": side.picked_of,
    }


def _metric(row: MetricComparison) -> dict[str, Any]:
    judged = row.judgement
    return {
        "name": row.name,
        "side": row.side,
        "values": strict(list(row.values)),
        "delta": row.delta,
        "low": row.low,
        "high": row.high,
        "pairs": row.pairs,
        "verdict": judged.verdict.value if judged else None,
        "needed": judged.needed if judged else None,
        "reason": judged.reason if judged else None,
    }
