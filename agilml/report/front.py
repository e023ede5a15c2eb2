"""The runs that no other run beats in every objective, as a table for people."""

from __future__ import annotations

from agilml.model import short
from agilml.report.runs import varying
from agilml.report.table import Column, table
from agilml.report.words import SIGNS, cell_text, metric_text, short_names
from agilml.sweep.standing import Front
from agilml.text import plural


def front_table(front: Front, *, width: int | None, limit: int | None = None) -> list[str]:
    """Return a heading and one line per run: what it differs by, and the best value of every objective.

    At most ``limit`` runs are listed.
    """
    params = varying(front.runs)
    names = short_names(params)
    columns = [
        Column("run"),
        *(Column(names[name], right=True, keep=1) for name in params),
        *(Column(f"{name} ({mode})", right=True) for name, mode in front.objectives.items()),
    ]
    shown = front.runs[:limit]
    cells = [
        [
            f"{SIGNS[row.state]} {short(row.run)}",
            *(cell_text(row.params[name]) if name in row.params else "" for name in params),
            *(metric_text(value) for value in front.values[row.run]),
        ]
        for row in shown
    ]
    return [front_line(front, len(shown)), *(table(columns, cells, width=width) if cells else [])]


def front_line(front: Front, shown: int) -> str:
    """Return how many runs are on the front, of which ``shown`` are listed, and how many were left out."""
    text = f"Pareto front: {plural(len(front.runs), 'run')}"
    if len(front.runs) > shown:
        text += f", {shown:,} of them here"
    if front.infeasible:
        missing = "misses" if front.infeasible == 1 else "miss"
        text += f"; {plural(front.infeasible, 'run')} {missing} a constraint"
    return text
