"""Reads of runs: one sweep's, all of them, or those that fit."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agilml.ledger.queries_notes import Note, notes
from agilml.ledger.rows import RunRow
from agilml.model import TrialState

CHUNK = 500
"""How many ids go into one query."""

_RUN = (
    "SELECT t.id, m.sweep, m.idx, t.state, m.params, t.attempt, t.attempts, t.planned, t.started,"
    " t.ended, m.kept, a.cause, a.error, a.slot, a.folder, a.seconds, a.started, s.executor,"
    " s.mode, b.high, b.high_step, b.low, b.low_step, s.metric"
    " FROM {source} LEFT JOIN attempt a ON a.id = t.attempt JOIN sweep s ON s.id = m.sweep"
    " LEFT JOIN metric b ON b.attempt = t.attempt AND b.name = s.metric"
)
# Two origins may have planned the same trials in another order: each is listed once.
_ONCE = (
    "m.idx = (SELECT min(o.idx) FROM sweep_trial o WHERE o.trial = m.trial AND o.sweep = m.sweep)"
)
_OF_SWEEP = _RUN.format(source=f"sweep_trial m JOIN trial t ON t.id = m.trial AND {_ONCE}")
# A trial of several sweeps is listed once, under the sweep that executed it.
_NEWEST = _RUN.format(
    source="trial t JOIN sweep_trial m ON m.trial = t.id AND m.sweep = coalesce("
    "(SELECT l.sweep FROM attempt l WHERE l.id = t.attempt),"
    f" (SELECT min(f.sweep) FROM sweep_trial f WHERE f.trial = t.id)) AND {_ONCE}"
)
_RANK = "CASE s.mode WHEN 'min' THEN -b.low ELSE b.high END"
_NEWEST_FIRST = "t.planned DESC, m.sweep, m.idx DESC, t.id"
"""By what all copies of a ledger agree on, in whatever order their facts came together."""

BEST_FIRST = f"{_RANK} IS NULL, {_RANK} DESC, m.idx, t.id"

COLUMNS = {
    "planned": "t.planned",
    "started": "coalesce(a.started, t.started)",
    "ended": "t.ended",
    "seconds": "a.seconds",
    "attempts": "t.attempts",
    "state": "t.state",
    "best": _RANK,
}
"""What runs can be sorted by, besides the name of a metric."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs, and in what order.

    Attributes:
        sweep: runs of this sweep only, by its full id.
        states: runs in one of these states only; empty means any.
        tag: runs that carry this tag, or whose sweep does.
        sort: a key of :data:`COLUMNS` or the name of a metric; None means best first in a sweep and
            newest first elsewhere. Runs without a value come last either way.
        descending: largest first.
        limit: at most so many; None means all.
    """

    sweep: str | None = None
    states: Sequence[TrialState] = ()
    tag: str | None = None
    sort: str | None = None
    descending: bool = False
    limit: int | None = None


def select_runs(db: sqlite3.Connection, wanted: Selection) -> list[RunRow]:
    """Return the runs that ``wanted`` describes."""
    query = _NEWEST if wanted.sweep is None else _OF_SWEEP
    where, values = _where(wanted)
    order, join, joined = _order(wanted)
    limit = -1 if wanted.limit is None else wanted.limit
    rows = db.execute(f"{query} {join} {where} ORDER BY {order} LIMIT ?", (*joined, *values, limit))
    return _run_rows(db, rows.fetchall())


def count_selected(db: sqlite3.Connection, wanted: Selection) -> int:
    """Return how many runs ``wanted`` describes, its limit aside."""
    if wanted.sweep is None and not wanted.states and wanted.tag is None:
        return count_runs(db)
    query = _NEWEST if wanted.sweep is None else _OF_SWEEP
    where, values = _where(wanted)
    row = db.execute(f"SELECT count(*) FROM ({query} {where})", values).fetchone()
    return int(row[0])


def runs_of_sweep(
    db: sqlite3.Connection,
    sweep_id: str,
    *,
    states: Sequence[TrialState] | None = None,
    best_first: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[RunRow]:
    """Return runs of one sweep: in plan order, or best first (runs without a value last)."""
    values: list[Any] = [sweep_id]
    where = "m.sweep = ?"
    if states is not None:
        where += f" AND t.state IN ({','.join('?' * len(states))})"
        values += states
    order = BEST_FIRST if best_first else "m.idx, t.id"
    values += [-1 if limit is None else limit, offset]
    rows = db.execute(f"{_OF_SWEEP} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?", values)
    return _run_rows(db, rows.fetchall())


def newest_runs(db: sqlite3.Connection, *, limit: int | None = 50, offset: int = 0) -> list[RunRow]:
    """Return runs of all sweeps, the newest first."""
    rows = db.execute(
        f"{_NEWEST} ORDER BY {_NEWEST_FIRST} LIMIT ? OFFSET ?",
        (-1 if limit is None else limit, offset),
    )
    return _run_rows(db, rows.fetchall())


def run(db: sqlite3.Connection, trial: str, sweep_id: str | None = None) -> RunRow | None:
    """Return one run by its full trial id, seen from ``sweep_id`` where given, or None."""
    if sweep_id is not None:
        rows = db.execute(f"{_OF_SWEEP} WHERE m.sweep = ? AND t.id = ?", (sweep_id, trial))
    else:
        rows = db.execute(f"{_NEWEST} WHERE t.id = ?", (trial,))
    found = _run_rows(db, rows.fetchall())
    return found[0] if found else None


def runs_by_id(
    db: sqlite3.Connection, trials: Sequence[str], sweep_id: str | None = None
) -> list[RunRow]:
    """Return these runs in this order, seen from ``sweep_id`` where given."""
    found: dict[str, RunRow] = {}
    query, seen_from = (_NEWEST, []) if sweep_id is None else (_OF_SWEEP, [sweep_id])
    scope = "" if sweep_id is None else "m.sweep = ? AND "
    for at in range(0, len(trials), CHUNK):
        part = trials[at : at + CHUNK]
        rows = db.execute(
            f"{query} WHERE {scope}t.id IN ({','.join('?' * len(part))})", [*seen_from, *part]
        )
        found.update((row.run, row) for row in _run_rows(db, rows.fetchall()))
    return [found[trial] for trial in trials if trial in found]


def count_runs(db: sqlite3.Connection) -> int:
    """Return how many trials the ledger knows."""
    return int(db.execute("SELECT count(*) FROM trial").fetchone()[0])


def metric_names(db: sqlite3.Connection) -> list[str]:
    """Return every metric that any run has logged."""
    rows = db.execute("SELECT DISTINCT name FROM metric ORDER BY name")
    return [str(row[0]) for row in rows]


def is_metric(db: sqlite3.Connection, name: str) -> bool:
    """Whether any run has logged a metric of this name; found at once where many have."""
    return bool(db.execute("SELECT 1 FROM metric WHERE name = ? LIMIT 1", (name,)).fetchone())


def _where(wanted: Selection) -> tuple[str, list[Any]]:
    tests: list[str] = []
    values: list[Any] = []
    if wanted.sweep is not None:
        tests.append("m.sweep = ?")
        values.append(wanted.sweep)
    if wanted.states:
        tests.append(f"t.state IN ({','.join('?' * len(wanted.states))})")
        values += wanted.states
    if wanted.tag is not None:
        tests.append("EXISTS (SELECT 1 FROM tag g WHERE g.tag = ? AND g.target IN (t.id, m.sweep))")
        values.append(wanted.tag)
    return ("WHERE " + " AND ".join(tests) if tests else ""), values


def _order(wanted: Selection) -> tuple[str, str, list[Any]]:
    """Return the ORDER BY, the join that it needs, and the values of that join."""
    if wanted.sort is None:
        return (_NEWEST_FIRST if wanted.sweep is None else BEST_FIRST), "", []
    return sorted_by(wanted.sort, descending=wanted.descending)


def sorted_by(sort: str, *, descending: bool) -> tuple[str, str, list[Any]]:
    """Return the ORDER BY of a column or a metric, the join that it needs, and the values of that join."""
    way = "DESC" if descending else "ASC"
    column = COLUMNS.get(sort)
    if column is not None:
        return f"{column} IS NULL, {column} {way}, t.planned DESC, t.id", "", []
    join = "LEFT JOIN metric k ON k.attempt = t.attempt AND k.name = ?"
    return f"k.last IS NULL, k.last {way}, t.planned DESC, t.id", join, [sort]


def _run_rows(db: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> list[RunRow]:
    metrics = _metrics(db, [row[5] for row in rows if row[5]])
    ids = [row[0] for row in rows]
    tagged, noted = _tags(db, ids), notes(db, ids)
    now = time.time()
    return [
        _run_row(row, metrics.get(row[5], {}), tagged.get(row[0], []), noted.get(row[0]), now)
        for row in rows
    ]


def _run_row(
    row: Sequence[Any],
    metrics: dict[str, float | int],
    tagged: list[str],
    noted: Note | None,
    now: float,
) -> RunRow:
    best, best_step = (row[21], row[22]) if row[18] == "min" else (row[19], row[20])
    seconds = row[15]
    if seconds is None and row[16] is not None and row[3] == TrialState.RUNNING:
        seconds = max(0.0, now - row[16])
    return RunRow(
        run=row[0],
        sweep=row[1],
        index=row[2],
        state=TrialState(row[3]),
        params=json.loads(row[4]),
        metrics=metrics,
        best=best,
        best_step=best_step,
        attempt=row[5],
        attempts=row[6],
        cause=row[11],
        error=row[12],
        slot=row[13],
        executor=row[17],
        folder=row[14],
        planned=row[7],
        started=row[16] or row[8],
        ended=row[9],
        seconds=seconds,
        kept=bool(row[10]),
        tags=tagged,
        metric=row[23],
        mode=row[18],
        note=noted.text if noted else None,
    )


def _metrics(
    db: sqlite3.Connection, attempt_ids: Sequence[str]
) -> dict[str, dict[str, float | int]]:
    found: dict[str, dict[str, float | int]] = {}
    for at in range(0, len(attempt_ids), CHUNK):
        part = attempt_ids[at : at + CHUNK]
        rows = db.execute(
            "SELECT attempt, name, last, last_kind FROM metric"
            f" WHERE attempt IN ({','.join('?' * len(part))}) ORDER BY attempt, name",
            part,
        )
        for attempt, name, last, kind in rows:
            found.setdefault(attempt, {})[name] = last_value(last, kind)
    return found


def _tags(db: sqlite3.Connection, targets: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for at in range(0, len(targets), CHUNK):
        part = targets[at : at + CHUNK]
        marks = ",".join("?" * len(part))
        rows = db.execute(
            f"SELECT target, tag FROM tag WHERE target IN ({marks}) ORDER BY tag", part
        )
        for target, tag in rows:
            found.setdefault(target, []).append(tag)
    return found


def last_value(last: float | None, kind: str) -> float | int:
    """Return a metric's last value as the number it was, from the two columns that store it."""
    if last is None:
        return number(kind)
    return int(last) if kind == "int" else last


def number(value: Any) -> float:
    """Return a stored metric value as the number it was: ``nan`` and ``inf`` are kept as text."""
    return float(value)
