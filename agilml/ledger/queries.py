"""Reads, with plain sqlite3: nothing heavy is imported, and no table scan touches a curve.

Readers never wait for writers, never write, and see one consistent state per :func:`snapshot`.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agilml.errors import LedgerError
from agilml.ledger import packing
from agilml.ledger.damage import UNREADABLE, damaged
from agilml.ledger.queries_runs import (
    CHUNK,
    count_runs,
    last_value,
    newest_runs,
    number,
    run,
    runs_of_sweep,
    select_runs,
)
from agilml.ledger.rows import AttemptRow, MetricRow, RunRow, SweepRow
from agilml.model import SweepState, TrialState
from agilml.points import leaves, materialise

__all__ = [
    "AttemptRow",
    "Configs",
    "MetricRow",
    "RunRow",
    "SweepRow",
    "attempts",
    "checkpoints",
    "config",
    "count_runs",
    "counts",
    "curve",
    "curves",
    "folder",
    "host",
    "kept",
    "metrics",
    "newest_runs",
    "reader",
    "run",
    "runs_of_sweep",
    "select_runs",
    "snapshot",
    "sweep",
    "sweeps",
    "tags",
    "trial_states",
    "warnings",
]

CACHE_KIB = 64 << 10
"""Memory that a reader may use for pages; SQLite's own 2 MiB read the tables of a large sweep many times."""


@contextmanager
def reader(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the ledger at ``path`` for reading, and turn SQLite's errors into ours.

    Raises:
        LedgerError: there is no ledger there.
        LedgerDamaged: it is not a sound SQLite database.
    """
    if not path.exists():
        raise LedgerError(
            f"no ledger at {path}", kept="nothing was changed", next="agil sweep conf=resnet"
        )
    # A read-only folder has no place for SQLite's shared memory; a ledger at rest needs none.
    at_rest = not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists()
    mode = "immutable=1" if at_rest else "mode=ro"
    try:
        uri = f"{path.as_uri()}?{mode}"
        db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10.0)
        try:
            db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            packing.register(db)
            yield db
        finally:
            db.close()
    except sqlite3.OperationalError as error:
        if "decode" in str(error):
            raise damaged(path, error) from error
        raise LedgerError(f"{path} cannot be read: {error}", next="agil doctor") from error
    except (sqlite3.DatabaseError, *UNREADABLE) as error:
        raise damaged(path, error) from error


@contextmanager
def snapshot(db: sqlite3.Connection) -> Iterator[None]:
    """Let all reads in the block see the same state of the ledger."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


_SWEEP = (
    "SELECT id, conf, recipe, metric, mode, executor, state, total, epoch, controller_host,"
    " controller_pid, planned, started, ended, user, git_commit, git_branch, spec, provenance, {} FROM sweep"
)
_ALONE = _SWEEP.format("state, 0, 0")
"""For ledgers up to schema 2, which know no other origins."""
_AMONG_OTHERS = _SWEEP.format("here, origin IS NOT (SELECT id FROM origin WHERE own = 1), shared")


def sweep(db: sqlite3.Connection, sweep_id: str) -> SweepRow | None:
    """Return the sweep with this full id, or None."""
    row = db.execute(f"{_sweep_query(db)} WHERE id = ?", (sweep_id,)).fetchone()
    return _sweep_row(db, row) if row else None


def sweeps(db: sqlite3.Connection, limit: int = 20) -> list[SweepRow]:
    """Return the newest sweeps first."""
    rows = db.execute(f"{_sweep_query(db)} ORDER BY planned DESC, id LIMIT ?", (limit,))
    return [_sweep_row(db, row) for row in rows.fetchall()]


def counts(db: sqlite3.Connection, sweep_id: str) -> dict[TrialState, int]:
    """Return how many trials of the sweep are in each state; every state is a key."""
    found = dict.fromkeys(TrialState, 0)
    rows = db.execute(
        "SELECT t.state, count(*) FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " WHERE m.sweep = ? GROUP BY t.state",
        (sweep_id,),
    )
    found.update((TrialState(state), int(n)) for state, n in rows)
    return found


def kept(db: sqlite3.Connection, sweep_id: str) -> int:
    """Return how many trials of the sweep had succeeded before it was planned."""
    row = db.execute(
        "SELECT count(*) FROM sweep_trial WHERE sweep = ? AND kept = 1", (sweep_id,)
    ).fetchone()
    return int(row[0])


def trial_states(db: sqlite3.Connection, trials: Sequence[str]) -> dict[str, TrialState]:
    """Return the state of those of the given trials that the ledger knows."""
    found: dict[str, TrialState] = {}
    for at in range(0, len(trials), CHUNK):
        part = trials[at : at + CHUNK]
        rows = db.execute(
            f"SELECT id, state FROM trial WHERE id IN ({','.join('?' * len(part))})", part
        )
        found.update((str(trial), TrialState(state)) for trial, state in rows)
    return found


def attempts(db: sqlite3.Connection, trial: str) -> list[AttemptRow]:
    """Return the attempts of a trial, the first one first."""
    rows = db.execute(
        "SELECT id, n, state, cause, slot, host, pid, isolation, start_ms, resumed_from,"
        " resumed_step, leased, started, ended, seconds, cpu_seconds, max_rss_mb, exit_code, signal,"
        " error"
        " FROM attempt WHERE trial = ? ORDER BY n",
        (trial,),
    )
    return [AttemptRow(*row) for row in rows]


def metrics(db: sqlite3.Connection, attempt: str) -> list[MetricRow]:
    """Return what is known of each metric of ``attempt``, in alphabetical order."""
    rows = db.execute(
        "SELECT name, n, last, last_kind, last_step, low, low_step, high, high_step FROM metric"
        " WHERE attempt = ? ORDER BY name",
        (attempt,),
    )
    return [
        MetricRow(name, n, last_value(last, kind), *rest) for name, n, last, kind, *rest in rows
    ]


def curves(
    db: sqlite3.Connection, attempt: str
) -> dict[str, list[tuple[int | None, float, float]]]:
    """Return every curve of the trial that ``attempt`` executed, up to and with that attempt.

    By metric name: ``(step, value, seconds)`` in the order they were logged; non-finite values as
    floats.
    """
    # Imported here: a list of runs needs no curve, and the events behind one cost a third of it.
    from agilml.ledger.tables_attempts import points_of

    found = points_of(db, attempt)
    return {
        name: [(step, number(value), seconds) for step, value, seconds in points]
        for name, points in found.items()
    }


def curve(db: sqlite3.Connection, attempt: str, name: str) -> list[tuple[int | None, float, float]]:
    """Return one curve; empty where the metric was never logged."""
    return curves(db, attempt).get(name, [])


def folder(db: sqlite3.Connection, trial: str, n: int) -> str | None:
    """Return the folder of the trial's ``n``-th attempt, relative to its origin's state folder."""
    row = db.execute(
        "SELECT folder FROM attempt WHERE trial = ? AND n = ? ORDER BY leased DESC LIMIT 1",
        (trial, n),
    ).fetchone()
    return str(row[0]) if row else None


def config(
    db: sqlite3.Connection, trial: str
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the structure's unresolved and resolved config, and the trial's delta."""
    row = db.execute(
        "SELECT s.unresolved, s.resolved, t.delta FROM trial t"
        " JOIN structure s ON s.id = t.structure WHERE t.id = ?",
        (trial,),
    ).fetchone()
    return json.loads(row[0]), json.loads(row[1]), json.loads(row[2])


class Configs:
    """Reads the configs of many runs; each structure is read once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._structures: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    def leaves(self, trial: str) -> dict[str, Any]:
        """Return the leaves of the resolved config of ``trial`` by dotted name."""
        structure, text = self._db.execute(
            "SELECT structure, delta FROM trial WHERE id = ?", (trial,)
        ).fetchone()
        if structure not in self._structures:
            (resolved,) = self._db.execute(
                "SELECT resolved FROM structure WHERE id = ?", (structure,)
            ).fetchone()
            whole = json.loads(resolved)
            self._structures[structure] = whole, leaves(whole)
        whole, known = self._structures[structure]
        delta = json.loads(text)
        if all(key in known and not isinstance(value, dict) for key, value in delta.items()):
            return {**known, **delta}
        return leaves(materialise(whole, delta))


def host(db: sqlite3.Connection, attempt: str | None) -> str | None:
    """Return where ``attempt`` ran; None before it started."""
    row = db.execute("SELECT host FROM attempt WHERE id = ?", (attempt,)).fetchone()
    return None if row is None else row[0]


def checkpoints(db: sqlite3.Connection, trial: str) -> list[dict[str, Any]]:
    """Return the kept checkpoints of a trial, newest first; folders are relative to the state folder."""
    rows = db.execute(
        "SELECT attempt, step, folder, sha256, size, value, saved FROM checkpoint WHERE trial = ?"
        " ORDER BY saved DESC",
        (trial,),
    )
    names = ("attempt", "step", "folder", "sha256", "size", "value", "saved")
    return [dict(zip(names, row, strict=True)) for row in rows]


def warnings(db: sqlite3.Connection, trial: str) -> list[str]:
    """Return the warnings of all attempts of a trial, in order."""
    rows = db.execute(
        "SELECT w.text FROM warning w JOIN attempt a ON a.id = w.attempt WHERE a.trial = ? ORDER BY w.rowid",
        (trial,),
    )
    return [str(row[0]) for row in rows]


def tags(db: sqlite3.Connection, target: str) -> list[str]:
    """Return the tags of a run or sweep, in alphabetical order."""
    rows = db.execute("SELECT tag FROM tag WHERE target = ? ORDER BY tag", (target,))
    return [str(row[0]) for row in rows]


def _sweep_query(db: sqlite3.Connection) -> str:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return _AMONG_OTHERS if version > 2 else _ALONE


def _sweep_row(db: sqlite3.Connection, row: Sequence[Any]) -> SweepRow:
    state, ended = (_among_others(db, row) if row[21] else None) or (SweepState(row[6]), row[13])
    here = None if row[19] is None else SweepState(row[19])
    told = map(json.loads, row[17:19])
    fields = [*row[:6], state, *row[7:13], ended, *row[14:17], *told, here, bool(row[20])]
    return SweepRow(*fields)


def _among_others(db: sqlite3.Connection, row: Sequence[Any]) -> tuple[SweepState, float] | None:
    """Return the end of a sweep that one origin brought to it and another left open; None without one."""
    if SweepState(row[6]).ended:
        return None
    waits = db.execute(
        "SELECT 1 FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " WHERE m.sweep = ? AND t.state IN ('pending', 'running') LIMIT 1",
        (row[0],),
    ).fetchone()
    end = db.execute(
        "SELECT state, ended FROM sweep_part WHERE id = ? AND ended IS NOT NULL"
        " ORDER BY ended DESC, origin LIMIT 1",
        (row[0],),
    ).fetchone()
    return (SweepState(end[0]), float(end[1])) if end and not waits else None
