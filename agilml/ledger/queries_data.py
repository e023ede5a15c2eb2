"""Read-only questions about data sets."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class DatasetRow(NamedTuple):
    """A level of one version of a data set; ``digest`` is that of the version's manifest."""

    name: str
    level: str
    digest: str
    files: int
    size: int
    source: str
    by: str
    at: float


class ReadRow(NamedTuple):
    """A split of a data set that an attempt read."""

    attempt: str
    dataset: str
    level: str
    split: str
    digest: str
    files: int
    size: int


def datasets(db: sqlite3.Connection, name: str | None = None) -> list[DatasetRow]:
    """Return the recorded versions of one data set or of all, the newest first."""
    if not _has(db, "dataset"):
        return []
    rows = db.execute(
        "SELECT name, level, digest, files, size, source, by, at FROM dataset"
        " WHERE ? IS NULL OR name = ? ORDER BY name, at DESC, digest, level",
        (name, name),
    )
    return [DatasetRow(*row) for row in rows]


def versions(db: sqlite3.Connection, name: str, start: str) -> dict[str, str]:
    """Return the source of each recorded version whose manifest's digest begins with ``start``."""
    if not _has(db, "dataset"):
        return {}
    rows = db.execute(
        "SELECT DISTINCT digest, source FROM dataset WHERE name = ? AND substr(digest, 1, ?) = ?",
        (name, len(start), start),
    )
    return {str(digest): str(source) for digest, source in rows}


def data_read(db: sqlite3.Connection, trial: str) -> list[ReadRow]:
    """Return what the attempts of a run read, in the order of their numbers."""
    if not _has(db, "data_read"):
        return []
    rows = db.execute(
        "SELECT r.attempt, r.dataset, r.level, r.split, r.digest, r.files, r.size"
        " FROM attempt a JOIN data_read r ON r.attempt = a.id WHERE a.trial = ?"
        " ORDER BY a.n, r.dataset, r.level, r.split",
        (trial,),
    )
    return [ReadRow(*row) for row in rows]


def _has(db: sqlite3.Connection, table: str) -> bool:
    """Whether the ledger has the table; those that older releases wrote have not."""
    found = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return found is not None
