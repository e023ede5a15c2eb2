"""Tables of the ledger and the migrations that lead to them."""

from __future__ import annotations

import os
import platform
import secrets
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from agilml.ledger.statements import first, second, third
from agilml.project import user

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

VERSION = 3
"""``PRAGMA user_version`` of a ledger that this code writes."""


def migrations() -> Migrations:
    """Return every migration in order. A released one is never edited."""
    from sqlite_utils.migrations import Migrations

    steps = Migrations("agilml")

    @steps()
    def m001_first_schema(db: Database) -> None:
        _execute(db, first.STATEMENTS)
        db.conn.execute(
            "INSERT INTO origin VALUES (?, ?, ?, ?, 1)",
            (secrets.token_hex(16), platform.node(), user(), time.time()),
        )
        db.conn.execute("PRAGMA user_version = 1")

    @steps()
    def m002_search(db: Database) -> None:
        _execute(db, second.STATEMENTS)
        db.conn.execute("PRAGMA user_version = 2")

    @steps()
    def m003_origins(db: Database) -> None:
        _execute(db, third.STATEMENTS)
        db.conn.execute("PRAGMA user_version = 3")

    return steps


def _execute(db: Database, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.conn.execute(statement)


def version(db: sqlite3.Connection) -> int:
    """Return the schema version that the ledger was written with; 0 for an empty file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring an empty or older ledger to :data:`VERSION`; one transaction per step."""
    # Imported here: it costs more than everything else a verb does, and most ledgers are up to date.
    from sqlite_utils import Database

    migrations().apply(Database(db))


def back_up(db: sqlite3.Connection, to: Path) -> None:
    """Write all of the ledger to the file ``to``, which is whole whenever it is there."""
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        db.backup(copy)
        # One file: without this SQLite would expect a write-ahead log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
    os.replace(part, to)
