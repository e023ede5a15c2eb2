"""How each fact changes the tables: one function per kind, and nothing else writes a table."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable
from typing import Any

from agilml import events as e
from agilml.ledger.tables_attempts import MANY, FoldMany, attempt_resumed

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
    # A search plans its trials as it goes: more than a person foresaw are more in total.
    db.execute(
        "UPDATE sweep SET total = max(total, ?) WHERE id = ?",
        (event.first + len(event.trials), event.sweep),
    )


def _candidate(db: sqlite3.Connection, event: e.CandidateProposed, at: float) -> None:
    db.execute(
        "INSERT INTO candidate VALUES (?, ?, ?, ?, ?, ?)",
        (
            event.sweep,
            event.number,
            json.dumps(event.choice),
            json.dumps(event.trials),
            event.by,
            at,
        ),
    )


def _respecified(db: sqlite3.Connection, event: e.SweepRespecified, at: float) -> None:
    (text,) = db.execute("SELECT spec FROM sweep WHERE id = ?", (event.sweep,)).fetchone()
    spec = {**json.loads(text), **event.spec}
    db.execute(
        "UPDATE sweep SET spec = ?, executor = ? WHERE id = ?",
        (json.dumps(spec), (spec.get("executor") or {}).get("name", "local"), event.sweep),
    )


def _budget_reached(db: sqlite3.Connection, event: e.BudgetReached, at: float) -> None:
    db.execute(
        "INSERT OR IGNORE INTO budget_notice VALUES (?, ?, ?, ?, ?, ?)",
        (event.sweep, event.name, event.share, event.used, event.limit, at),
    )


def _stop_decided(db: sqlite3.Connection, event: e.StopDecided, at: float) -> None:
    value = None if isinstance(event.value, str) else event.value
    db.execute(
        "INSERT OR IGNORE INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.attempt,
            event.trial,
            event.action,
            event.stopper,
            event.step,
            value,
            event.reason,
            at,
        ),
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
    db.execute(
        "UPDATE trial SET state = 'cancelled', ended = ?, reason = ? WHERE id = ?",
        (at, event.reason, event.trial),
    )


def _trial_reopened(db: sqlite3.Connection, event: e.TrialReopened, at: float) -> None:
    db.execute(
        "UPDATE trial SET state = 'pending', counted = 0, lost = 0, cancel_requested = 0, ended = NULL,"
        " reason = NULL"
        " WHERE id = ?",
        (event.trial,),
    )
    if event.reason == "rerun":
        # To run again is to run from the beginning.
        db.execute("DELETE FROM checkpoint WHERE trial = ?", (event.trial,))


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


def _alone(fold: FoldMany) -> Fold:
    def folded(db: sqlite3.Connection, event: e.Event, at: float) -> None:
        fold(db, [(event, at)])

    return folded


_FOLDS: dict[str, Fold] = {
    e.StructureComposed.kind: _structure,
    e.SweepPlanned.kind: _sweep_planned,
    e.TrialsPlanned.kind: _trials_planned,
    e.CandidateProposed.kind: _candidate,
    e.SweepRespecified.kind: _respecified,
    e.BudgetReached.kind: _budget_reached,
    e.ControllerStarted.kind: _controller_started,
    e.StopRequested.kind: _stop_requested,
    e.SweepResumed.kind: _sweep_resumed,
    e.SweepEnded.kind: _sweep_ended,
    e.TrialCancelRequested.kind: _cancel_requested,
    e.TrialCancelled.kind: _trial_cancelled,
    e.TrialReopened.kind: _trial_reopened,
    e.AttemptResumed.kind: attempt_resumed,
    e.CheckpointSaved.kind: _checkpoint,
    e.StopDecided.kind: _stop_decided,
    e.AttemptWarned.kind: _warned,
    e.LateRefused.kind: _late,
    e.Tagged.kind: _tagged,
    **{kind: _alone(fold) for kind, fold in MANY.items()},
}
