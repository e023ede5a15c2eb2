"""Reads of the notes on runs and sweeps; a ledger that an older release wrote has none."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

_CHUNK = 500


class Note(NamedTuple):
    """What was written last about a run or a sweep; ``at`` in Unix seconds."""

    text: str
    by: str
    at: float


def note(db: sqlite3.Connection, target: str) -> Note | None:
    """Return the note on a run or a sweep, by its full id, or None."""
    return notes(db, [target]).get(target)


def notes(db: sqlite3.Connection, targets: Sequence[str]) -> dict[str, Note]:
    """Return the notes on those of the given runs and sweeps that have one."""
    known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'note'").fetchone()
    found: dict[str, Note] = {}
    for at in range(0, len(targets) if known else 0, _CHUNK):
        part = targets[at : at + _CHUNK]
        rows = db.execute(
            "SELECT target, text, by, at FROM note"
            f" WHERE text != '' AND target IN ({','.join('?' * len(part))})",
            part,
        )
        found.update((str(target), Note(*rest)) for target, *rest in rows)
    return found
