"""What can still be read of a damaged ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agilml.ledger.exchange import FactRow, Origin
from agilml.ledger.packing import unpack
from agilml.model import DamagedValue
from agilml.sync.keys import is_origin

CHUNK = 500
_UNREADABLE = (sqlite3.Error, DamagedValue, ValueError, TypeError, OverflowError, MemoryError)
_FACT = "SELECT origin, seq, time, kind, subject, body, digest FROM fact"
_TYPES = ((str,), (int,), (float,), (str,), (str,), (str, bytes), (str,))


class Wreck:
    """A ledger's file that may be damaged anywhere; it is only read, and whatever cannot be is left out."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def own(self) -> str:
        """Return the origin that the ledger wrote under; empty where that cannot be read."""
        for row in self._rows("SELECT id FROM origin WHERE own = 1"):
            if isinstance(row[0], str) and is_origin(row[0]):
                return row[0]
        return ""

    def origins(self) -> dict[str, Origin]:
        """Return the origins by id, those that only facts name without host and user."""
        found: dict[str, Origin] = {}
        for row in self._rows("SELECT id, host, user, created FROM origin"):
            if [type(value) for value in row] == [str, str, str, float] and is_origin(row[0]):
                found[row[0]] = Origin(*row)
        for (origin,) in self._rows("SELECT DISTINCT origin FROM fact"):
            if isinstance(origin, str) and is_origin(origin):
                found.setdefault(origin, Origin(origin, "", "", 0.0))
        return found

    def last(self, origin: str) -> int:
        """Return the highest number of a fact of ``origin`` that is mentioned anywhere; 0 for none."""
        rows = self._rows("SELECT max(seq) FROM fact WHERE origin = ?", origin)
        return next((row[0] for row in rows if isinstance(row[0], int)), 0)

    def facts(self, origin: str, after: int) -> Iterator[FactRow]:
        """Yield the readable facts of ``origin`` behind number ``after``, in order, with gaps."""
        purged = set(self._rows("SELECT seq, digest FROM purge WHERE origin = ?", origin))
        last = self.last(origin)
        for first in range(after + 1, last + 1, CHUNK):
            yield from self._between(origin, first, min(first + CHUNK - 1, last), purged)

    def _between(self, origin: str, first: int, last: int, purged: set[Any]) -> Iterator[FactRow]:
        where = "WHERE origin = ? AND seq BETWEEN ? AND ? ORDER BY seq"
        try:
            rows = self._db.execute(f"{_FACT} {where}", (origin, first, last)).fetchall()
        except _UNREADABLE:
            if first < last:
                # Half of it, and half of that, until only what cannot be read is left out.
                middle = (first + last) // 2
                yield from self._between(origin, first, middle, purged)
                yield from self._between(origin, middle + 1, last, purged)
            return
        for row in rows:
            if all(isinstance(value, kinds) for value, kinds in zip(row, _TYPES, strict=True)):
                whose, seq, at, kind, subject, body, digest = row
                try:
                    text = unpack(body)
                except _UNREADABLE:
                    continue
                yield FactRow(whose, seq, at, kind, subject, text, digest, (seq, digest) in purged)

    def _rows(self, sql: str, *values: str) -> Iterator[tuple[Any, ...]]:
        """Yield rows until one cannot be read."""
        try:
            yield from self._db.execute(sql, values)
        except _UNREADABLE:
            return
