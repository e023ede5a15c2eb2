"""What a sweep has used up so far, read from the ledger a little at a time."""

from __future__ import annotations

import bisect
import copy
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from agilml.ledger.packing import load

HOUR = 3600.0

PAUSE_SECONDS = 2.0
"""A sweep in which nothing ran for less than this was not down: its controller was between two trials."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What a sweep has used up.

    Attributes:
        trials: candidates that a sampler has proposed; 0 for a fixed plan.
        hours: time in which at least one attempt of the sweep ran. While a sweep is down, nothing is spent.
        slot_hours: hours of all its attempts together.
        usd: slot-hours times the price of one.
        best: best finite value of the sweep's metric so far, or None.
    """

    trials: int = 0
    hours: float = 0.0
    slot_hours: float = 0.0
    usd: float = 0.0
    best: float | None = None


@dataclass(slots=True)
class Union:
    """The length of a union of intervals; those that touch, or nearly so, are one.

    Attributes:
        pause: gaps up to this length are filled.
        length: of all that was added.
    """

    pause: float = 0.0
    length: float = 0.0
    _starts: list[float] = field(default_factory=list)
    _ends: list[float] = field(default_factory=list)

    def add(self, start: float, end: float) -> None:
        """Add the interval from ``start`` to ``end``; one that ends before it starts is empty."""
        if end < start:
            return
        first, last, start, end = self._joined(start, end)
        self.length += end - start - self._covered(first, last)
        self._starts[first:last], self._ends[first:last] = [start], [end]

    def length_with(self, start: float, end: float) -> float:
        """Return what :attr:`length` would be with this interval; nothing is added."""
        if end < start:
            return self.length
        first, last, start, end = self._joined(start, end)
        return self.length + end - start - self._covered(first, last)

    def _joined(self, start: float, end: float) -> tuple[int, int, float, float]:
        """Return which intervals the new one joins (from, to), and what they are together."""
        first = bisect.bisect_left(self._ends, start - self.pause)
        last = bisect.bisect_right(self._starts, end + self.pause)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        return first, last, start, end

    def _covered(self, first: int, last: int) -> float:
        return sum(self._ends[i] - self._starts[i] for i in range(first, last))


@dataclass(frozen=True, slots=True)
class _Row:
    rowid: int
    attempt: str
    is_open: bool
    leased: float
    started: float | None
    ended: float | None
    seconds: float | None
    low: float | None
    high: float | None
    foreign: bool


# Ledgers up to schema 2 know no other origins; an id without a mark is of this ledger's own.
_ATTEMPT = (
    "SELECT a.rowid, a.id, a.state IN ('leased', 'started'), a.leased, a.started, a.ended, a.seconds,"
    " b.low, b.high, a.id GLOB '*.*-*'"
    " AND substr(a.id, -7) != '-' || (SELECT substr(id, 1, 6) FROM origin WHERE own = 1)"
    " FROM attempt a LEFT JOIN metric b ON b.attempt = a.id AND b.name = ?"
)
_ALL = f"{_ATTEMPT} WHERE a.sweep = ?"
# The plus sign keeps SQLite from reading the whole sweep through its index: new rows are at the end.
_NEW = f"{_ATTEMPT} WHERE +a.sweep = ? AND a.rowid > ?"
_AGAIN = f"{_ATTEMPT} WHERE a.id = ?"
_NEWEST_POINTS = (
    "SELECT body FROM fact WHERE kind = 'metrics.logged' AND subject = ? ORDER BY seq DESC LIMIT 1"
)
_KEPT_BEST = (
    "SELECT min(b.low), max(b.high) FROM sweep_trial m JOIN trial t ON t.id = m.trial"
    " JOIN metric b ON b.attempt = t.attempt AND b.name = ? WHERE m.sweep = ? AND m.kept = 1"
)


class Meter:
    """Reads what a sweep has spent; the first reading takes in all its attempts, later ones what is new.

    Args:
        db: the ledger.
        sweep: its full id.
        spec: its settings; ``metric``, ``mode`` and ``price`` (USD per slot-hour) are read.
    """

    def __init__(self, db: sqlite3.Connection, sweep: str, spec: Mapping[str, Any]) -> None:
        self._db = db
        self._sweep = sweep
        self._metric = str(spec.get("metric") or "")
        self._sign = -1.0 if spec.get("mode") == "min" else 1.0
        self._price = float(spec.get("price") or 0.0)
        self._seen = 0
        self._open: list[str] = []
        self._seconds = 0.0
        self._union = Union(PAUSE_SECONDS)
        self._best: float | None = None
        self._take_best(*db.execute(_KEPT_BEST, (self._metric, sweep)).fetchone())

    def read(self, now: float, *, live: bool = True) -> Spending:
        """Return what is spent at ``now`` (Unix seconds).

        Args:
            now: until when attempts that run are counted.
            live: whether a controller runs the sweep. If not, an attempt without an end is counted up to
                the last sign of it, because nobody knows when it ended; one of another clone always is.
        """
        running = self._take_in()
        ends = [
            now if live and not row.foreign else min(self._last_sign(row), now) for row in running
        ]
        seconds = self._seconds
        for row, end in zip(running, ends, strict=True):
            seconds += max(end - row.leased, 0.0)
        hours, slot_hours = self._up(running, ends) / HOUR, seconds / HOUR
        usd = slot_hours * self._price
        return Spending(self._candidates(), hours, slot_hours, usd, self._best)

    def _up(self, running: list[_Row], ends: list[float]) -> float:
        if not running:
            return self._union.length
        if len(set(ends)) == 1:
            return self._union.length_with(min(row.leased for row in running), ends[0])
        union = copy.deepcopy(self._union)
        for row, end in zip(running, ends, strict=True):
            union.add(row.leased, end)
        return union.length

    def _take_in(self) -> list[_Row]:
        """Count what has ended since the last reading, and return the attempts that are open."""
        before = self._open
        running: list[_Row] = []
        again = (row for attempt in before for row in self._rows(_AGAIN, attempt))
        new = (_NEW, self._sweep, self._seen) if self._seen else (_ALL, self._sweep)
        for row in chain(again, self._rows(*new)):
            self._seen = max(self._seen, row.rowid)
            self._take_best(row.low, row.high)
            if row.is_open:
                running.append(row)
                continue
            seconds = row.seconds
            if seconds is None:
                seconds = max(self._last_sign(row) - row.leased, 0.0)
            self._seconds += seconds
            self._union.add(row.leased, row.leased + seconds)
        self._open = [row.attempt for row in running]
        return running

    def _rows(self, query: str, *values: Any) -> Iterator[_Row]:
        for row in self._db.execute(query, (self._metric, *values)):
            yield _Row(*row)

    def _take_best(self, low: float | None, high: float | None) -> None:
        value = low if self._sign < 0 else high
        if value is not None and (self._best is None or self._sign * (value - self._best) > 0):
            self._best = value

    def _last_sign(self, row: _Row) -> float:
        """Return when the attempt was last heard of: its newest point, else its start.

        What a later controller found in its spool was recorded much later, so the time of a record says
        nothing; a point carries the seconds since the attempt's start.
        """
        began = row.started or row.leased
        found = self._db.execute(_NEWEST_POINTS, (row.attempt,)).fetchone()
        if found is None:
            return began
        series = load(found[0])["series"].values()
        last = began + max((times[-1] for _, _, times in series if times), default=0.0)
        return last if row.ended is None else min(last, row.ended)

    def _candidates(self) -> int:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        mine = " AND origin = (SELECT id FROM origin WHERE own = 1)" if version > 2 else ""
        row = self._db.execute(
            f"SELECT max(number) + 1 FROM candidate WHERE sweep = ?{mine}",  # noqa: S608  ours
            (self._sweep,),
        ).fetchone()
        return int(row[0] or 0)
