"""How facts about attempts change the tables; the common kinds are folded many at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from agilml import events as e
from agilml.ledger.packing import load
from agilml.ledger.parts import Who, update

Facts: TypeAlias = Sequence[tuple[Any, float]]
"""Facts of one kind in the order they were recorded, each with its time in Unix seconds."""

FoldMany: TypeAlias = Callable[[sqlite3.Connection, Facts, Who], None]


def _leased(db: sqlite3.Connection, facts: Facts, who: Who) -> None:
    db.executemany(
        "INSERT INTO attempt (id, trial, n, sweep, epoch, fence, state, slot, folder, leased, origin)"
        " VALUES (?, ?, ?, ?, ?, ?, 'leased', ?, ?, ?, ?)",
        [
            (
                *(event.attempt, event.trial, event.n, event.sweep, event.epoch, event.fence),
                *(event.slot, event.folder, at, who.origin),
            )
            for event, at in facts
        ],
    )
    update(
        db,
        "trial",
        who,
        "state = 'running', attempt = ?, attempts = attempts + 1, started = coalesce(started, ?)",
        "here = 'running'",
        [((event.attempt, at), (), event.trial) for event, at in facts],
    )


def _started(db: sqlite3.Connection, facts: Facts, who: Who) -> None:
    db.executemany(
        "UPDATE attempt SET state = 'started', host = ?, pid = ?, pid_started = ?, isolation = ?,"
        " start_ms = ?, started = ? WHERE id = ? AND origin = ?",
        [
            (
                *(event.host, event.pid, event.pid_started, event.isolation, event.start_ms),
                *(event.began or at, event.attempt, who.origin),
            )
            for event, at in facts
        ],
    )


def _ended(db: sqlite3.Connection, facts: Facts, who: Who) -> None:
    db.executemany(
        "UPDATE attempt SET state = ?, cause = ?, error = ?, exit_code = ?, signal = ?, ended = ?,"
        " seconds = ?, cpu_seconds = ?, max_rss_mb = ? WHERE id = ? AND origin = ?",
        [
            (
                *(event.state, event.cause, event.error, event.exit_code, event.signal, at),
                *(event.usage.get(name) for name in ("seconds", "cpu_seconds", "max_rss_mb")),
                *(event.attempt, who.origin),
            )
            for event, at in facts
        ],
    )
    update(
        db,
        "trial",
        who,
        "state = ?, ended = ?",
        "here = ?, counted = counted + ?, lost = lost + ?",
        [
            (
                (event.trial_state, None if event.trial_state == "pending" else at),
                (
                    event.trial_state,
                    int(event.cause in ("user", "oom")),
                    int(event.cause in ("node", "stuck")),
                ),
                event.trial,
            )
            for event, at in facts
        ],
    )


def _metrics(db: sqlite3.Connection, facts: Facts, who: Who) -> None:
    add_curves(
        db,
        [
            (event.attempt, name, steps, values)
            for event, _ in facts
            for name, (steps, values, _times) in event.series.items()
        ],
    )
    db.executemany(
        "UPDATE attempt SET spool_offset = ? WHERE id = ?",
        [(event.offset, event.attempt) for event, _ in facts],
    )


MANY: dict[str, FoldMany] = {
    e.AttemptLeased.kind: _leased,
    e.AttemptStarted.kind: _started,
    e.MetricsLogged.kind: _metrics,
    e.AttemptEnded.kind: _ended,
}
"""Kinds that each change only rows of the trial that they are about."""


def attempt_resumed(
    db: sqlite3.Connection,
    event: e.AttemptResumed,
    at: float,
    who: Who,
) -> None:
    """Let the attempt's metrics begin with the points that it took over."""
    db.execute(
        "UPDATE attempt SET resumed_from = ?, resumed_step = ? WHERE id = ?",
        (event.source, event.step, event.attempt),
    )
    taken = []
    for name, points in points_of(db, event.source).items():
        kept = [
            (step, value) for step, value, _ in points if step is not None and step <= event.step
        ]
        if kept:
            taken.append((event.attempt, name, [s for s, _ in kept], [v for _, v in kept]))
    add_curves(db, taken)


_Curve: TypeAlias = tuple[str, str, Sequence[Any], Sequence[Any]]
"""Attempt, metric, steps, values."""


def add_curves(db: sqlite3.Connection, curves: Sequence[_Curve]) -> None:
    """Add points to what the tables say of metrics; ``curves`` holds attempt, name, steps and values."""
    db.executemany(
        "INSERT INTO metric VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (attempt, name) DO UPDATE SET"
        " n = n + excluded.n, last = excluded.last, last_kind = excluded.last_kind,"
        " last_step = excluded.last_step,"
        " low_step = iif(low IS NULL OR excluded.low <= low, excluded.low_step, low_step),"
        " low = iif(low IS NULL OR excluded.low <= low, excluded.low, low),"
        " high_step = iif(high IS NULL OR excluded.high >= high, excluded.high_step, high_step),"
        " high = iif(high IS NULL OR excluded.high >= high, excluded.high, high)",
        [_metric_row(*curve) for curve in curves],
    )


def _metric_row(
    attempt: str, name: str, steps: Sequence[Any], values: Sequence[Any]
) -> tuple[Any, ...]:
    low = high = low_step = high_step = None
    for step, value in zip(steps, values, strict=True):
        if isinstance(value, str):
            continue
        if low is None or value <= low:
            low, low_step = value, step
        if high is None or value >= high:
            high, high_step = value, step
    last = values[-1]
    # SQLite stores NaN as NULL, so what a missing number was has a column of its own.
    if isinstance(last, str):
        return attempt, name, len(values), None, last, steps[-1], low, low_step, high, high_step
    kind = "int" if isinstance(last, int) else "float"
    return attempt, name, len(values), last, kind, steps[-1], low, low_step, high, high_step


def logged_by(
    db: sqlite3.Connection, attempt: str, after: int = 0
) -> Iterator[tuple[int, str | bytes]]:
    """Yield number and body of the facts behind ``after`` that hold the attempt's points, in order."""
    bare, dash, mark = attempt.rpartition("-")
    values: tuple[str | int, ...]
    if not dash or "." not in bare:
        whose, subjects, values = "own = 1", "?", (attempt,)
    else:
        # Releases up to schema 2 named attempts without the mark of their origin.
        whose, subjects, values = "substr(id, 1, ?) = ?", "?, ?", (attempt, bare, len(mark), mark)
    yield from db.execute(
        f"SELECT seq, body FROM fact WHERE kind = 'metrics.logged' AND subject IN ({subjects})"
        f" AND origin IN (SELECT id FROM origin WHERE {whose}) AND seq > ? ORDER BY seq",
        (*values, after),
    )


def points_of(
    db: sqlite3.Connection, attempt: str
) -> dict[str, list[tuple[int | None, Any, float]]]:
    """Return the points of ``attempt`` by metric name as ``(step, value, seconds)``.

    Where the attempt continued from a checkpoint, the points of its source up to that step come first.
    """
    found: dict[str, list[tuple[int | None, Any, float]]] = {}
    row = db.execute(
        "SELECT resumed_from, resumed_step FROM attempt WHERE id = ?", (attempt,)
    ).fetchone()
    if row and row[0]:
        for name, points in points_of(db, row[0]).items():
            kept = [point for point in points if point[0] is not None and point[0] <= row[1]]
            if kept:
                found[name] = kept
    for _, body in logged_by(db, attempt):
        for name, (steps, values, times) in load(body)["series"].items():
            found.setdefault(name, []).extend(zip(steps, values, times, strict=True))
    return found
