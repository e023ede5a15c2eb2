"""Segments put back that are damaged or missing in the remote, by anybody whose ledger holds their facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from agilml.crashpoints import crash_point
from agilml.ledger.exchange import Exchange, FactRow, SegmentRow
from agilml.store.base import Entry, Remote
from agilml.store.digests import sha256_of
from agilml.store.errors import Exists
from agilml.sync.errors import Problem, SegmentDamaged
from agilml.sync.fetching import Fetched, fetch_all
from agilml.sync.heads import Head
from agilml.sync.keys import head_key, segment_key
from agilml.sync.listing import list_heads, list_origins, list_segments, read_head
from agilml.sync.push import digest_of, facts_from, segment_from
from agilml.sync.segments import cut

Tell = Callable[[str], None]


@dataclass(slots=True)
class Repaired:
    """Segments and blobs looked at, keys of the objects put back, and what cannot be put right here."""

    checked: int = 0
    blobs: int = 0
    put_back: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def repair(exchange: Exchange, remote: Remote, *, tell: Tell = lambda _: None) -> Repaired:
    """Read every segment in the remote; put back what is damaged or missing and wholly held here.

    An object is overwritten only where its bytes are proven to be no segment. One that is sound and says
    something else than this ledger is left alone and named.

    Raises:
        RemoteUnavailable, RemoteRefused: what was put back before stays so; the call can be repeated.
    """
    repaired = Repaired()
    heads, foreign = list_heads(remote)
    repaired.problems += foreign
    for origin in sorted(
        {item.id for item in exchange.origins()} | list_origins(remote) | set(heads)
    ):
        _Origin(exchange, remote, origin, repaired, tell).repair(heads.get(origin))
    return repaired


class _Origin:
    """The repair of one origin's segments."""

    def __init__(
        self, exchange: Exchange, remote: Remote, origin: str, repaired: Repaired, tell: Tell
    ) -> None:
        self._exchange = exchange
        self._remote = remote
        self._id = origin
        self._repaired = repaired
        self._tell = tell
        self._known = exchange.head(origin)[0]
        self._rows = {
            row.first: row
            for row in exchange.segments(origin)
            if row.state in ("stored", "taken") and row.last <= self._known
        }
        self._last, self._digest = 0, ""

    def repair(self, entry: Entry | None) -> None:
        listed = list(list_segments(self._remote, self._id, 0, self._repaired.problems))
        ends = [first - 1 for first, _ in listed[1:]]
        fetched = fetch_all(self._remote, self._id, listed)
        for (first, _), (item, found), end in zip(listed, fetched, [*ends, None], strict=False):
            self._repaired.checked += 1
            if first > self._last + 1:
                self._put(self._last + 1, first - 1, "it is missing")
            if isinstance(found, Problem):
                self._put(first, end or self._end_of(first), found.what, over=item.key)
            else:
                self._check(item, found)
        tail = max((row.last for row in self._rows.values()), default=0)
        if tail > self._last:
            self._put(self._last + 1, tail, "it is missing")
        self._head(entry)

    def _end_of(self, first: int) -> int:
        """Return the last fact of the last segment, which no successor tells."""
        row = self._rows.get(first)
        return row.last if row else self._known

    def _check(self, entry: Entry, found: Fetched) -> None:
        """Go on behind a sound segment, unless it contradicts what this ledger holds."""
        segment = found.segment
        if segment.last <= self._last:
            return
        at = min(segment.last, self._known)
        ours = digest_of(self._exchange, self._id, at) if at >= segment.first else ""
        if ours and ours != segment.facts[at - segment.first].digest:
            what = "it is sound and holds other facts than this ledger"
            self._repaired.problems.append(Problem(entry.key, self._id, what))
            return
        self._last, self._digest = segment.last, segment.after

    def _put(self, first: int, last: int, what: str, over: str = "") -> None:
        """Put the facts back if this ledger holds them all; name what is wrong otherwise."""
        key = segment_key(self._id, first)
        if last > self._known or last < first:
            self._repaired.problems.append(Problem(key, self._id, what))
            return
        for facts in self._runs(first, last):
            at = segment_key(self._id, facts[0].seq)
            segment = segment_from(self._exchange, self._id, facts)
            data = segment.encode()
            sha256 = sha256_of(data)
            try:
                if at == over:
                    self._remote.put(at, data, sha256)
                else:
                    self._remote.put_new(at, data, sha256)
            except Exists:
                # Somebody else has repaired it at the same moment.
                continue
            crash_point("repair.put")
            state = "stored" if self._id == self._exchange.own.id else "taken"
            self._exchange.record(
                SegmentRow(self._id, segment.first, segment.last, sha256, len(data), state, "")
            )
            self._repaired.put_back.append(at)
            self._tell(f"put back {at}: {what}")
        self._last, self._digest = last, digest_of(self._exchange, self._id, last)

    def _runs(self, first: int, last: int) -> Iterator[list[FactRow]]:
        """Yield the facts as they were cut before where that is known, or as they would be cut now."""
        starts = [at for at in sorted(self._rows) if first < at <= last]
        for begin, behind in pairwise([first, *starts, last + 1]):
            yield from cut(facts_from(self._exchange, self._id, begin, behind - 1))

    def _head(self, entry: Entry | None) -> None:
        """Put a head back that is no head, or that names less or other than the segments hold."""
        try:
            head = read_head(self._remote, self._id, entry) if entry else None
            what = "it is missing"
        except SegmentDamaged as error:
            head, what = None, error.cause
        if head is not None and (head.last > self._last or head.digest == self._digest):
            if head.last > self._last:
                key = segment_key(self._id, self._last + 1)
                said = f"it is missing: the head names facts up to {head.last:,}"
                self._repaired.problems.append(Problem(key, self._id, said))
            return
        who = next((item for item in self._exchange.origins() if item.id == self._id), None)
        if who is None or not self._last or self._last > self._known:
            return
        segments = sum(1 for _ in list_segments(self._remote, self._id, 0, []))
        data = Head(who, self._last, self._digest, segments).encode()
        self._remote.put(head_key(self._id), data, sha256_of(data))
        self._repaired.put_back.append(head_key(self._id))
        self._tell(f"put back {head_key(self._id)}: {what}")
