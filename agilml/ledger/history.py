"""What happened in a sweep, in the order of the ledger: what a sampler and a stopper are rebuilt from."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from agilml.ledger.packing import load
from agilml.ledger.tables_attempts import points_of
from agilml.model import TrialState

_KINDS = ("candidate.proposed", "metrics.logged", "attempt.ended")


@dataclass(frozen=True, slots=True)
class Planned:
    """Trials came onto the plan: all of a fixed plan, or the repetitions of one candidate.

    Attributes:
        number: of the candidate; None for trials of a fixed plan.
        known: those that had ended before, with the state they had then.
    """

    number: int | None
    choice: Mapping[str, Any]
    trials: Sequence[str]
    known: Mapping[str, TrialState]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """An attempt logged points of one metric: ``steps`` and ``values`` of equal length."""

    trial: str
    steps: Sequence[int | None]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Ended:
    """A trial got its final answer."""

    trial: str
    state: TrialState


Happening: TypeAlias = Planned | Logged | Ended


def history(db: sqlite3.Connection, sweep: str, metric: str) -> Iterator[Happening]:
    """Yield what happened in ``sweep``, oldest first; of the metrics only ``metric``."""
    members = {
        str(trial): bool(kept)
        for trial, kept in db.execute(
            "SELECT trial, kept FROM sweep_trial WHERE sweep = ? ORDER BY idx", (sweep,)
        )
    }
    (first,) = db.execute(
        "SELECT min(rowid) FROM fact WHERE kind = 'sweep.planned' AND subject = ?", (sweep,)
    ).fetchone()
    proposed = _proposed(db, sweep)
    fixed = [trial for trial in members if trial not in proposed]
    if fixed:
        yield Planned(None, {}, fixed, _known(db, fixed, members))
    attempts: dict[str, str | None] = {}
    rows = db.execute(
        f"SELECT kind, subject, body FROM fact WHERE rowid >= ? AND kind IN ({','.join('?' * len(_KINDS))})"
        " AND origin = (SELECT id FROM origin WHERE own = 1) ORDER BY rowid",
        (first or 0, *_KINDS),
    )
    for kind, subject, body in rows:
        if kind == "candidate.proposed":
            if subject == sweep:
                yield _planned(db, json.loads(body), members)
            continue
        trial = _trial_of(db, str(subject), attempts)
        if trial is None or trial not in members:
            continue
        if kind == "metrics.logged":
            series = load(body)["series"].get(metric)
            if series:
                yield Logged(trial, series[0], [float(value) for value in series[1]])
        else:
            state = TrialState(json.loads(body)["trial_state"])
            if state.ended:
                yield Ended(trial, state)


def final_values(db: sqlite3.Connection, trial: str) -> dict[str, tuple[float | None, ...]]:
    """Return ``(last, low, high)`` of every metric of the trial's latest attempt, by name."""
    rows = db.execute(
        "SELECT m.name, m.last, m.low, m.high FROM trial t JOIN metric m ON m.attempt = t.attempt"
        " WHERE t.id = ?",
        (trial,),
    )
    return {str(name): tuple(values) for name, *values in rows}


def curve_of(db: sqlite3.Connection, trial: str, metric: str) -> Logged:
    """Return the curve of ``metric`` of the trial's latest attempt."""
    row = db.execute("SELECT attempt FROM trial WHERE id = ?", (trial,)).fetchone()
    points = points_of(db, str(row[0])).get(metric, []) if row and row[0] else []
    return Logged(trial, [step for step, _, _ in points], [float(value) for _, value, _ in points])


def _proposed(db: sqlite3.Connection, sweep: str) -> set[str]:
    rows = db.execute("SELECT trials FROM candidate WHERE sweep = ?", (sweep,))
    return {trial for (text,) in rows for trial in json.loads(text)}


def _planned(
    db: sqlite3.Connection, body: Mapping[str, Any], members: Mapping[str, bool]
) -> Planned:
    trials = [str(trial) for trial in body["trials"]]
    known = _known(db, trials, members)
    return Planned(int(body["number"]), body["choice"], trials, known, str(body["by"]))


def _known(
    db: sqlite3.Connection, trials: Sequence[str], members: Mapping[str, bool]
) -> dict[str, TrialState]:
    """Return the states of those trials that were done when they came onto this plan."""
    return {
        trial: TrialState(
            db.execute("SELECT state FROM trial WHERE id = ?", (trial,)).fetchone()[0]
        )
        for trial in trials
        if members.get(trial)
    }


def _trial_of(db: sqlite3.Connection, attempt: str, seen: dict[str, str | None]) -> str | None:
    if attempt not in seen:
        row = db.execute("SELECT trial FROM attempt WHERE id = ?", (attempt,)).fetchone()
        seen[attempt] = str(row[0]) if row else None
    return seen[attempt]
