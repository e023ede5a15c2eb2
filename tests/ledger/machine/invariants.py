"""What must hold after every step, whoever wrote what: I1 to I10, from the facts and from the tables.

They know nothing of the model. ``History`` reads the facts as they come and tells the states from them alone;
``check_tables`` looks at the tables; where both speak of the same thing they must agree.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agilml.model import ATTEMPT_MOVES, TRIAL_MOVES, AttemptState, TrialState

SWEEP_MOVES = {
    ("planned", "running"),
    ("running", "running"),  # a newer controller
    *((old, new) for old in ("planned", "running") for new in ("done", "stopped")),
}
"""Moves of a sweep without a person; ``sweep.resumed`` is the person and leads to planned from anywhere."""


@dataclass
class History:
    """What the facts say, read once each, in order."""

    seq: int = 0
    trials: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, str] = field(default_factory=dict)
    trial_of: dict[str, str] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)
    results: dict[str, list[str]] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    fences: dict[str, int] = field(default_factory=dict)
    sweeps: dict[str, str] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    late: int = 0

    def read(self, db: sqlite3.Connection) -> None:
        """Read the facts that are new, and check each move where it is written."""
        rows = db.execute(
            "SELECT seq, kind, subject, body FROM fact WHERE seq > ? ORDER BY seq", (self.seq,)
        )
        for seq, kind, subject, body in rows.fetchall():
            assert seq == self.seq + 1, f"seq gapless: {self.seq} is followed by {seq}"
            self.seq = seq
            reader = _READERS.get(kind)
            if reader is not None:
                reader(self, subject, json.loads(body))

    def move_trial(self, trial: str, to: str) -> None:
        """Note the move of a trial."""
        old = TrialState(self.trials[trial])
        allowed = TRIAL_MOVES.get(old, frozenset())
        assert to in allowed, f"I7 trial {trial} {old} -> {to}"
        self.trials[trial] = to

    def move_attempt(self, attempt: str, to: str) -> None:
        """Note the move of an attempt."""
        old = AttemptState(self.attempts[attempt])
        allowed = ATTEMPT_MOVES.get(old, frozenset())
        assert to in allowed, f"I7 attempt {attempt} {old} -> {to}"
        self.attempts[attempt] = to

    def move_sweep(self, sweep: str, to: str) -> None:
        """Note the move of a sweep."""
        move = (self.sweeps[sweep], to)
        assert move in SWEEP_MOVES, f"I7 sweep {sweep} {move[0]} -> {to}"
        self.sweeps[sweep] = to


def _sweep_planned(seen: History, sweep: str, body: dict[str, Any]) -> None:
    seen.sweeps[sweep] = "planned"


def _trials_planned(seen: History, sweep: str, body: dict[str, Any]) -> None:
    for trial, *_ in body["trials"]:
        seen.trials.setdefault(trial, "pending")


def _controller_started(seen: History, sweep: str, body: dict[str, Any]) -> None:
    assert body["epoch"] > seen.epochs.get(sweep, 0), "epochs grow"
    seen.epochs[sweep] = body["epoch"]
    seen.move_sweep(sweep, "running")


def _sweep_resumed(seen: History, sweep: str, body: dict[str, Any]) -> None:
    seen.sweeps[sweep] = "planned"


def _sweep_ended(seen: History, sweep: str, body: dict[str, Any]) -> None:
    seen.move_sweep(sweep, body["state"])


def _cancelled(seen: History, trial: str, body: dict[str, Any]) -> None:
    seen.move_trial(trial, "cancelled")


def _reopened(seen: History, trial: str, body: dict[str, Any]) -> None:
    assert TrialState(seen.trials[trial]).ended, f"I7 {trial} reopened from {seen.trials[trial]}"
    seen.trials[trial] = "pending"
    seen.results.pop(trial, None)
    seen.failures.pop(trial, None)


def _leased(seen: History, attempt: str, body: dict[str, Any]) -> None:
    trial = body["trial"]
    assert attempt not in seen.attempts, f"I2 {attempt} leased twice"
    assert body["epoch"] == seen.epochs[body["sweep"]], "the epoch of a lease is the newest"
    assert body["fence"] > seen.fences.get(trial, 0), f"I6 fence of {attempt} does not grow"
    seen.fences[trial] = body["fence"]
    seen.attempts[attempt], seen.trial_of[attempt] = "leased", trial
    seen.move_trial(trial, "running")


def _started(seen: History, attempt: str, body: dict[str, Any]) -> None:
    seen.move_attempt(attempt, "started")
    seen.started.add(attempt)


def _reported(seen: History, attempt: str, body: dict[str, Any]) -> None:
    assert attempt in seen.started, f"I9 {attempt} reports and never started"
    state = seen.attempts[attempt]
    assert AttemptState(state).open, f"I7 {attempt} reports and is {state}"


def _ended(seen: History, attempt: str, body: dict[str, Any]) -> None:
    trial = body["trial"]
    assert seen.trial_of[attempt] == trial, f"I5 {attempt} ends {trial}, which is not its own"
    seen.move_attempt(attempt, body["state"])
    seen.move_trial(trial, body["trial_state"])
    if body["state"] == "succeeded":
        seen.results.setdefault(trial, []).append(attempt)
    if body["cause"] in ("user", "oom"):
        seen.failures[trial] = seen.failures.get(trial, 0) + 1


def _late(seen: History, attempt: str, body: dict[str, Any]) -> None:
    seen.late += 1


_READERS: dict[str, Callable[[History, str, dict[str, Any]], None]] = {
    "sweep.planned": _sweep_planned,
    "trials.planned": _trials_planned,
    "controller.started": _controller_started,
    "sweep.resumed": _sweep_resumed,
    "sweep.ended": _sweep_ended,
    "trial.cancelled": _cancelled,
    "trial.reopened": _reopened,
    "attempt.leased": _leased,
    "attempt.started": _started,
    "attempt.resumed": _reported,
    "metrics.logged": _reported,
    "checkpoint.saved": _reported,
    "stop.decided": _reported,
    "attempt.ended": _ended,
    "late.refused": _late,
}


def recorded(db: sqlite3.Connection, attempt: str) -> list[tuple[object, ...]]:
    """Return every row that makes the result of ``attempt``: its end and its final values."""
    end = db.execute("SELECT * FROM attempt WHERE id = ?", (attempt,)).fetchall()
    values = db.execute("SELECT * FROM metric WHERE attempt = ? ORDER BY name", (attempt,))
    return [*end, *values]


Acknowledged = dict[str, list[tuple[object, ...]]]
"""What was recorded of an attempt when its success was acknowledged to somebody."""


def check_tables(db: sqlite3.Connection, seen: History, acked: Acknowledged, most: int) -> None:
    """Check the tables against themselves, against the facts, and against what was acknowledged.

    ``most`` is the number of counting failures that a trial may have.
    """
    trials = db.execute("SELECT id, state, attempt, counted, delta FROM trial").fetchall()
    attempts = db.execute("SELECT id, trial, n, fence, state FROM attempt ORDER BY trial, n")
    of: dict[str, list[tuple[str, int, int, str]]] = {}
    state_of: dict[str, str] = {}
    for name, trial, n, fence, state in attempts:
        of.setdefault(trial, []).append((name, n, fence, state))
        state_of[name] = state
    configs = [delta for *_, delta in trials]
    assert len(configs) == len(set(configs)), "I1 one trial per distinct config"
    for table in ("trial", "sweep"):
        torn = db.execute(f"SELECT id FROM {table} WHERE here IS NOT state").fetchall()
        assert not torn, f"what is shown of {torn} is not what holds here"
    members = db.execute("SELECT sweep, trial FROM sweep_trial").fetchall()
    assert len(members) == len(set(members)), "I1 a trial stands once in a sweep"
    for trial, state, current, counted, _ in trials:
        mine = of.get(trial, [])
        opened = [name for name, _, _, its in mine if its in ("leased", "started")]
        results = seen.results.get(trial, [])
        assert len(opened) <= 1, f"I2 {trial} has open attempts {opened}"
        assert (state == "running") == bool(opened), f"I3 {trial} is {state} with open {opened}"
        assert (state == "succeeded") == (len(results) == 1), f"I4 {trial} {state}: {results}"
        for result in results:
            own = result == current and state_of.get(result) == "succeeded"
            assert own, f"I5 the result of {trial} is {result}, its attempt is {current}"
        numbered = [(n, fence) for _, n, fence, _ in mine]
        assert [n for n, _ in numbered] == list(range(1, len(mine) + 1)), f"I6 {trial}: {numbered}"
        assert numbered == sorted(numbered, key=lambda pair: pair[1]), f"I6 {trial}: {numbered}"
        failures = seen.failures.get(trial, 0)
        assert counted == failures <= most, f"I10 {trial} counts {counted} of {failures} failures"
    for name, rows in acked.items():
        assert rows == recorded(db, name), f"I8 the result of {name} was acknowledged and is not so"
    for (name,) in db.execute("SELECT attempt FROM metric UNION SELECT attempt FROM checkpoint"):
        assert name in seen.started, f"I9 {name} has points and never started"
    assert dict(seen.trials) == {trial: state for trial, state, *_ in trials}, "facts and trials"
    assert seen.attempts == state_of, "facts and attempts"
    sweeps = db.execute("SELECT id, state FROM sweep").fetchall()
    assert seen.sweeps == dict(sweeps), "facts and sweeps"
