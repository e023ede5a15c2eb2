"""Read-only questions about what proves a run: its artifacts, and the facts about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple


class ArtifactRow(NamedTuple):
    """A blob that belongs to an attempt or a sweep; ``at`` in Unix seconds."""

    owner: str
    name: str
    role: str
    sha256: str
    size: int
    at: float
    origin: str


class FactsRow(NamedTuple):
    """How many facts of one origin are about a run, their first and last number, how many were purged."""

    origin: str
    first: int
    last: int
    facts: int
    purged: int
    host: str
    user: str


def artifacts(db: sqlite3.Connection, owners: Sequence[str]) -> list[ArtifactRow]:
    """Return the artifacts of the owners, by owner and name; purged ones are none."""
    if not _has(db, "artifact") or not owners:
        return []
    rows = db.execute(
        "SELECT owner, name, role, sha256, size, at, origin FROM artifact"
        f" WHERE owner IN ({','.join('?' * len(owners))}) AND sha256 != '' ORDER BY owner, name, origin",
        owners,
    )
    return [ArtifactRow(*row) for row in rows]


def facts_of_run(db: sqlite3.Connection, run: str) -> list[FactsRow]:
    """Return, by origin, which facts are about the run or one of its attempts."""
    purged = (
        "sum(EXISTS (SELECT 1 FROM purge p"
        " WHERE p.origin = f.origin AND p.seq = f.seq AND p.digest = f.digest))"
        if _has(db, "purge")
        else "0"
    )
    rows = db.execute(
        f"SELECT f.origin, min(f.seq), max(f.seq), count(*), {purged}, o.host, o.user"
        " FROM fact f JOIN origin o ON o.id = f.origin"
        # An attempt is named after its trial: '/' is what follows '.'.
        " WHERE f.subject = ? OR (f.subject > ? AND f.subject < ?)"
        " GROUP BY f.origin ORDER BY min(f.time)",
        (run, f"{run}.", f"{run}/"),
    )
    return [FactsRow(*row) for row in rows]


def head_of(db: sqlite3.Connection, origin: str) -> tuple[int, str]:
    """Return number and digest of an origin's last fact, which stand for all before it."""
    row = db.execute(
        "SELECT seq, digest FROM fact WHERE origin = ? ORDER BY seq DESC LIMIT 1", (origin,)
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")


def _has(db: sqlite3.Connection, table: str) -> bool:
    """Whether the ledger has the table; those that older releases wrote have not."""
    found = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return found is not None
