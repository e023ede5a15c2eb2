"""Whether the tables are what the facts say: the facts are chained, the tables are only their fold."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

from agilml.events import Event
from agilml.ledger import schema
from agilml.ledger.tables import apply

_NOT_FOLDED = ("fact", "origin")


def tables_that_differ(db: sqlite3.Connection) -> list[str]:
    """Return the names of the tables whose rows are not those that the facts of ``db`` make, in memory."""
    kinds = {cls.kind: cls for cls in _kinds(Event)}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as other:
        schema.migrate(other)
        other.execute("BEGIN")
        for fact in db.execute("SELECT * FROM fact ORDER BY rowid"):
            # A fold may read earlier facts: an attempt that goes on takes over the points of another.
            other.execute("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)", fact)
            _, _, at, kind, _, body, _ = fact
            apply(other, kinds[kind](**json.loads(body)), at)
        return [name for name in _tables(other) if _rows(db, name) != _rows(other, name)]


def _tables(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    names = [str(name) for (name,) in rows if not name.startswith(("sqlite_", "_sqlite"))]
    return [name for name in names if name not in _NOT_FOLDED]


def _rows(db: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    return sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def _kinds(base: type[Event]) -> list[type[Event]]:
    found = [sub for cls in base.__subclasses__() for sub in (cls, *_kinds(cls))]
    return [cls for cls in found if cls.kind]
