"""The tables once more from the facts: to compare, or to put them right.

The facts are chained, the tables are only their fold.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from agilml import events as e
from agilml.ledger import packing, schema
from agilml.ledger.folding import Folding
from agilml.ledger.parts import Who
from agilml.ledger.takeover import take_points_anew
from agilml.model import marked_attempt

KEPT = ("fact", "origin", "segment")
"""Tables that no fact is folded into."""

UNPROVEN = 9e99
"""Time of a purge whose tombstone has not come yet: any real one is earlier."""

READ = 5_000
"""Facts read at once."""

_OF_THIS_MACHINE = {
    "trial": ("here", "counted", "lost", "cancel_requested", "structure", "delta"),
    "sweep": ("here",),
    "structure": ("here",),
}
"""Columns that say how things stand in the hands of this ledger's own controllers."""


def tables_that_differ(db: sqlite3.Connection) -> list[str]:
    """Return the names of the tables whose rows are not those that the facts of ``db`` make, in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as other:
        packing.register(other)
        schema.migrate(other)
        other.execute("BEGIN")
        other.execute("DELETE FROM origin")
        for table in ("origin", "fact"):
            _copy(db, other, table)
        fold_again(other)
        return [name for name in folded_tables(other) if _rows(db, name) != _rows(other, name)]


def fold_again(db: sqlite3.Connection) -> None:
    """Make all tables anew from the facts that ``db`` holds, inside the transaction of the caller."""
    for table in folded_tables(db):
        unproven = f" WHERE at < {UNPROVEN}" if table == "purge" else ""
        db.execute(f"DELETE FROM {table}{unproven}")
    (own,) = db.execute("SELECT id FROM origin WHERE own = 1").fetchone() or ("",)
    folding, origin = Folding(db, Who("", own=False)), ""
    for whose, at, kind, body in _facts(db):
        if whose != origin:
            folding.flush()
            folding, origin = Folding(db, Who(whose, own=whose == own)), whose
        fold(folding, event_from(kind, body, whose, own), at)
    folding.flush()
    take_points_anew(db)


def _facts(db: sqlite3.Connection) -> Iterator[tuple[str, float, str, str | bytes]]:
    """Yield every fact in the order of arrival, some at a time: a million would not fit into memory."""
    query = (
        "SELECT rowid, origin, time, kind, body FROM fact WHERE rowid > ? ORDER BY rowid LIMIT ?"
    )
    after = 0
    while rows := db.execute(query, (after, READ)).fetchall():
        yield from (row[1:] for row in rows)
        after = rows[-1][0]


def fold(folding: Folding, event: e.Event | None, at: float) -> None:
    """Fold one event after those before it; one of an unknown kind waits for a newer release."""
    if event is None:
        return
    if not folding.takes(event):
        folding.flush()
    folding.add(event, at)


def event_from(kind: str, body: str | bytes, origin: str, own: str) -> e.Event | None:
    """Return the event of a stored fact; attempts of other origins carry the mark of theirs.

    Releases up to schema 2 did not mark them, and knew no other origins.
    """
    found = e.event_of(kind, packing.load(body))
    if found is None or origin == own:
        return found
    named = {}
    for name in ("attempt", "source", "owner"):
        said = getattr(found, name, None)
        if said and "." in said and (marked := marked_attempt(said, origin)) != said:
            named[name] = marked
    return e.event_of(kind, {**found.body(), **named}) if named else found


def digest_of_tables(db: sqlite3.Connection) -> str:
    """Return a digest of what the tables say, the same in all ledgers that hold the same facts."""
    (own,) = db.execute("SELECT id FROM origin WHERE own = 1").fetchone() or ("",)
    total = hashlib.sha256()
    for table in folded_tables(db):
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        shared = [name for name in columns if name not in _OF_THIS_MACHINE.get(table, ())]
        rows = db.execute(f"SELECT {', '.join(map(_quoted, shared))} FROM {table}").fetchall()
        named = (_marked(shared, row, own) for row in rows)
        total.update(json.dumps([table, sorted(map(repr, named))]).encode())
    return total.hexdigest()


def folded_tables(db: sqlite3.Connection) -> list[str]:
    """Return the names of the tables that facts are folded into, sorted."""
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    names = [str(name) for (name,) in rows if not name.startswith(("sqlite_", "_sqlite"))]
    return [name for name in names if name not in KEPT]


def _marked(columns: Iterable[str], row: Iterable[Any], own: str) -> tuple[Any, ...]:
    """Return the row with the marks that other ledgers see on attempts of an old release."""
    return tuple(
        marked_attempt(value, own)
        if isinstance(value, str) and value.startswith("t-") and "." in value
        else value
        for _, value in zip(columns, row, strict=True)
    )


def _copy(db: sqlite3.Connection, other: sqlite3.Connection, table: str) -> None:
    rows = db.execute(f"SELECT * FROM {table} ORDER BY rowid")
    marks = ", ".join("?" * len(rows.description))
    other.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _rows(db: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    where = f" WHERE at < {UNPROVEN}" if table == "purge" else ""
    return sorted(db.execute(f"SELECT * FROM {table}{where}").fetchall(), key=repr)


def _quoted(name: str) -> str:
    return f'"{name}"'
