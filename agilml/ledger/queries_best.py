"""The few best runs of a whole ledger, without looking at every run: a scan of one metric's final values."""

from __future__ import annotations

import sqlite3

_SPARE = 20
_GROWTH = 8
_TRIES = 2


def best_trials(
    db: sqlite3.Connection, metric: str, *, descending: bool, limit: int
) -> list[str] | None:
    """Return the ``limit`` trials whose latest attempt ended with the largest (or smallest) ``metric``.

    Of equal values the trial planned last comes first, then the smaller id, as everywhere. None where that
    takes a look at all runs: fewer have a value, or too many share one.
    """
    way = "DESC" if descending else "ASC"
    # Earlier attempts of a trial have values too; a few more than asked for are nearly always enough.
    wanted = 2 * limit + _SPARE
    for _ in range(_TRIES):
        rows = db.execute(
            "SELECT k.last, t.id, t.planned, t.attempt = k.attempt FROM ("
            " SELECT attempt, last FROM metric WHERE name = ? AND last IS NOT NULL"
            f" ORDER BY last {way} LIMIT ?) k"
            " JOIN attempt a ON a.id = k.attempt JOIN trial t ON t.id = a.trial",
            (metric, wanted),
        ).fetchall()
        # The values at the edge may go on behind it.
        values = sorted((row[0] for row in rows), reverse=descending)
        whole = len(rows) < wanted
        latest = [row for row in rows if row[3] and (whole or row[0] != values[-1])]
        if len(latest) >= limit:
            sign = -1 if descending else 1
            latest.sort(key=lambda row: (sign * row[0], -row[2], row[1]))
            return [str(row[1]) for row in latest[:limit]]
        if whole:
            return None
        wanted *= _GROWTH
    return None
