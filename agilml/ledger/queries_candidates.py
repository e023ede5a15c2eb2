"""Reads about candidates: the runs of a sweep as repetitions, without the curves and columns of a list."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agilml.ledger.queries_search import knows_searches
from agilml.ledger.rows import SweepRow
from agilml.model import TrialState


@dataclass(frozen=True, slots=True)
class Repetition:
    """A run of a candidate; ``value`` is its best value of the sweep's metric, None where none is finite."""

    run: str
    state: TrialState
    value: float | None
    params: Mapping[str, Any]


def repetitions(db: sqlite3.Connection, sweep: SweepRow) -> dict[str, Repetition]:
    """Return every run of the sweep by its id, in plan order."""
    best = "b.low" if sweep.mode == "min" else "b.high"
    rows = db.execute(
        f"SELECT t.id, t.state, {best}, m.params FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " LEFT JOIN metric b ON b.attempt = t.attempt AND b.name = ? WHERE m.sweep = ? ORDER BY m.idx",
        (sweep.metric, sweep.id),
    )
    return {
        str(run): Repetition(str(run), TrialState(state), value, json.loads(params))
        for run, state, value, params in rows
    }


def proposed(db: sqlite3.Connection, sweep: str) -> list[list[str]]:
    """Return the runs of each candidate of a search, in the order proposed; none for a fixed plan."""
    if not knows_searches(db):
        return []
    rows = db.execute("SELECT trials FROM candidate WHERE sweep = ? ORDER BY number", (sweep,))
    return [[str(run) for run in json.loads(text)] for (text,) in rows]


def finals(
    db: sqlite3.Connection, sweep: str, metrics: Sequence[str]
) -> dict[str, dict[str, float | None]]:
    """Return the final value of the named metrics by run and name; None where it is missing or not finite.

    Only runs that have succeeded count.
    """
    rows = db.execute(
        "SELECT t.id, b.name, b.last FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " LEFT JOIN metric b ON b.attempt = t.attempt"
        f" AND b.name IN ({','.join('?' * len(metrics))})"
        " WHERE m.sweep = ? AND t.state = 'succeeded'",
        (*metrics, sweep),
    )
    found: dict[str, dict[str, float | None]] = {}
    for run, name, last in rows:
        values = found.setdefault(str(run), dict.fromkeys(metrics))
        if name is not None:
            values[str(name)] = last
    return found
