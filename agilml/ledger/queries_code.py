"""Reads that a run is run again from: its composed structure, who executed it, and the code that was kept.

A ledger that was last written by a release that kept no code has no such tables; reading changes nothing,
so it then has nothing to tell.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from agilml.points import Structure

_FIRST_WITH_ARTIFACTS = 3
"""``PRAGMA user_version`` of ledgers with these tables."""


@dataclass(frozen=True, slots=True)
class Execution:
    """How an attempt was executed.

    Attributes:
        isolation: ``fork`` or ``spawn``; None where it never began.
        leased: when it was put on a slot, Unix seconds.
        own: whether this ledger's own origin wrote it.
        origin: id of who wrote it; None in a ledger that knows one origin only.
    """

    isolation: str | None
    leased: float
    own: bool
    origin: str | None


def structure(db: sqlite3.Connection, trial: str) -> Structure:
    """Return the composed structure that the trial changes."""
    row = db.execute(
        "SELECT s.id, s.conf, s.choices, s.unresolved, s.resolved FROM trial t"
        " JOIN structure s ON s.id = t.structure WHERE t.id = ?",
        (trial,),
    ).fetchone()
    identifier, conf, *plain = row
    choices, unresolved, resolved = map(json.loads, plain)
    return Structure(identifier, conf, choices, unresolved, resolved)


def execution(db: sqlite3.Connection, attempt: str) -> Execution:
    """Return how the attempt was executed."""
    if not _has_artifacts(db):
        isolation, leased = db.execute(
            "SELECT isolation, leased FROM attempt WHERE id = ?", (attempt,)
        ).fetchone()
        return Execution(isolation, leased, own=True, origin=None)
    row = db.execute(
        "SELECT a.isolation, a.leased, coalesce(o.own, 0), a.origin FROM attempt a"
        " LEFT JOIN origin o ON o.id = a.origin WHERE a.id = ?",
        (attempt,),
    ).fetchone()
    return Execution(row[0], row[1], bool(row[2]), row[3])


def code_of(db: sqlite3.Connection, sweep: str, executed: Execution) -> str | None:
    """Return the sha256 of the bundle that an attempt of the sweep ran, or None where none was kept.

    A sweep that was planned again around changed code has several: the last one from before the attempt
    counts, of those that its own origin kept. The first one is kept while the first attempts run.
    """
    if not _has_artifacts(db):
        return None
    rows = db.execute(
        "SELECT sha256, at, origin FROM artifact WHERE owner = ? AND role = 'code' ORDER BY at, name",
        (sweep,),
    ).fetchall()
    kept = [row for row in rows if row[2] == executed.origin] or rows
    before = [row for row in kept if row[1] <= executed.leased]
    return str((before[-1] if before else kept[0])[0]) if kept else None


def _has_artifacts(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version) >= _FIRST_WITH_ARTIFACTS
