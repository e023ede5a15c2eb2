"""Bytes of what was taken away, overwritten: free pages, the rest of pages, and the write-ahead log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from agilml.errors import LedgerLocked
from agilml.ledger.files import LOCK_SECONDS
from agilml.ledger.ledger import Ledger
from agilml.ledger.opening import translated


@contextmanager
def overwriting(ledger: Ledger) -> Iterator[None]:
    """Let SQLite write zeros over whatever the block deletes or replaces."""
    (before,) = ledger.db.execute("PRAGMA secure_delete").fetchone()
    ledger.db.execute("PRAGMA secure_delete = 1").fetchone()
    try:
        yield
    finally:
        ledger.db.execute(f"PRAGMA secure_delete = {int(before)}").fetchone()


def erase_free_pages(ledger: Ledger, seconds: float = LOCK_SECONDS) -> None:
    """Leave nothing in the ledger's files but its rows: pages written anew, the log emptied.

    What an earlier, ordinary change left in unused parts of pages goes too. No other process writes
    meanwhile, and readers that still look at an older state are waited for.

    Raises:
        LedgerLocked: another process held the ledger, or read in it, for ``seconds``.
    """
    with ledger.alone(seconds), translated(ledger.path):
        end = time.monotonic() + seconds
        with overwriting(ledger):
            ledger.db.execute("VACUUM")
        while not _emptied(ledger):
            if time.monotonic() >= end:
                raise LedgerLocked(
                    "another process is reading the ledger, so that its log cannot be emptied",
                    kept="everything; what was purged can still be read in ledger.db-wal",
                    next="end `agil watch` and what else reads it, then repeat the command",
                )
            time.sleep(0.05)


def _emptied(ledger: Ledger) -> bool:
    busy, _, _ = ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
