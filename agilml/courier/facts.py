"""How far something has read the facts of each origin, remembered in a small file."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agilml.ledger.packing import load
from agilml.model import marked_attempt

GROUP = 200
"""Facts read at once; a reader that stays long keeps the write-ahead log from being emptied."""


class Fact(NamedTuple):
    """A fact about an attempt; ``stored`` is its body as the ledger keeps it."""

    seq: int
    time: float
    kind: str
    attempt: str
    stored: str | bytes

    @property
    def body(self) -> dict[str, Any]:
        """The body as plain JSON."""
        return load(self.stored)


class Bookmark:
    """Numbers of the last facts that were dealt with, by origin, in the file ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: dict[str, int] = {}
        self.read()

    def read(self) -> None:
        """Take over what the file says; a missing or damaged one says that nothing was dealt with."""
        try:
            found = json.loads(self._path.read_bytes())
            self._at = {str(origin): int(seq) for origin, seq in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            self._at = {}

    def of(self, origin: str) -> int:
        """Return the number of the last fact of ``origin`` that was dealt with; 0 for none."""
        return self._at.get(origin, 0)

    def move(self, origin: str, seq: int) -> None:
        """Remember that the facts of ``origin`` up to ``seq`` were dealt with."""
        self._at[origin] = seq
        write_whole(self._path, json.dumps(self._at).encode())


def own_origin(db: sqlite3.Connection) -> str:
    """Return the origin that this ledger writes under."""
    return str(db.execute("SELECT id FROM origin WHERE own = 1").fetchone()[0])


def facts_behind(
    db: sqlite3.Connection, origin: str, seq: int, kinds: Sequence[str]
) -> tuple[list[Fact], int]:
    """Return the facts of these kinds among the next ones behind ``seq``, and the last one looked at."""
    (last,) = db.execute(
        "SELECT max(seq) FROM (SELECT seq FROM fact WHERE origin = ? AND seq > ? ORDER BY seq LIMIT ?)",
        (origin, seq, GROUP),
    ).fetchone()
    if last is None:
        return [], seq
    rows = db.execute(
        "SELECT seq, time, kind, subject, body FROM fact WHERE origin = ? AND seq > ? AND seq <= ?"
        " AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq",
        (origin, seq, last, json.dumps(kinds)),
    )
    found = [
        Fact(number, at, kind, marked_attempt(subject, origin), body)
        for number, at, kind, subject, body in rows
    ]
    return found, int(last)


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file as a whole; a reader sees the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, content)
    finally:
        os.close(fd)
    os.replace(draft, path)
