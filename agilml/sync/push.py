"""This folder's facts, put into the remote: the row first, then the object, then the row again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from agilml.crashpoints import crash_point
from agilml.ledger.exchange import Exchange, FactRow, SegmentRow
from agilml.store.base import Entry, Remote
from agilml.store.errors import Exists
from agilml.sync.errors import Problem, SegmentDamaged
from agilml.sync.fetching import Fetched, fetch
from agilml.sync.heads import Head
from agilml.sync.keys import head_key, segment_key
from agilml.sync.listing import list_segments, read_head
from agilml.sync.seen import Seen
from agilml.sync.segments import Segment, cut

READ = 500
"""Facts read at once."""

Tell = Callable[[str], None]
Sent = Callable[[Sequence[FactRow]], None]
"""Called with facts before their segment is put: the blobs that they name go first."""


@dataclass(slots=True)
class Pushed:
    """What a push sent; ``renewed`` is the new origin where another folder writes under the old one."""

    facts: int = 0
    segments: int = 0
    bytes: int = 0
    renewed: str = ""
    problems: list[Problem] = field(default_factory=list)


class Diverged(Exception):
    """The remote holds other facts of this origin: after fact ``after`` somebody else wrote them."""

    def __init__(self, after: int) -> None:
        super().__init__(f"other facts behind {after}")
        self.after = after


def push(
    exchange: Exchange,
    remote: Remote,
    seen: Seen,
    head: Entry | None,
    *,
    full: bool = False,
    blobs: Sent = lambda _: None,
    busy: Callable[[], str] = lambda: "",
    tell: Tell = lambda _: None,
) -> Pushed:
    """Put the facts behind the last stored segment into the remote; repeated, it goes on where it was.

    Where the remote has other facts under this origin's name, the folder is a copy: what only this folder
    holds goes to a new origin, and nothing in the remote is overwritten.

    ``head`` is this origin's head as a listing found it; with ``full`` its segments are looked at whatever
    that says. ``blobs`` is called with facts before their segment
    is put, ``tell`` with lines for a person; ``busy`` names a sweep that runs here, if any does.

    Raises:
        RemoteUnavailable, RemoteRefused: what was stored before stays stored.
    """
    pushed = Pushed()
    while True:
        try:
            if not pushed.renewed:
                _check_own_head(exchange, remote, seen, head)
                if full:
                    _check_own_segments(exchange, remote)
            _push(exchange, remote, seen, blobs, pushed)
        except Diverged as other:
            old = exchange.own.id
            if sweep := busy():
                # Its controller goes on under the old origin; nothing is lost by waiting for it.
                what = f"another folder writes under it; this one gets a new one when {sweep} has ended"
                pushed.problems = [Problem(segment_key(old, other.after + 1), old, what)]
                return pushed
            crash_point("renew.before")
            pushed.renewed = exchange.renew(other.after)
            crash_point("renew.after")
            tell(
                f"another folder writes under this one's origin {old[:6]}: this is a copy of it, or was"
                f" restored; it goes on as {pushed.renewed[:6]}, and nothing was overwritten"
            )
        else:
            return pushed


def _push(exchange: Exchange, remote: Remote, seen: Seen, blobs: Sent, pushed: Pushed) -> None:
    own = exchange.own
    while not _put_unsent(exchange, remote, blobs, pushed):
        pass
    rows = [row for row in exchange.segments(own.id) if row.state == "stored"]
    pushed.problems = [
        Problem(segment_key(own.id, row.first), own.id, row.told)
        for row in exchange.segments(own.id)
        if row.state == "damaged"
    ]
    if rows and seen.own != [own.id, rows[-1].last]:
        _put_head(exchange, remote, seen, rows)


def _put_unsent(exchange: Exchange, remote: Remote, blobs: Sent, pushed: Pushed) -> bool:
    """Put what is not in the remote; false where a segment there was cut otherwise: what is left changed."""
    for facts in _unsent(exchange):
        blobs(facts)
        if _put(exchange, remote, facts, pushed) < facts[-1].seq:
            return False
    return True


def _unsent(exchange: Exchange) -> Iterator[list[FactRow]]:
    """Yield runs of facts to put: prepared ones as they were cut, then what is new."""
    own, last = exchange.own, 0
    for row in exchange.segments(own.id):
        if row.state == "prepared":
            yield list(exchange.facts(own.id, row.first, row.last))
        last = max(last, row.last)
    yield from cut(facts_from(exchange, own.id, last + 1))


def facts_from(
    exchange: Exchange, origin: str, first: int, last: int | None = None
) -> Iterator[FactRow]:
    """Yield facts some at a time, so that the ledger can be written between two of them.

    A query that stays open holds the state of the ledger that it began with; what was read under it could
    not be written to once another process has written.
    """
    while last is None or first <= last:
        end = first + READ - 1 if last is None else min(first + READ - 1, last)
        facts = list(exchange.facts(origin, first, end))
        yield from facts
        if not facts:
            return
        first = facts[-1].seq + 1


def segment_from(exchange: Exchange, origin: str, facts: Sequence[FactRow]) -> Segment:
    """Return the segment of ``facts``, with the digest of the fact before them."""
    who = next(item for item in (exchange.own, *exchange.origins()) if item.id == origin)
    return Segment(who, digest_of(exchange, origin, facts[0].seq - 1), facts)


def digest_of(exchange: Exchange, origin: str, seq: int) -> str:
    """Return the digest of one fact; empty where the ledger does not hold it."""
    found = list(exchange.facts(origin, seq, seq)) if seq > 0 else []
    return found[0].digest if found else ""


def _put(exchange: Exchange, remote: Remote, facts: list[FactRow], pushed: Pushed) -> int:
    """Put one segment; return the last fact that is in the remote, or known to be damaged there."""
    segment = segment_from(exchange, exchange.own.id, facts)
    data = segment.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    row = SegmentRow(
        segment.origin.id, segment.first, segment.last, sha256, len(data), "prepared", ""
    )
    exchange.record(row)
    crash_point("push.prepared")
    try:
        remote.put_new(segment_key(row.origin, row.first), data, sha256)
    except Exists:
        row = _compare(exchange, remote, row)
    crash_point("push.put")
    if row.state == "damaged":
        exchange.record(row)
        return row.last
    exchange.record(row._replace(state="stored"))
    crash_point("push.stored")
    pushed.facts += row.last - row.first + 1
    pushed.segments += 1
    pushed.bytes += row.size
    return row.last


def _compare(exchange: Exchange, remote: Remote, row: SegmentRow) -> SegmentRow:
    """Return what the taken key holds of our own facts.

    Raises:
        Diverged: it holds facts that are not ours.
    """
    key = segment_key(row.origin, row.first)
    entry = Entry(key, 0, 0.0)
    found = fetch(remote, row.origin, row.first, entry)
    if isinstance(found, Problem):
        return row._replace(state="damaged", told=found.what)
    agreed = _agreed(exchange, found)
    if agreed < found.segment.last:
        raise Diverged(agreed)
    return row._replace(last=agreed, sha256=found.sha256, size=found.size)


def _agreed(exchange: Exchange, found: Fetched) -> int:
    """Return the last fact up to which a segment in the remote holds the same as the ledger."""
    segment = found.segment
    ours = exchange.facts(segment.origin.id, segment.first, segment.last)
    agreed = segment.first - 1
    for theirs, mine in zip(segment.facts, ours, strict=False):
        if theirs.digest != mine.digest:
            break
        agreed = mine.seq
    return agreed


def _check_own_head(exchange: Exchange, remote: Remote, seen: Seen, entry: Entry | None) -> None:
    """Look at this origin's head in the remote, if it is not the one that this folder wrote.

    Raises:
        Diverged: it names facts that are not ours.
    """
    own = exchange.own.id
    if entry is None:
        # Never written, or removed: it is written (again) behind the segments.
        seen.own = []
        return
    if seen.unchanged(own, entry.tag):
        return
    try:
        head = read_head(remote, own, entry)
    except SegmentDamaged:
        seen.own = []
        return
    if digest_of(exchange, own, head.last) == head.digest:
        seen.heads[own] = [entry.tag, head.last]
        seen.own = [own, head.last]
        return
    _check_own_segments(exchange, remote)
    # The head lies, or is that of facts which no segment holds: ours replaces it.
    seen.own = []


def _check_own_segments(exchange: Exchange, remote: Remote) -> None:
    """Look at the segments of this origin behind the last one that this folder stored.

    Raises:
        Diverged: one of them holds facts that are not ours.
    """
    own = exchange.own.id
    stored = [row.last for row in exchange.segments(own) if row.state == "stored"]
    agreed = max(stored, default=0)
    for first, entry in list_segments(remote, own, agreed, []):
        found = fetch(remote, own, first, entry)
        if isinstance(found, Problem):
            return
        if first == agreed + 1:
            agreed = _agreed(exchange, found)
        if agreed < found.segment.last:
            raise Diverged(agreed)


def _put_head(exchange: Exchange, remote: Remote, seen: Seen, rows: Sequence[SegmentRow]) -> None:
    own, last = exchange.own, rows[-1].last
    head = Head(own, last, digest_of(exchange, own.id, last), len(rows))
    data = head.encode()
    remote.put(head_key(own.id), data, hashlib.sha256(data).hexdigest())
    crash_point("push.head")
    seen.own = [own.id, last]
