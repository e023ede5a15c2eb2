"""What lies in a remote: heads in one listing, an origin's segments in another."""

from __future__ import annotations

from collections.abc import Iterator

from agilml.store.base import Entry, Remote
from agilml.store.errors import DamagedObject, Missing
from agilml.sync import heads
from agilml.sync.errors import Problem, SegmentDamaged
from agilml.sync.heads import Head
from agilml.sync.keys import (
    HEADS,
    head_key,
    origin_of_head,
    segment_key,
    segment_of,
    segments_of,
)


def list_heads(remote: Remote) -> tuple[dict[str, Entry], list[Problem]]:
    """Return the heads by origin, and what lies among them and is none; one request per thousand."""
    found: dict[str, Entry] = {}
    problems = []
    for entry in remote.list(HEADS):
        origin = origin_of_head(entry.key)
        if origin is None:
            problems.append(Problem(entry.key, "", "it is not the name of a head"))
        else:
            found[origin] = entry
    return found, problems


def read_head(remote: Remote, origin: str, entry: Entry) -> Head:
    """Return an origin's head.

    Raises:
        SegmentDamaged: it is not one.
        RemoteError: the remote does not answer.
    """
    if entry.size > heads.MOST_BYTES:
        raise SegmentDamaged("it is too large for a head")
    try:
        return heads.decode(remote.get(head_key(origin)), origin)
    except (Missing, DamagedObject) as error:
        raise SegmentDamaged(error.cause) from error


def list_segments(
    remote: Remote, origin: str, after: int, problems: list[Problem]
) -> Iterator[tuple[int, Entry]]:
    """Yield the segments of ``origin`` that begin behind fact ``after``, in order, by first fact.

    Objects with other names are added to ``problems`` and passed over.
    """
    start = segment_key(origin, after) if after else ""
    for entry in remote.list(segments_of(origin), after=start):
        named = segment_of(entry.key)
        if named is None or named[0] != origin:
            problems.append(Problem(entry.key, origin, "it is not the name of a segment"))
        else:
            yield named[1], entry


def list_origins(remote: Remote) -> set[str]:
    """Return every origin that has a segment in the remote, with a head or without."""
    found = (segment_of(entry.key) for entry in remote.list("ledger/"))
    return {named[0] for named in found if named is not None}
