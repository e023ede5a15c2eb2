"""Points that an attempt took over from one of another origin, whichever of the two came first."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping

from agilml.ledger.tables_attempts import add_curves, points_of


def take_points_anew(db: sqlite3.Connection, touched: Collection[str] | None = None) -> None:
    """Make the metrics of attempts that go on from an attempt of another origin anew, from all points.

    So are those of attempts that go on from such a one. ``touched`` are attempts that facts have come of,
    where only what goes on from them can have changed.
    """
    rows = db.execute(
        "SELECT a.id, a.resumed_from, coalesce(s.origin = a.origin, 0) FROM attempt a"
        " LEFT JOIN attempt s ON s.id = a.resumed_from WHERE a.resumed_from IS NOT NULL"
    )
    sources = {str(attempt): (str(source), bool(same)) for attempt, source, same in rows}
    for attempt in sources:
        line, foreign = _line(attempt, sources)
        if not foreign or (touched is not None and line.isdisjoint(touched)):
            continue
        db.execute("DELETE FROM metric WHERE attempt = ?", (attempt,))
        add_curves(
            db,
            [
                (attempt, name, [step for step, _, _ in points], [value for _, value, _ in points])
                for name, points in points_of(db, attempt).items()
            ],
        )


def _line(attempt: str, sources: Mapping[str, tuple[str, bool]]) -> tuple[set[str], bool]:
    """Return the attempt and all that it goes on from, and whether one of them is of another origin."""
    line, foreign = {attempt}, False
    while attempt in sources:
        attempt, same = sources[attempt]
        foreign |= not same
        if attempt in line:
            break
        line.add(attempt)
    return line, foreign
