"""Reads about searches: what was proposed, why runs ended early, and what was said about the budget.

A ledger that was last written by a release without searches has no such tables; reading changes nothing, so
it then has nothing to tell.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from agilml.ledger.queries_runs import CHUNK

_FIRST_WITH_SEARCHES = 2
"""``PRAGMA user_version`` of ledgers with these tables."""


@dataclass(frozen=True, slots=True)
class StopRow:
    """What a stopper decided about a run's latest attempt.

    Attributes:
        action: ``prune`` or ``finish``.
        stopper: name of the rule.
        step: the step of the value that it saw, or None.
        value: that value; None where there was none or it was not a finite number.
        reason: for people, one clause.
    """

    action: str
    stopper: str
    step: int | None
    value: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run did not go on to its end.

    Attributes:
        stopped: what a stopper decided, or None.
        reason: why the run was cancelled, or None.
    """

    stopped: StopRow | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A limit of a sweep of which ``share`` (0.8 or 1.0) was used up at the time ``at`` (Unix seconds)."""

    name: str
    share: float
    used: float
    limit: float
    at: float


def knows_searches(db: sqlite3.Connection) -> bool:
    """Whether the ledger has tables about searches."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version) >= _FIRST_WITH_SEARCHES


def endings(db: sqlite3.Connection, trials: Sequence[str]) -> dict[str, Ending]:
    """Return why runs were stopped or cancelled, for those of the given trials that were."""
    found: dict[str, Ending] = {}
    if not trials or not knows_searches(db):
        return found
    for at in range(0, len(trials), CHUNK):
        part = trials[at : at + CHUNK]
        rows = db.execute(
            "SELECT t.id, t.reason, d.action, d.stopper, d.step, d.value, d.reason"
            " FROM trial t LEFT JOIN decision d ON d.attempt = t.attempt"
            f" WHERE t.id IN ({','.join('?' * len(part))})"
            " AND (t.reason IS NOT NULL OR d.attempt IS NOT NULL)",
            part,
        )
        for trial, reason, action, *rest in rows:
            found[trial] = Ending(None if action is None else StopRow(action, *rest), reason)
    return found


def candidates(db: sqlite3.Connection, sweep: str) -> int:
    """Return how many candidates were proposed in the sweep; 0 for a fixed plan."""
    if not knows_searches(db):
        return 0
    (count,) = db.execute("SELECT count(*) FROM candidate WHERE sweep = ?", (sweep,)).fetchone()
    return int(count)


def repetitions(db: sqlite3.Connection, sweep: str) -> int | None:
    """Return how many runs a candidate of the sweep makes; None before the first one."""
    if not knows_searches(db):
        return None
    row = db.execute(
        "SELECT json_array_length(trials) FROM candidate WHERE sweep = ? LIMIT 1", (sweep,)
    ).fetchone()
    return int(row[0]) if row else None


def notices(db: sqlite3.Connection, sweep: str) -> list[NoticeRow]:
    """Return what was said about the budget of the sweep, in the order it was said."""
    if not knows_searches(db):
        return []
    rows = db.execute(
        'SELECT name, share, used, "limit", at FROM budget_notice WHERE sweep = ?'
        " ORDER BY at, name, share",
        (sweep,),
    )
    return [NoticeRow(*row) for row in rows]


def extremes(
    db: sqlite3.Connection, sweep: str, metrics: Sequence[str]
) -> dict[str, dict[str, tuple[float | None, float | None]]]:
    """Return the lowest and the highest value of the named metrics, by run and name.

    Only runs that have succeeded count.
    """
    rows = db.execute(
        "SELECT t.id, b.name, b.low, b.high FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " JOIN metric b ON b.attempt = t.attempt"
        f" WHERE m.sweep = ? AND t.state = 'succeeded' AND b.name IN ({','.join('?' * len(metrics))})",
        (sweep, *metrics),
    )
    found: dict[str, dict[str, tuple[float | None, float | None]]] = {}
    for trial, name, low, high in rows:
        found.setdefault(trial, {})[name] = (low, high)
    return found


def cancelled_by_people(db: sqlite3.Connection, sweep: str) -> int:
    """Return how many trials of the sweep somebody cancelled, rather than a budget or a stopper."""
    reason = " AND coalesce(t.reason, 'asked for') = 'asked for'" if knows_searches(db) else ""
    row = db.execute(
        "SELECT count(*) FROM sweep_trial m JOIN trial t ON t.id = m.trial WHERE m.sweep = ?"
        f" AND t.state = 'cancelled'{reason}",
        (sweep,),
    ).fetchone()
    return int(row[0])
