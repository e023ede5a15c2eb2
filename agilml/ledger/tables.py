"""How each fact changes the tables: one function per kind, and nothing else writes a table."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from agilml import events as e

Fold = Callable[[sqlite3.Connection, Any, float], None]


def apply(db: sqlite3.Connection, event: e.Event, at: float) -> None:
    """Fold ``event``, recorded at ``at`` (Unix seconds), into the tables."""
    _FOLDS[event.kind](db, event, at)


def _structure(db: sqlite3.Connection, event: e.StructureComposed, at: float) -> None:
    db.execute(
        "INSERT OR IGNORE INTO structure VALUES (?, ?, ?, ?, ?)",
        (
            event.structure,
            event.conf,
            json.dumps(event.choices),
            json.dumps(event.unresolved),
            json.dumps(event.resolved),
        ),
    )


def _sweep_planned(db: sqlite3.Connection, event: e.SweepPlanned, at: float) -> None:
    seen = event.provenance
    git = seen.get("git") or {}
    db.execute(
        "INSERT OR IGNORE INTO sweep (id, conf, recipe, metric, mode, executor, state, total, planned,"
        " user, git_commit, git_branch, spec, provenance)"
        " VALUES (?, ?, ?, ?, ?, ?, 'planned', ?, ?, ?, ?, ?, ?, ?)",
        (
            event.sweep,
            event.conf,
            event.recipe,
            event.metric,
            event.mode,
            event.spec.get("executor", {}).get("name", "local"),
            event.total,
            at,
            seen.get("user"),
            git.get("commit"),
            git.get("branch"),
            json.dumps(event.spec),
            json.dumps(seen),
        ),
    )


def _trials_planned(db: sqlite3.Connection, event: e.TrialsPlanned, at: float) -> None:
    kept = set(event.kept)
    db.executemany(
        "INSERT OR IGNORE INTO trial (id, structure, delta, state, planned) VALUES (?, ?, ?, 'pending', ?)",
        [(trial, event.structure, json.dumps(delta), at) for trial, delta, _ in event.trials],
    )
    db.executemany(
        "INSERT OR IGNORE INTO sweep_trial (sweep, idx, trial, params, kept) VALUES (?, ?, ?, ?, ?)",
        [
            (event.sweep, event.first + i, trial, json.dumps(params), int(trial in kept))
            for i, (trial, _, params) in enumerate(event.trials)
        ],
    )


def _controller_started(db: sqlite3.Connection, event: e.ControllerStarted, at: float) -> None:
    db.execute(
        "UPDATE sweep SET state = 'running', epoch = ?, controller_host = ?, controller_pid = ?,"
        " started = coalesce(started, ?), ended = NULL WHERE id = ?",
        (event.epoch, event.host, event.pid, at, event.sweep),
    )


def _stop_requested(db: sqlite3.Connection, event: e.StopRequested, at: float) -> None:
    db.execute("UPDATE sweep SET stop_requested = 1 WHERE id = ?", (event.sweep,))


def _sweep_resumed(db: sqlite3.Connection, event: e.SweepResumed, at: float) -> None:
    db.execute(
        "UPDATE sweep SET stop_requested = 0, state = 'planned', ended = NULL WHERE id = ?",
        (event.sweep,),
    )


def _sweep_ended(db: sqlite3.Connection, event: e.SweepEnded, at: float) -> None:
    db.execute("UPDATE sweep SET state = ?, ended = ? WHERE id = ?", (event.state, at, event.sweep))


def _cancel_requested(db: sqlite3.Connection, event: e.TrialCancelRequested, at: float) -> None:
    db.execute("UPDATE trial SET cancel_requested = 1 WHERE id = ?", (event.trial,))


def _trial_cancelled(db: sqlite3.Connection, event: e.TrialCancelled, at: float) -> None:
    db.execute("UPDATE trial SET state = 'cancelled', ended = ? WHERE id = ?", (at, event.trial))


def _trial_reopened(db: sqlite3.Connection, event: e.TrialReopened, at: float) -> None:
    db.execute(
        "UPDATE trial SET state = 'pending', counted = 0, lost = 0, cancel_requested = 0, ended = NULL"
        " WHERE id = ?",
        (event.trial,),
    )
    if event.reason == "rerun":
        # To run again is to run from the beginning.
        db.execute("DELETE FROM checkpoint WHERE trial = ?", (event.trial,))


def _attempt_leased(db: sqlite3.Connection, event: e.AttemptLeased, at: float) -> None:
    db.execute(
        "INSERT INTO attempt (id, trial, n, sweep, epoch, fence, state, slot, folder, leased)"
        " VALUES (?, ?, ?, ?, ?, ?, 'leased', ?, ?, ?)",
        (
            event.attempt,
            event.trial,
            event.n,
            event.sweep,
            event.epoch,
            event.fence,
            event.slot,
            event.folder,
            at,
        ),
    )
    db.execute(
        "UPDATE trial SET state = 'running', attempt = ?, attempts = ?, started = coalesce(started, ?)"
        " WHERE id = ?",
        (event.attempt, event.n, at, event.trial),
    )


def _attempt_started(db: sqlite3.Connection, event: e.AttemptStarted, at: float) -> None:
    db.execute(
        "UPDATE attempt SET state = 'started', host = ?, pid = ?, pid_started = ?, isolation = ?,"
        " start_ms = ?, started = ? WHERE id = ?",
        (
            event.host,
            event.pid,
            event.pid_started,
            event.isolation,
            event.start_ms,
            event.began or at,
            event.attempt,
        ),
    )


def _attempt_resumed(db: sqlite3.Connection, event: e.AttemptResumed, at: float) -> None:
    db.execute(
        "UPDATE attempt SET resumed_from = ?, resumed_step = ? WHERE id = ?",
        (event.source, event.step, event.attempt),
    )
    for name, points in points_of(db, event.source).items():
        kept = [
            (step, value) for step, value, _ in points if step is not None and step <= event.step
        ]
        if kept:
            _add_points(db, event.attempt, name, [s for s, _ in kept], [v for _, v in kept])


def _metrics_logged(db: sqlite3.Connection, event: e.MetricsLogged, at: float) -> None:
    for name, (steps, values, _times) in event.series.items():
        _add_points(db, event.attempt, name, steps, values)
    db.execute("UPDATE attempt SET spool_offset = ? WHERE id = ?", (event.offset, event.attempt))


def _add_points(
    db: sqlite3.Connection, attempt: str, name: str, steps: Sequence[Any], values: Sequence[Any]
) -> None:
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
    last_kind = last if isinstance(last, str) else ("int" if isinstance(last, int) else "float")
    db.execute(
        "INSERT INTO metric VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (attempt, name) DO UPDATE SET"
        " n = n + excluded.n, last = excluded.last, last_kind = excluded.last_kind,"
        " last_step = excluded.last_step,"
        " low_step = iif(low IS NULL OR excluded.low <= low, excluded.low_step, low_step),"
        " low = iif(low IS NULL OR excluded.low <= low, excluded.low, low),"
        " high_step = iif(high IS NULL OR excluded.high >= high, excluded.high_step, high_step),"
        " high = iif(high IS NULL OR excluded.high >= high, excluded.high, high)",
        (
            attempt,
            name,
            len(values),
            None if isinstance(last, str) else last,
            last_kind,
            steps[-1],
            low,
            low_step,
            high,
            high_step,
        ),
    )


def _checkpoint(db: sqlite3.Connection, event: e.CheckpointSaved, at: float) -> None:
    value = (
        event.value if isinstance(event.value, int | float) and math.isfinite(event.value) else None
    )
    db.execute(
        "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (event.attempt, event.step, event.trial, event.folder, event.sha256, event.size, value, at),
    )
    db.executemany(
        "DELETE FROM checkpoint WHERE trial = ? AND folder = ?",
        [(event.trial, folder) for folder in event.dropped],
    )


def _warned(db: sqlite3.Connection, event: e.AttemptWarned, at: float) -> None:
    db.execute("INSERT INTO warning VALUES (?, ?, ?)", (event.attempt, at, event.text))


def _attempt_ended(db: sqlite3.Connection, event: e.AttemptEnded, at: float) -> None:
    usage = event.usage
    db.execute(
        "UPDATE attempt SET state = ?, cause = ?, error = ?, exit_code = ?, signal = ?, ended = ?,"
        " seconds = ?, cpu_seconds = ?, max_rss_mb = ? WHERE id = ?",
        (
            event.state,
            event.cause,
            event.error,
            event.exit_code,
            event.signal,
            at,
            usage.get("seconds"),
            usage.get("cpu_seconds"),
            usage.get("max_rss_mb"),
            event.attempt,
        ),
    )
    counted, lost = int(event.cause in ("user", "oom")), int(event.cause in ("node", "stuck"))
    db.execute(
        "UPDATE trial SET state = ?, counted = counted + ?, lost = lost + ?,"
        " ended = iif(? = 'pending', NULL, ?) WHERE id = ?",
        (event.trial_state, counted, lost, event.trial_state, at, event.trial),
    )


def _late(db: sqlite3.Connection, event: e.LateRefused, at: float) -> None:
    """A refusal is kept as a fact; no table changes."""


def _tagged(db: sqlite3.Connection, event: e.Tagged, at: float) -> None:
    if event.on:
        db.execute(
            "INSERT OR REPLACE INTO tag VALUES (?, ?, ?, ?)",
            (event.target, event.tag, event.by, at),
        )
    else:
        db.execute("DELETE FROM tag WHERE target = ? AND tag = ?", (event.target, event.tag))


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
    bodies = db.execute(
        "SELECT body FROM fact WHERE kind = 'metrics.logged' AND subject = ? ORDER BY seq",
        (attempt,),
    )
    for (body,) in bodies:
        for name, (steps, values, times) in json.loads(body)["series"].items():
            found.setdefault(name, []).extend(zip(steps, values, times, strict=True))
    return found


_FOLDS: dict[str, Fold] = {
    e.StructureComposed.kind: _structure,
    e.SweepPlanned.kind: _sweep_planned,
    e.TrialsPlanned.kind: _trials_planned,
    e.ControllerStarted.kind: _controller_started,
    e.StopRequested.kind: _stop_requested,
    e.SweepResumed.kind: _sweep_resumed,
    e.SweepEnded.kind: _sweep_ended,
    e.TrialCancelRequested.kind: _cancel_requested,
    e.TrialCancelled.kind: _trial_cancelled,
    e.TrialReopened.kind: _trial_reopened,
    e.AttemptLeased.kind: _attempt_leased,
    e.AttemptStarted.kind: _attempt_started,
    e.AttemptResumed.kind: _attempt_resumed,
    e.MetricsLogged.kind: _metrics_logged,
    e.CheckpointSaved.kind: _checkpoint,
    e.AttemptWarned.kind: _warned,
    e.AttemptEnded.kind: _attempt_ended,
    e.LateRefused.kind: _late,
    e.Tagged.kind: _tagged,
}
