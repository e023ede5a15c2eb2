"""Reads of points one after the other, for curves that are longer than the memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from agilml.ledger.packing import load
from agilml.ledger.queries_runs import number


def points_in_order(
    db: sqlite3.Connection, attempt: str
) -> Iterator[tuple[str, str, int | None, float, float]]:
    """Yield ``(attempt, metric, step, value, seconds)``: what the attempt took over, then what it logged.

    The attempt in a point is the one that logged it; seconds are since that one began. Values that are not
    finite are floats. In the order they were recorded, so that metrics of one flush stand together.
    """
    for logged_by, last_step in _chain(db, attempt):
        bodies = db.execute(
            "SELECT body FROM fact WHERE kind = 'metrics.logged' AND subject = ? ORDER BY seq",
            (logged_by,),
        )
        for (body,) in bodies:
            for name, (steps, values, times) in load(body)["series"].items():
                for step, value, seconds in zip(steps, values, times, strict=True):
                    if last_step is None or (step is not None and step <= last_step):
                        yield logged_by, name, step, number(value), seconds


def _chain(db: sqlite3.Connection, attempt: str) -> list[tuple[str, int | None]]:
    """Return the attempts whose points count, the first one first, each with the last step that does."""
    found: list[tuple[str, int | None]] = []
    logged_by, last_step = attempt, None
    while logged_by not in {known for known, _ in found}:
        found.append((logged_by, last_step))
        row = db.execute(
            "SELECT resumed_from, resumed_step FROM attempt WHERE id = ?", (logged_by,)
        ).fetchone()
        if row is None or not row[0]:
            break
        logged_by = str(row[0])
        last_step = int(row[1]) if last_step is None else min(last_step, int(row[1]))
    return found[::-1]
