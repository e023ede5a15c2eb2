"""The order in which the trials of a fixed plan start: the longest first.

A long trial that starts last keeps one slot busy while all others are idle. Longest first is within 4/3 of
the best possible (Graham, 1969), and in practice within a few percent. Trials of similar length stay in the
order of the plan, which is shuffled so that a good one is met early.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agilml.sweep.durations import CLASS, Durations, Forecast, resolved_of

MANY = 2_000
"""While more trials wait the order of the plan is kept: only what starts last can keep a slot too long."""

_FIRST = 4
_CHUNK = 500


@dataclass(slots=True)
class Doubling:
    """Tells when to look at the order again: each time the number of finished trials has doubled.

    Nothing is due while more than :data:`MANY` trials wait; the first look is then as soon as no more do.
    """

    next: int = _FIRST

    def due(self, finished: int, waiting: int = 0) -> bool:
        """Whether so many finished trials are twice as many as at the last look; the first is at four."""
        if finished < self.next or waiting > MANY:
            return False
        while self.next <= finished:
            self.next *= 2
        return True


def start_order(
    db: sqlite3.Connection, sweep: str, waiting: Sequence[str], *, host: str | None = None
) -> list[str]:
    """Return the trials in ``waiting``, longest expected first.

    They are as they were where there is no evidence that they differ in length, or where there are more
    than :data:`MANY`.

    Args:
        db: the ledger.
        sweep: its recipe is the one whose runs are evidence.
        waiting: trial ids in the order of the plan.
        host: where they will run; this machine by default.
    """
    if not 1 < len(waiting) <= MANY:
        return list(waiting)
    row = db.execute("SELECT recipe FROM sweep WHERE id = ?", (sweep,)).fetchone()
    durations = Durations.learn(db, str(row[0]), host)
    if not durations.effects:
        return list(waiting)
    return longest_first(waiting, expected_seconds(db, waiting, durations))


def longest_first(waiting: Sequence[str], seconds: Mapping[str, float]) -> list[str]:
    """Return ``waiting`` in classes of similar length, the longest first and unknown ones before them.

    Within a class the order is that of ``waiting``.
    """
    return sorted(waiting, key=lambda trial: -_class_of(seconds.get(trial)))


def expected_seconds(
    db: sqlite3.Connection, trials: Sequence[str], durations: Durations
) -> dict[str, float]:
    """Return the seconds expected for those of ``trials`` about which ``durations`` knows something."""
    forecasts: dict[str, Forecast] = {}
    found: dict[str, float] = {}
    for trial, structure, delta in _configs(db, trials):
        if structure not in forecasts:
            forecasts[structure] = durations.forecast(resolved_of(db, structure))
        seconds = forecasts[structure].seconds(delta)
        if seconds is not None:
            found[trial] = seconds
    return found


def _class_of(seconds: float | None) -> float:
    return math.inf if seconds is None else math.floor(math.log(seconds, CLASS))


def _configs(
    db: sqlite3.Connection, trials: Sequence[str]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for at in range(0, len(trials), _CHUNK):
        part = trials[at : at + _CHUNK]
        marks = ",".join("?" * len(part))
        rows = db.execute(f"SELECT id, structure, delta FROM trial WHERE id IN ({marks})", part)  # noqa: S608  question marks
        for trial, structure, delta in rows:
            yield trial, structure, json.loads(delta)
