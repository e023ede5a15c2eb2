"""Facts of one origin: numbered without gaps, each with the digest of its predecessor."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from agilml.errors import LedgerDamaged
from agilml.events import Event, MetricsLogged
from agilml.ledger.encoding import encode
from agilml.ledger.folding import Folding
from agilml.ledger.packing import pack, unpack
from agilml.ledger.parts import Who
from agilml.model import DamagedValue

HELD = 1_000
"""Facts that a transaction holds back at most before it writes them in one go."""


def chain(
    previous: str, origin: str, seq: int, at: float, kind: str, subject: str, body: str
) -> str:
    """Return the digest of a fact: sha256 over its predecessor's digest and its own fields."""
    text = "\n".join((previous, origin, str(seq), repr(at), kind, subject, body))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Transaction:
    """Appends facts and folds them into the tables, inside a transaction that its owner commits.

    Facts are held back and written many at a time. Whoever reads through :attr:`db` sees all of them.
    """

    def __init__(self, db: sqlite3.Connection, origin: str) -> None:
        self.origin = origin
        self._db = db
        self._held: list[tuple[str, int, float, str, str, str | bytes, str]] = []
        self._folding = Folding(db, Who(origin, own=True))
        self._over = False
        row = db.execute(
            "SELECT seq, digest FROM fact WHERE origin = ? ORDER BY seq DESC LIMIT 1", (origin,)
        ).fetchone()
        self._seq, self._digest = (int(row[0]), str(row[1])) if row else (0, "")

    @property
    def db(self) -> sqlite3.Connection:
        """The connection, with everything appended so far in its tables."""
        self.flush()
        return self._db

    @property
    def next_seq(self) -> int:
        """Number that the next fact will get."""
        return self._seq + 1

    def append(self, event: Event, at: float | None = None) -> int:
        """Record ``event``, that happened now or ``at`` (Unix seconds); return its number in this origin.

        Raises:
            RuntimeError: the transaction is over.
        """
        if self._over:
            raise RuntimeError("a transaction that is over records nothing")
        if len(self._held) >= HELD or not self._folding.takes(event):
            self.flush()
        seq, kind, subject = self._seq + 1, event.kind, event.subject
        at = time.time() if at is None else at
        body = event.body()
        text = encode(body)
        digest = chain(self._digest, self.origin, seq, at, kind, subject, text)
        packed = pack(text, body) if kind == MetricsLogged.kind else text
        self._held.append((self.origin, seq, at, kind, subject, packed, digest))
        self._seq, self._digest = seq, digest
        self._folding.add(event, at)
        return seq

    def end(self) -> None:
        """Take nothing more; called by the owner when it has committed or given up."""
        self._over = True

    def flush(self) -> None:
        """Write what is held back; called by the owner before it commits."""
        if self._held:
            held, self._held = self._held, []
            self._db.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)", held)
            self._folding.flush()


def verify_chain(db: sqlite3.Connection, origin: str) -> int:
    """Return the number of facts of ``origin`` after checking every digest.

    Raises:
        LedgerDamaged: a fact is missing, reordered or altered; the message names its number.
    """
    previous, expected = "", 1
    purged = purges(db, origin)
    rows = db.execute(
        "SELECT seq, time, kind, subject, body, digest FROM fact WHERE origin = ? ORDER BY seq",
        (origin,),
    )
    for seq, at, kind, subject, body, digest in _read(rows, origin):
        text = unpack(body)
        sound = (
            purged[seq][digest] == text
            if digest in purged.get(seq, ())
            else digest == chain(previous, origin, seq, at, kind, subject, text)
        )
        if seq != expected or not sound:
            raise LedgerDamaged(
                f"fact {expected} of origin {origin} is missing or altered",
                kept=f"{expected - 1:,} facts before it are intact",
                next="agil doctor",
            )
        previous, expected = digest, expected + 1
    return expected - 1


def purges(db: sqlite3.Connection, origin: str) -> dict[int, dict[str, str]]:
    """Return the present bodies of the facts of ``origin`` that were purged, by number and digest.

    A folder that was copied may have purged a fact of its own that had the number of another one.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'purge'").fetchone():
        return {}
    rows = db.execute("SELECT seq, digest, body FROM purge WHERE origin = ?", (origin,))
    found: dict[int, dict[str, str]] = {}
    for seq, digest, body in rows:
        found.setdefault(int(seq), {})[str(digest)] = str(body)
    return found


def _read(rows: sqlite3.Cursor, origin: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from rows
    except (sqlite3.DatabaseError, DamagedValue) as error:
        raise LedgerDamaged(
            f"the facts of origin {origin} cannot be read: {error}",
            kept="the file is unchanged",
            next="agil doctor",
        ) from error
