"""How each fact changes the tables: one function per kind, and nothing else writes a table."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from agilml import events as e
from agilml.ledger.parts import Who, share, show, update
from agilml.ledger.tables_attempts import MANY, FoldMany, attempt_resumed
from agilml.ledger.tables_records import RECORDS

Fold = Callable[[sqlite3.Connection, Any, float, Who], None]


def apply(db: sqlite3.Connection, event: e.Event, at: float, who: Who) -> None:
    """Fold ``event``, recorded at ``at`` (Unix seconds) by ``who``, into the tables."""
    _FOLDS[event.kind](db, event, at, who)


def _structure(db: sqlite3.Connection, event: e.StructureComposed, at: float, who: Who) -> None:
    # What this ledger's own controllers execute is never what others say that it is.
    db.execute(
        "INSERT INTO structure VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET here = excluded.here,"
        " conf = excluded.conf, choices = excluded.choices, unresolved = excluded.unresolved,"
        " resolved = excluded.resolved WHERE here = 0 AND"
        " (excluded.here = 1 OR (excluded.conf, excluded.choices, excluded.unresolved, excluded.resolved)"
        " < (conf, choices, unresolved, resolved))",
        (
            event.structure,
            event.conf,
            json.dumps(event.choices),
            json.dumps(event.unresolved),
            json.dumps(event.resolved),
            int(who.own),
        ),
    )


def _sweep_planned(db: sqlite3.Connection, event: e.SweepPlanned, at: float, who: Who) -> None:
    seen = event.provenance
    git = seen.get("git") or {}
    part = {
        "conf": event.conf,
        "recipe": event.recipe,
        "metric": event.metric,
        "mode": event.mode,
        "executor": (event.spec.get("executor") or {}).get("name", "local"),
        "state": "planned",
        "total": event.total,
        "epoch": 0,
        "planned": at,
        "user": seen.get("user"),
        "git_commit": git.get("commit"),
        "git_branch": git.get("branch"),
        "spec": json.dumps(event.spec),
        "provenance": json.dumps(seen),
    }
    _add(db, "sweep", who, event.sweep, part)
    _ask(db, event.sweep, "go", at)


def _trials_planned(db: sqlite3.Connection, event: e.TrialsPlanned, at: float, who: Who) -> None:
    kept = set(event.kept)
    known = _known(db, [trial for trial, _, _ in event.trials]) - _mine(db, event, who)
    composed = {trial: (event.structure, json.dumps(delta)) for trial, delta, _ in event.trials}
    db.executemany(
        "INSERT OR IGNORE INTO trial (id, structure, delta, state, planned, origin, here)"
        " VALUES (?, ?, ?, 'pending', ?, ?, ?)",
        [
            (trial, *composed[trial], at, who.origin, _here(who, trial in kept))
            for trial in composed
            if trial not in known
        ],
    )
    for trial in sorted(known):
        _join_trial(db, trial, at, who, composed[trial], kept=trial in kept)
    db.executemany(
        "INSERT INTO sweep_trial (sweep, idx, trial, params, kept) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (trial, sweep) DO UPDATE SET idx = min(idx, excluded.idx),"
        " kept = min(kept, excluded.kept), params = min(params, excluded.params)",
        [
            (event.sweep, event.first + i, trial, json.dumps(params), int(trial in kept))
            for i, (trial, _, params) in enumerate(event.trials)
        ],
    )
    # A search plans its trials as it goes: more than a person foresaw are more in total.
    update(
        db,
        "sweep",
        who,
        "total = max(total, ?)",
        "",
        [((event.first + len(event.trials),), (), event.sweep)],
    )


def _known(db: sqlite3.Connection, trials: Sequence[str]) -> set[str]:
    marks = ",".join("?" * len(trials))
    return {
        str(row[0]) for row in db.execute(f"SELECT id FROM trial WHERE id IN ({marks})", trials)
    }


def _mine(db: sqlite3.Connection, event: e.TrialsPlanned, who: Who) -> set[str]:
    """Return those of the trials that this origin has planned before, for whatever sweep."""
    ids = [trial for trial, _, _ in event.trials]
    marks = ",".join("?" * len(ids))
    alone = db.execute(
        f"SELECT id FROM trial WHERE origin = ? AND shared = 0 AND id IN ({marks})",
        (who.origin, *ids),
    )
    parts = db.execute(
        f"SELECT id FROM trial_part WHERE origin = ? AND id IN ({marks})", (who.origin, *ids)
    )
    return {str(row[0]) for row in (*alone, *parts)}


def _here(who: Who, kept: bool) -> str | None:
    """Return how a trial that an origin plans stands in the hands of this ledger's controllers."""
    if not who.own:
        return None
    return "succeeded" if kept else "pending"


def _join_trial(
    db: sqlite3.Connection,
    trial: str,
    at: float,
    who: Who,
    composed: tuple[str, str],
    *,
    kept: bool,
) -> None:
    """Add the part of an origin that plans a trial which others have planned before.

    One that is kept is what those say who executed it. Of several ways to compose the same config, this
    ledger's controllers go by their own; without one, the least holds, whoever came first.
    """
    share(db, "trial", trial)
    db.execute(
        "INSERT INTO trial_part (id, origin, state, attempts, planned, round)"
        " VALUES (?, ?, 'pending', 0, ?, 0)",
        (trial, who.origin, at),
    )
    if who.own:
        db.execute(
            "UPDATE trial SET structure = ?, delta = ?, here = iif(? AND state = 'pruned', state, ?)"
            " WHERE id = ?",
            (*composed, kept, _here(who, kept), trial),
        )
    else:
        db.execute(
            "UPDATE trial SET structure = ?1, delta = ?2"
            " WHERE id = ?3 AND here IS NULL AND (?1, ?2) < (structure, delta)",
            (*composed, trial),
        )
    show(db, "trial", trial)


def _add(
    db: sqlite3.Connection, table: str, who: Who, identifier: str, part: dict[str, Any]
) -> None:
    """Add a row for what an origin planned, or its part of a row that others have added before."""
    columns, values = ", ".join(part), tuple(part.values())
    marks = ", ".join("?" * len(part))
    row = db.execute(f"SELECT origin, shared FROM {table} WHERE id = ?", (identifier,)).fetchone()
    if row is None:
        db.execute(
            f"INSERT INTO {table} (id, origin, here, {columns}) VALUES (?, ?, ?, {marks})",
            (identifier, who.origin, part["state"] if who.own else None, *values),
        )
        return
    if row[0] == who.origin and not row[1]:
        return
    share(db, table, identifier)
    db.execute(
        f"INSERT OR IGNORE INTO {table}_part (id, origin, {columns}) VALUES (?, ?, {marks})",
        (identifier, who.origin, *values),
    )
    if who.own:
        db.execute(
            f"UPDATE {table} SET here = coalesce(here, ?) WHERE id = ?", (part["state"], identifier)
        )
    show(db, table, identifier)


def _candidate(db: sqlite3.Connection, event: e.CandidateProposed, at: float, who: Who) -> None:
    db.execute(
        "INSERT INTO candidate VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            event.sweep,
            who.origin,
            event.number,
            json.dumps(event.choice),
            json.dumps(event.trials),
            event.by,
            at,
        ),
    )


def _respecified(db: sqlite3.Connection, event: e.SweepRespecified, at: float, who: Who) -> None:
    row = db.execute(
        "SELECT spec FROM sweep WHERE id = ?1 AND origin = ?2 AND shared = 0"
        " UNION ALL SELECT spec FROM sweep_part WHERE id = ?1 AND origin = ?2",
        (event.sweep, who.origin),
    ).fetchone()
    if row is None:
        return
    spec = {**json.loads(row[0]), **event.spec}
    executor = (spec.get("executor") or {}).get("name", "local")
    values = (json.dumps(spec), executor)
    update(db, "sweep", who, "spec = ?, executor = ?", "", [(values, (), event.sweep)])


def _budget_reached(db: sqlite3.Connection, event: e.BudgetReached, at: float, who: Who) -> None:
    db.execute(
        "INSERT OR IGNORE INTO budget_notice VALUES (?, ?, ?, ?, ?, ?, ?)",
        (event.sweep, who.origin, event.name, event.share, event.limit, event.used, at),
    )


def _stop_decided(db: sqlite3.Connection, event: e.StopDecided, at: float, who: Who) -> None:
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


def _controller_started(
    db: sqlite3.Connection, event: e.ControllerStarted, at: float, who: Who
) -> None:
    shown = (
        "state = 'running', epoch = ?, controller_host = ?, controller_pid = ?,"
        " started = coalesce(started, ?), ended = NULL"
    )
    values = (event.epoch, event.host, event.pid, at)
    update(db, "sweep", who, shown, "here = 'running'", [(values, (), event.sweep)])


def _stop_requested(db: sqlite3.Connection, event: e.StopRequested, at: float, who: Who) -> None:
    _ask(db, event.sweep, "stop", event.clock or at)


def _sweep_resumed(db: sqlite3.Connection, event: e.SweepResumed, at: float, who: Who) -> None:
    update(
        db,
        "sweep",
        who,
        "state = 'planned', ended = NULL",
        "here = 'planned'",
        [((), (), event.sweep)],
    )
    _ask(db, event.sweep, "go", event.clock or at)


def _ask(db: sqlite3.Connection, sweep: str, column: str, clock: float) -> None:
    """Note what a person asked for, wherever; of stopping and going on, the later word counts."""
    db.execute("INSERT OR IGNORE INTO sweep_request VALUES (?, 0.0, 0.0)", (sweep,))
    db.execute(
        f"UPDATE sweep_request SET {column} = max({column}, ?) WHERE sweep = ?", (clock, sweep)
    )
    db.execute(
        "UPDATE sweep SET stop_requested = (SELECT stop > go FROM sweep_request r WHERE r.sweep = id)"
        " WHERE id = ?",
        (sweep,),
    )


def _sweep_ended(db: sqlite3.Connection, event: e.SweepEnded, at: float, who: Who) -> None:
    values = (event.state, at)
    update(
        db,
        "sweep",
        who,
        "state = ?, ended = ?",
        "here = ?",
        [(values, (event.state,), event.sweep)],
    )


def _cancel_requested(
    db: sqlite3.Connection, event: e.TrialCancelRequested, at: float, who: Who
) -> None:
    # A request that was overtaken by a reopening, here or elsewhere, is void; so is one that was made
    # before anybody here wanted the trial.
    db.execute(
        "UPDATE trial SET cancel_requested = 1"
        " WHERE id = ? AND round <= coalesce(?, round) AND here IS NOT NULL",
        (event.trial, event.round),
    )


def _trial_cancelled(db: sqlite3.Connection, event: e.TrialCancelled, at: float, who: Who) -> None:
    shown = "state = 'cancelled', ended = ?, reason = ?"
    update(db, "trial", who, shown, "here = 'cancelled'", [((at, event.reason), (), event.trial)])


def _trial_reopened(db: sqlite3.Connection, event: e.TrialReopened, at: float, who: Who) -> None:
    shown = "state = 'pending', ended = NULL, reason = NULL, round = coalesce(?, round + 1)"
    here = "here = 'pending', counted = 0, lost = 0, cancel_requested = 0"
    update(db, "trial", who, shown, here, [((event.round,), (), event.trial)])
    if event.reason == "rerun":
        # To run again is to run from the beginning.
        db.execute(
            "DELETE FROM checkpoint WHERE trial = ?1 AND attempt IN"
            " (SELECT id FROM attempt WHERE trial = ?1 AND origin = ?2)",
            (event.trial, who.origin),
        )


def _checkpoint(db: sqlite3.Connection, event: e.CheckpointSaved, at: float, who: Who) -> None:
    value = (
        event.value if isinstance(event.value, int | float) and math.isfinite(event.value) else None
    )
    db.execute(
        "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (event.attempt, event.step, event.trial, event.folder, event.sha256, event.size, value, at),
    )
    # Folders are relative to each origin's own state folder.
    db.executemany(
        "DELETE FROM checkpoint WHERE trial = ?1 AND folder = ?2 AND attempt IN"
        " (SELECT id FROM attempt WHERE trial = ?1 AND origin = ?3)",
        [(event.trial, folder, who.origin) for folder in event.dropped],
    )


def _warned(db: sqlite3.Connection, event: e.AttemptWarned, at: float, who: Who) -> None:
    db.execute("INSERT INTO warning VALUES (?, ?, ?)", (event.attempt, at, event.text))


def _late(db: sqlite3.Connection, event: e.LateRefused, at: float, who: Who) -> None:
    """A refusal is kept as a fact; no table changes."""


def _alone(fold: FoldMany) -> Fold:
    def folded(db: sqlite3.Connection, event: e.Event, at: float, who: Who) -> None:
        fold(db, [(event, at)], who)

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
    **RECORDS,
    **{kind: _alone(fold) for kind, fold in MANY.items()},
}
