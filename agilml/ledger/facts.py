"""Facts of one origin: numbered without gaps, each with the digest of its predecessor."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from agilml.errors import LedgerDamaged
from agilml.events import Event
from agilml.ledger.tables import apply


def encode(body: dict[str, Any]) -> str:
    """Return the JSON text of a fact's body; ASCII, so that lone surrogates survive SQLite."""
    return json.dumps(body, separators=(",", ":"), allow_nan=False)


def chain(
    previous: str, origin: str, seq: int, at: float, kind: str, subject: str, body: str
) -> str:
    """Return the digest of a fact: sha256 over its predecessor's digest and its own fields."""
    text = "\n".join((previous, origin, str(seq), repr(at), kind, subject, body))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Transaction:
    """Appends facts and folds them into the tables, inside a transaction that its owner commits."""

    def __init__(self, db: sqlite3.Connection, origin: str) -> None:
        self.db = db
        self.origin = origin
        row = db.execute(
            "SELECT seq, digest FROM fact WHERE origin = ? ORDER BY seq DESC LIMIT 1", (origin,)
        ).fetchone()
        self._seq, self._digest = (int(row[0]), str(row[1])) if row else (0, "")

    @property
    def next_seq(self) -> int:
        """Number that the next fact will get."""
        return self._seq + 1

    def append(self, event: Event) -> int:
        """Record ``event``; return its number in this origin."""
        seq, at = self._seq + 1, time.time()
        body = encode(event.body())
        subject = event.subject
        digest = chain(self._digest, self.origin, seq, at, event.kind, subject, body)
        self.db.execute(
            "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.origin, seq, at, event.kind, subject, body, digest),
        )
        apply(self.db, event, at)
        self._seq, self._digest = seq, digest
        return seq


def verify_chain(db: sqlite3.Connection, origin: str) -> int:
    """Return the number of facts of ``origin`` after checking every digest.

    Raises:
        LedgerDamaged: a fact is missing, reordered or altered; the message names its number.
    """
    previous, expected = "", 1
    rows = db.execute(
        "SELECT seq, time, kind, subject, body, digest FROM fact WHERE origin = ? ORDER BY seq",
        (origin,),
    )
    for seq, at, kind, subject, body, digest in _read(rows, origin):
        if seq != expected or digest != chain(previous, origin, seq, at, kind, subject, body):
            raise LedgerDamaged(
                f"fact {expected} of origin {origin} is missing or altered",
                kept=f"{expected - 1:,} facts before it are intact",
                next="agil doctor",
            )
        previous, expected = digest, expected + 1
    return expected - 1


def _read(rows: sqlite3.Cursor, origin: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from rows
    except sqlite3.DatabaseError as error:
        raise LedgerDamaged(
            f"the facts of origin {origin} cannot be read: {error}",
            kept="the file is unchanged",
            next="agil doctor",
        ) from error
