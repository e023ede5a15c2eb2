"""The other origins' facts, taken into the ledger in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from agilml.crashpoints import crash_point
from agilml.errors import LedgerDamaged
from agilml.ledger.exchange import Exchange, SegmentRow
from agilml.store.base import Entry, Remote
from agilml.store.errors import RemoteError
from agilml.sync.errors import Problem, SegmentDamaged
from agilml.sync.fetching import Fetched, fetch_all
from agilml.sync.heads import Head
from agilml.sync.keys import head_key, segment_key
from agilml.sync.listing import list_segments, read_head
from agilml.sync.seen import Seen

GROUP = 2_000
"""Facts from which those of several segments are taken together."""

CHUNK = 1_000
"""Facts in a transaction at most: a controller here waits for it, a fraction of a second."""


@dataclass(slots=True)
class Pulled:
    """What a pull brought: facts, segments and bytes, the origins they are of, and what was wrong."""

    facts: int = 0
    segments: int = 0
    bytes: int = 0
    origins: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def pull(
    exchange: Exchange,
    remote: Remote,
    seen: Seen,
    found: Mapping[str, Entry | None],
    *,
    full: bool = False,
) -> Pulled:
    """Take what is new of each origin in ``found``; damage stops its own origin and no other.

    ``found`` holds the heads that a listing found, by origin; None for an origin without one. With ``full``
    every origin's segments are looked at, whatever its head says.

    Raises:
        RemoteUnavailable, RemoteRefused: what was taken before stays taken.
    """
    pulled = Pulled()
    for origin, entry in sorted(found.items()):
        if full or entry is None or not seen.unchanged(origin, entry.tag):
            _Origin(exchange, remote, seen, origin, pulled).pull(entry)
    return pulled


class _Origin:
    """One origin's part of a pull."""

    def __init__(
        self, exchange: Exchange, remote: Remote, seen: Seen, origin: str, pulled: Pulled
    ) -> None:
        self._exchange = exchange
        self._remote = remote
        self._seen = seen
        self._id = origin
        self._pulled = pulled
        self._state = "stored" if origin == exchange.own.id else "taken"
        self._last, self._digest = exchange.head(origin)
        self._problems: list[Problem] = []

    def pull(self, entry: Entry | None) -> None:
        """Take everything behind the last fact known, and say what is missing or damaged."""
        before = self._last
        head = self._read_head(entry)
        self._check_not_shorter(head)
        # Listed even when the head names nothing new: it is a hint, and may be behind.
        listed = list_segments(self._remote, self._id, self._boundary(), self._problems)
        with closing(fetch_all(self._remote, self._id, self._unknown(listed))) as fetched:
            self._take(fetched)
        self._check_reached(head)
        if self._last > before:
            self._pulled.origins.append(self._id)
        self._pulled.problems += self._problems
        if head is not None and entry is not None and not self._problems:
            self._seen.heads[self._id] = [entry.tag, head.last]

    def _boundary(self) -> int:
        """Return the last known fact that ends a segment; what is known may end in the middle of one."""
        rows = self._exchange.segments(self._id)
        ends = (row.last for row in rows if row.state in ("stored", "taken"))
        return max((last for last in ends if last <= self._last), default=0)

    def _unknown(self, listed: Iterator[tuple[int, Entry]]) -> Iterator[tuple[int, Entry]]:
        """Yield the segments that may hold an unknown fact: those whose successor begins behind one."""
        held: tuple[int, Entry] | None = None
        for item in listed:
            if held is not None and item[0] > self._last + 1:
                yield held
            held = item
        if held is not None:
            yield held

    def _read_head(self, entry: Entry | None) -> Head | None:
        if entry is None:
            if self._id in self._seen.heads:
                self._problems.append(Problem(head_key(self._id), self._id, "it is missing"))
            return None
        try:
            return read_head(self._remote, self._id, entry)
        except SegmentDamaged as error:
            self._problems.append(Problem(entry.key, self._id, error.cause))
            return None

    def _check_not_shorter(self, head: Head | None) -> None:
        before = self._seen.last_of(self._id)
        if head is not None and head.last < before:
            what = f"it names fact {head.last:,} as the last, and named {before:,} before"
            self._problems.append(Problem(head_key(self._id), self._id, what))

    def _check_reached(self, head: Head | None) -> None:
        if head is None:
            return
        if head.last > self._last and not self._problems:
            key = segment_key(self._id, self._last + 1)
            what = f"it is missing: the head names facts up to {head.last:,}"
            self._damaged(key, self._last + 1, what)
        elif head.last == self._last and head.digest != self._digest:
            what = f"it names another fact {head.last:,} than the segments hold"
            self._problems.append(Problem(head_key(self._id), self._id, what))

    def _take(self, fetched: Iterator[tuple[Entry, Fetched | Problem]]) -> None:
        """Take segments while each follows from the one before."""
        group: list[Fetched] = []
        try:
            for entry, found in fetched:
                last, digest = self._reached(group)
                if isinstance(found, Fetched) and found.segment.last <= last:
                    continue
                problem = self._wrong(entry, found, last, digest)
                if problem is not None:
                    if self._commit(group):
                        self._damaged(problem.key, last + 1, problem.what)
                    return
                assert isinstance(found, Fetched)
                group.append(found)
                if found.segment.last - self._last >= GROUP:
                    if not self._commit(group):
                        return
                    group = []
        except RemoteError:
            # What has arrived need not be fetched again.
            self._commit(group)
            raise
        self._commit(group)

    def _reached(self, group: list[Fetched]) -> tuple[int, str]:
        """Return the last fact, and its digest, once ``group`` is taken."""
        return (
            (group[-1].segment.last, group[-1].segment.after)
            if group
            else (self._last, self._digest)
        )

    def _wrong(
        self, entry: Entry, found: Fetched | Problem, last: int, digest: str
    ) -> Problem | None:
        """Return what keeps a segment with unknown facts from following fact ``last``, if anything does."""
        if isinstance(found, Problem):
            return found
        segment = found.segment
        if segment.first > last + 1:
            key = segment_key(self._id, last + 1)
            return Problem(key, self._id, f"it is missing: {entry.key} follows")
        at = last - segment.first
        known = segment.before if at < 0 else segment.facts[at].digest
        if known != digest:
            return Problem(entry.key, self._id, f"it does not follow from fact {last:,}")
        return None

    def _commit(self, group: list[Fetched]) -> bool:
        """Take the segments in one transaction, or one after the other until the one that is not taken."""
        if not group:
            return True
        try:
            self._take_facts(group)
        except LedgerDamaged as error:
            if len(group) > 1:
                return all(self._commit([item]) for item in group)
            segment = group[0].segment
            self._damaged(segment_key(self._id, segment.first), segment.first, error.cause)
            return False
        return True

    def _take_facts(self, group: list[Fetched]) -> None:
        facts = [fact for item in group for fact in item.segment.facts if fact.seq > self._last]
        for at in range(0, len(facts), CHUNK):
            part = facts[at : at + CHUNK]
            self._pulled.facts += self._exchange.take(group[-1].segment.origin, part)
            self._last, self._digest = part[-1].seq, part[-1].digest
            crash_point("pull.taken")
        for item in group:
            segment = item.segment
            self._exchange.record(
                SegmentRow(
                    self._id, segment.first, segment.last, item.sha256, item.size, self._state
                )
            )
            self._pulled.segments += 1
            self._pulled.bytes += item.size
        crash_point("pull.recorded")

    def _damaged(self, key: str, first: int, what: str) -> None:
        """Name what stops this origin, for this command and for `agil sync status`."""
        self._problems.append(Problem(key, self._id, what))
        self._exchange.record(SegmentRow(self._id, first, first, "", 0, "damaged", what))
