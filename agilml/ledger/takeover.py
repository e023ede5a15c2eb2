"""Points that an attempt took over from one of another origin, whichever of the two came first."""

from __future__ import annotations

import sqlite3

from agilml.ledger.tables_attempts import add_curves, points_of


def take_points_anew(db: sqlite3.Connection) -> None:
    """Make the metrics of attempts that go on from an attempt of another origin anew, from all points."""
    rows = db.execute(
        "SELECT a.id FROM attempt a LEFT JOIN attempt s ON s.id = a.resumed_from"
        " WHERE a.resumed_from IS NOT NULL AND (s.origin IS NULL OR s.origin != a.origin)"
    )
    for (attempt,) in rows.fetchall():
        db.execute("DELETE FROM metric WHERE attempt = ?", (attempt,))
        add_curves(
            db,
            [
                (attempt, name, [step for step, _, _ in points], [value for _, value, _ in points])
                for name, points in points_of(db, attempt).items()
            ],
        )
