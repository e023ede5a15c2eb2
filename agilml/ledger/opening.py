"""From a path to a ledger that may be written: version, migration, pragmas, and SQLite's errors as ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agilml.errors import LedgerError, LedgerFromFuture
from agilml.ledger import packing, schema
from agilml.ledger.damage import UNREADABLE, damaged
from agilml.ledger.files import LOCK_SECONDS, LockFile, locked

CACHE_KIB = 16 << 10
"""Memory for pages of the ledger; the indexes of a hundred thousand trials fit."""


def connect(path: Path) -> tuple[sqlite3.Connection, LockFile]:
    """Return a connection to the ledger at ``path``, created or migrated where needed, and its lock.

    Raises:
        LedgerError: the folder cannot be written.
        LedgerLocked: another process holds it for longer than 30 seconds.
        LedgerDamaged: the file is not a sound SQLite database.
        LedgerFromFuture: a newer AgilML wrote it.
    """
    try:
        lock = LockFile(path)
        db = sqlite3.connect(path, isolation_level=None, timeout=LOCK_SECONDS)
    except (OSError, sqlite3.OperationalError) as error:
        raise unwritable(path, error) from error
    try:
        os.chmod(path, 0o600)
        _prepare(db, path, lock)
    except BaseException:
        db.close()
        lock.close()
        raise
    return db, lock


def check_version(db: sqlite3.Connection) -> int:
    """Return the ledger's schema version unless it is newer than ours, be it since a moment ago."""
    found = schema.version(db)
    if found > schema.VERSION:
        raise LedgerFromFuture(
            f"the ledger was written by a newer AgilML (schema {found}, this one knows {schema.VERSION})",
            kept="the ledger is unchanged and can be read",
            next="pip install --upgrade agilml",
        )
    return found


def own_origin(db: sqlite3.Connection) -> str:
    """Return the origin that this ledger writes under; empty in a file that has none."""
    row = db.execute("SELECT id FROM origin WHERE own = 1").fetchone()
    return str(row[0]) if row else ""


def _prepare(db: sqlite3.Connection, path: Path, lock: LockFile) -> None:
    with translated(path):
        found = check_version(db)
        db.execute("PRAGMA synchronous = FULL")
        packing.register(db)
        if found < schema.VERSION:
            with lock.exclusive():
                db.execute("PRAGMA journal_mode = WAL")
                _migrate(db, path)
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        db.execute("PRAGMA mmap_size = 0")


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the ledger up to date, once what an older AgilML can read is kept beside it."""
    found = schema.version(db)
    if found == schema.VERSION:
        return
    if found > 0:
        try:
            schema.back_up(db, Path(f"{path}.v{found}"))
        except OSError as error:
            raise unwritable(path, error) from error
    schema.migrate(db)


def unwritable(path: Path, error: Exception) -> LedgerError:
    """Return the error that says why the ledger cannot be written."""
    return LedgerError(
        f"the ledger {path} cannot be opened: {error}",
        kept="nothing was written",
        next=f"check that {path.parent} exists and is yours to write",
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, which name the file and say what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise locked(path) from error
        if "readonly" in text or "unable to open" in text:
            raise unwritable(path, error) from error
        if "decode" in text or "malformed" in text:
            raise damaged(path, error) from error
        if "full" in text or "disk I/O" in text:
            raise LedgerError(
                f"the disk of {path.parent} is full or failing: {error}",
                kept="all that was recorded before",
                next=f"df -h {path.parent}",
            ) from error
        raise
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        # A value that does not fit is our mistake; the file is sound.
        raise
    except (sqlite3.DatabaseError, *UNREADABLE) as error:
        raise damaged(path, error) from error
