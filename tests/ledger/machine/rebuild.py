"""The same tables once more, folded from the facts alone into a ledger that holds nothing else."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from agilml import events as e
from agilml.ledger.parts import Who
from agilml.ledger.tables import apply

Rows = dict[str, list[tuple[object, ...]]]


def kinds() -> dict[str, type[e.Event]]:
    """Return every kind of event by its name."""
    found: dict[str, type[e.Event]] = {}
    todo: list[type[e.Event]] = [e.Event]
    while todo:
        for cls in todo.pop().__subclasses__():
            todo.append(cls)
            if cls.kind:
                found[cls.kind] = cls
    return found


def tables(db: sqlite3.Connection) -> Rows:
    """Return the rows of every table but the facts themselves and what is private to a file."""
    names = [
        str(row[0])
        for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]
    own = ("fact", "origin", "segment")
    kept = [n for n in names if n not in own and not n.startswith(("sqlite_", "_"))]
    return {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in kept}


def rebuilt(facts: sqlite3.Connection, empty: Path) -> Rows:
    """Return the tables that the facts of ``facts`` make in the ledger at ``empty``."""
    events = kinds()
    (own,) = facts.execute("SELECT id FROM origin WHERE own = 1").fetchone()
    db = sqlite3.connect(empty, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for row in facts.execute("SELECT * FROM fact ORDER BY seq").fetchall():
            db.execute("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            _, _, at, kind, _, body, _ = row
            apply(db, events[kind](**json.loads(body)), at, Who(own, own=True))
        db.execute("COMMIT")
        return tables(db)
    finally:
        db.close()
