"""Reads that screens repeat several times a second; none of them scans the facts."""

from __future__ import annotations

import json
import sqlite3

from agilml.ledger import queries
from agilml.ledger.packing import load
from agilml.ledger.tables_attempts import logged_by

RECENT = 100
"""How many of the newest durations an estimate looks at."""


def differing_params(db: sqlite3.Connection, sweep: str) -> list[str]:
    """Return the parameters that not all runs of the sweep have the same value of, in the order typed."""
    # Parsed here and not by SQLite, whose JSON knows no NaN; a parameter may be one.
    rows = db.execute(
        "SELECT m.params FROM sweep_trial m WHERE m.sweep = ? ORDER BY m.idx",
        (sweep,),
    )
    seen: dict[str, set[str]] = {}
    given: dict[str, int] = {}
    total = 0
    for (text,) in rows:
        total += 1
        for name, value in json.loads(text).items():
            seen.setdefault(name, set()).add(repr(value))
            given[name] = given.get(name, 0) + 1
    return [name for name, values in seen.items() if len(values) > 1 or given[name] < total]


def recent_seconds(db: sqlite3.Connection, sweep: str) -> list[float]:
    """Return how long the newest attempts of the sweep took that succeeded or were pruned, in seconds."""
    rows = db.execute(
        "SELECT seconds FROM attempt WHERE sweep = ? AND state IN ('succeeded', 'pruned')"
        " AND seconds IS NOT NULL ORDER BY rowid DESC LIMIT ?",
        (sweep, RECENT),
    )
    return [float(row[0]) for row in rows]


def ends(db: sqlite3.Connection, sweep: str) -> dict[str, float]:
    """Return when each trial of the sweep that has ended did so (Unix seconds), by trial id."""
    rows = db.execute(
        "SELECT t.id, t.ended FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " WHERE m.sweep = ? AND t.ended IS NOT NULL",
        (sweep,),
    )
    return {str(trial): float(ended) for trial, ended in rows}


def kept_since(db: sqlite3.Connection, sweep: str, since: float) -> int:
    """Return how many trials of the sweep were done when it was planned, or had ended before ``since``."""
    row = db.execute(
        "SELECT count(*) FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " WHERE m.sweep = ? AND (m.kept = 1 OR t.ended < ?)",
        (sweep, since),
    ).fetchone()
    return int(row[0])


def inherited_values(db: sqlite3.Connection, attempt: str, metric: str) -> list[float]:
    """Return the values of ``metric`` that ``attempt`` took over from the one it continues."""
    row = db.execute(
        "SELECT resumed_from, resumed_step FROM attempt WHERE id = ?", (attempt,)
    ).fetchone()
    if row is None or row[0] is None:
        return []
    return [
        value
        for step, value, _ in queries.curve(db, row[0], metric)
        if step is not None and step <= row[1]
    ]


def new_values(
    db: sqlite3.Connection, attempt: str, metric: str, after: int
) -> tuple[list[float], int]:
    """Return the values of ``metric`` that ``attempt`` logged behind fact ``after``, and the last fact."""
    values: list[float] = []
    for seq, body in logged_by(db, attempt, after):
        logged = load(body)["series"].get(metric)
        values += (float(value) for value in logged[1]) if logged else ()
        after = int(seq)
    return values, after
