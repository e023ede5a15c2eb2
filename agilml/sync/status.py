"""What is behind: facts not sent yet, other origins' facts not taken yet, and what is damaged."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from agilml.ledger.exchange import Exchange, SegmentRow
from agilml.store.base import Entry, Remote
from agilml.store.errors import RemoteError
from agilml.sync.errors import Problem, SegmentDamaged
from agilml.sync.keys import segment_key
from agilml.sync.listing import list_heads, read_head
from agilml.sync.seen import Seen


@dataclass(frozen=True, slots=True)
class OriginStatus:
    """One origin, as far as it is known here.

    Attributes:
        facts: facts in this ledger.
        behind: facts that its head names and this ledger does not hold; None when nobody could be asked.
        last: when its last known fact was recorded, in seconds since the epoch by its own clock.
    """

    id: str
    host: str
    user: str
    own: bool
    facts: int
    behind: int | None
    last: float | None


@dataclass(slots=True)
class Status:
    """How ledger and remote stand to each other.

    Attributes:
        unreachable: why the remote could not be asked, or an empty string.
        unsent: own facts that are in no stored segment.
        damaged: what the last pulls and pushes found, and what is wrong with the heads now.
    """

    address: str
    unreachable: str = ""
    unsent: int = 0
    origins: list[OriginStatus] = field(default_factory=list)
    damaged: list[Problem] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "remote": self.address,
            "reachable": not self.unreachable,
            "unreachable": self.unreachable or None,
            "unsent": self.unsent,
            "origins": [{**asdict(origin), "last": iso(origin.last)} for origin in self.origins],
            "damaged": [problem.as_json() for problem in self.damaged],
        }


def iso(seconds: float | None) -> str | None:
    """Return Unix seconds as ISO 8601 in UTC; None for what no clock ever said."""
    try:
        return (
            None
            if seconds is None
            else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
    except (ValueError, OverflowError, OSError):
        return None


def status(exchange: Exchange, remote: Remote, seen: Seen) -> Status:
    """Return how ledger and remote stand to each other; asks for one listing and the heads that changed."""
    found = Status(remote.address)
    own = exchange.own.id
    stored = sum(
        row.last - row.first + 1 for row in exchange.segments(own) if row.state == "stored"
    )
    found.unsent = exchange.head(own)[0] - stored
    heads: dict[str, Entry] | None = None
    try:
        heads, found.damaged = list_heads(remote)
    except RemoteError as error:
        found.unreachable = error.cause
    found.damaged += [
        Problem(segment_key(row.origin, row.first), row.origin, row.told)
        for row in exchange.segments()
        if row.state == "damaged" and not _is_over(exchange, seen, heads or {}, row)
    ]
    known = {origin.id: origin for origin in exchange.origins()}
    for origin in [*known, *(new for new in sorted(heads or {}) if new not in known)]:
        found.origins.append(_origin(exchange, remote, seen, origin, heads, found))
    return found


def _is_over(exchange: Exchange, seen: Seen, heads: dict[str, Entry], row: SegmentRow) -> bool:
    """Whether what was damaged has been taken since, or turned out to be a head that promised too much."""
    if row.origin == exchange.own.id:
        return False
    head = heads.get(row.origin)
    clean = head is not None and seen.unchanged(row.origin, head.tag)
    return clean or row.first <= exchange.head(row.origin)[0]


def _origin(
    exchange: Exchange,
    remote: Remote,
    seen: Seen,
    origin: str,
    heads: dict[str, Entry] | None,
    found: Status,
) -> OriginStatus:
    last, _ = exchange.head(origin)
    who = next((item for item in exchange.origins() if item.id == origin), None)
    host, user = (who.host, who.user) if who else ("", "")
    behind: int | None = None
    entry = (heads or {}).get(origin)
    own = origin == exchange.own.id
    if own or (heads is not None and entry is None):
        behind = 0
    elif entry is not None and seen.unchanged(origin, entry.tag):
        behind = max(0, seen.last_of(origin) - last)
    elif entry is not None:
        try:
            head = read_head(remote, origin, entry)
            behind = max(0, head.last - last)
            host, user = head.origin.host, head.origin.user
        except SegmentDamaged as error:
            found.damaged.append(Problem(entry.key, origin, error.cause))
        except RemoteError as error:
            found.unreachable = error.cause
    newest = list(exchange.facts(origin, last, last)) if last else []
    at = newest[0].time if newest else None
    return OriginStatus(origin, host, user, own, last, behind, at)
