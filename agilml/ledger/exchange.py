"""Facts that go out to other ledgers, and facts of other origins that come in."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agilml import events as e
from agilml.crashpoints import crash_point
from agilml.errors import LedgerDamaged
from agilml.ledger.facts import Transaction, chain, purges
from agilml.ledger.folding import Folding
from agilml.ledger.ledger import Ledger
from agilml.ledger.packing import pack, unpack
from agilml.ledger.parts import Who
from agilml.ledger.refold import UNPROVEN, event_from, fold, fold_again
from agilml.ledger.renewal import renew_origin
from agilml.ledger.takeover import take_points_anew
from agilml.ledger.vetting import vet
from agilml.model import DamagedValue

_UNFOLDABLE = (
    *(TypeError, KeyError, ValueError, AttributeError, IndexError, OverflowError, RecursionError),
    *(sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError),
    DamagedValue,
)
"""What folding a fact raises whose body says nothing that a ledger could have written."""


_POINTS = (e.AttemptLeased, e.AttemptResumed, e.MetricsLogged)
"""Facts of an attempt after which those that go on from it may have other points."""

_SAME = "origin = ? AND seq = ? AND digest = ?"


class FactRow(NamedTuple):
    """One fact; ``body`` is its JSON text, ``purged`` whether what it said was taken away on purpose."""

    origin: str
    seq: int
    time: float
    kind: str
    subject: str
    body: str
    digest: str
    purged: bool = False


class Origin(NamedTuple):
    """One writer of facts; ``created`` in Unix seconds."""

    id: str
    host: str
    user: str
    created: float


class SegmentRow(NamedTuple):
    """A segment of facts in the remote: ``prepared``, ``stored``, ``taken`` or ``damaged`` (``told`` how)."""

    origin: str
    first: int
    last: int
    sha256: str
    size: int
    state: str
    told: str = ""


class Exchange:
    """One ledger's side of sync.

    Attributes:
        purged: whether a fact that was taken in took away what others say: their bytes are to be erased.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.purged = False

    @property
    def own(self) -> Origin:
        """The origin that this ledger writes under."""
        row = self._ledger.db.execute(
            "SELECT id, host, user, created FROM origin WHERE own = 1"
        ).fetchone()
        return Origin(*row)

    def origins(self) -> list[Origin]:
        """Return every origin that the ledger knows, the own one first."""
        rows = self._ledger.db.execute(
            "SELECT id, host, user, created FROM origin ORDER BY own DESC, created, id"
        )
        return [Origin(*row) for row in rows]

    def head(self, origin: str) -> tuple[int, str]:
        """Return number and digest of the origin's last fact; ``(0, "")`` where there is none."""
        row = self._ledger.db.execute(
            "SELECT seq, digest FROM fact WHERE origin = ? ORDER BY seq DESC LIMIT 1", (origin,)
        ).fetchone()
        return (int(row[0]), str(row[1])) if row else (0, "")

    def facts(self, origin: str, first: int = 1, last: int | None = None) -> Iterator[FactRow]:
        """Yield the facts of ``origin`` from number ``first`` on, up to ``last`` where given."""
        purged = purges(self._ledger.db, origin)
        rows = self._ledger.db.execute(
            "SELECT origin, seq, time, kind, subject, body, digest FROM fact"
            " WHERE origin = ? AND seq >= ? AND seq <= ? ORDER BY seq",
            (origin, first, 1 << 62 if last is None else last),
        )
        for whose, seq, at, kind, subject, body, digest in rows:
            yield FactRow(
                whose, seq, at, kind, subject, unpack(body), digest, digest in purged.get(seq, ())
            )

    def take(self, origin: Origin, facts: Sequence[FactRow]) -> int:
        """Take in consecutive facts of ``origin``; return how many were new.

        All or none, in one transaction: each fact follows the one before it by its digest, is stored, and
        is folded into the tables. Facts that are here already change nothing.

        Raises:
            LedgerDamaged: a fact is missing, altered, or says what no ledger could have written.
        """
        crash_point("take.before")
        with self._ledger.transaction() as tx:
            new = self._new(origin.id, facts)
            if new:
                tx.db.execute(
                    "INSERT OR IGNORE INTO origin VALUES (?, ?, ?, ?, 0)",
                    (origin.id, origin.host, origin.user, origin.created),
                )
                self._insert(tx, origin.id, new)
        self.purged |= any(fact.kind == e.FactsPurged.kind for fact in new)
        crash_point("take.committed")
        return len(new)

    def segments(self, origin: str | None = None) -> list[SegmentRow]:
        """Return what is known of segments in the remote, of ``origin`` where given, in order."""
        where, values = ("WHERE origin = ?", (origin,)) if origin is not None else ("", ())
        rows = self._ledger.db.execute(
            f"SELECT origin, first, last, sha256, size, state, told FROM segment {where}"
            " ORDER BY origin, first",
            values,
        )
        return [SegmentRow(*row) for row in rows]

    def record(self, segment: SegmentRow) -> None:
        """Note how a segment stands; durable when it returns."""
        with self._ledger.transaction() as tx:
            tx.db.execute(
                "INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*segment, time.time()),
            )

    def renew(self, after: int) -> str:
        """Move own facts behind number ``after`` to a new origin, and return its id.

        For a copied folder: up to ``after`` both copies say the same, and the origin stays the other's.
        """
        return renew_origin(self._ledger, after)

    def _new(self, origin: str, facts: Sequence[FactRow]) -> list[FactRow]:
        """Return the facts behind the last known one, each checked against the one before."""
        seq, digest = self.head(origin)
        new: list[FactRow] = []
        for fact in facts:
            if fact.origin != origin:
                raise _damaged(origin, fact.seq, f"claims to be of origin {fact.origin[:12]}")
            if fact.seq <= seq and not new:
                continue
            if fact.seq != seq + 1:
                raise _damaged(origin, seq + 1, "is missing")
            # Of several who purged a fact, the first is believed, whoever wrote what is taken in now.
            if not fact.purged and fact.digest != chain(digest, *fact[:6]):
                raise _damaged(origin, fact.seq, "was altered")
            new.append(fact)
            seq, digest = fact.seq, fact.digest
        return new

    def _insert(self, tx: Transaction, origin: str, new: Sequence[FactRow]) -> None:
        db = tx.db
        own = self._ledger.origin
        purged = purges(db, origin)
        folding = Folding(db, Who(origin, own=origin == own))
        again, touched = False, set()
        for fact in new:
            body = fact.body
            if fact.digest in purged.get(fact.seq, ()):
                body = purged[fact.seq][fact.digest]
            elif fact.purged:
                db.execute(
                    "INSERT OR IGNORE INTO purge VALUES (?, ?, ?, ?, '', '', ?)",
                    (origin, fact.seq, fact.digest, body, UNPROVEN),
                )
            try:
                event = event_from(fact.kind, body, origin, own)
                if event is not None and origin != own:
                    vet(event, origin)
                stored = pack(body) if fact.kind == e.MetricsLogged.kind else body
                db.execute(
                    "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*fact[:5], stored, fact.digest),
                )
                if isinstance(event, e.FactsPurged):
                    again |= _takes_away(db, event)
                elif isinstance(event, _POINTS):
                    touched.add(event.attempt)
                fold(folding, event, fact.time)
            except _UNFOLDABLE as error:
                raise _damaged(origin, fact.seq, f"makes no sense: {error}") from error
        try:
            folding.flush()
        except _UNFOLDABLE as error:
            raise _damaged(origin, new[0].seq, f"or a later one makes no sense: {error}") from error
        if again:
            fold_again(db)
        elif touched:
            take_points_anew(db, touched)


def _takes_away(db: sqlite3.Connection, event: e.FactsPurged) -> bool:
    """Whether the purge changes what a fact that is here says: the tables hold its words."""
    found = (
        (body, db.execute(f"SELECT body FROM fact WHERE {_SAME}", (origin, seq, digest)).fetchone())
        for origin, seq, digest, body in event.facts
    )
    return any(row is not None and unpack(row[0]) != body for body, row in found)


def _damaged(origin: str, seq: int, what: str) -> LedgerDamaged:
    return LedgerDamaged(
        f"fact {seq} of origin {origin[:12]} {what}",
        kept=f"the {seq - 1:,} facts before it, and those of all other origins",
        next="agil sync status",
    )
