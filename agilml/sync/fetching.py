"""Segments fetched several at a time and handed on in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from agilml.store.base import Entry, Remote
from agilml.store.errors import DamagedObject, Missing
from agilml.sync.errors import Problem, SegmentDamaged
from agilml.sync.segments import MOST_BYTES, Segment, decode

THREADS = 8
AHEAD = 16
"""Segments fetched and not yet handed on; each is about a megabyte unpacked."""


class Fetched(NamedTuple):
    """A segment, and the bytes that its object has and their digest."""

    segment: Segment
    size: int
    sha256: str


def fetch(remote: Remote, origin: str, first: int, entry: Entry) -> Fetched | Problem:
    """Return the segment that lies under ``entry``, or what is wrong with it.

    Raises:
        RemoteUnavailable, RemoteRefused: nobody can say what lies there.
    """
    from hashlib import sha256

    if entry.size > MOST_BYTES:
        return Problem(entry.key, origin, f"it is larger than {MOST_BYTES >> 20} MiB")
    try:
        data = remote.get(entry.key)
        return Fetched(decode(data, origin, first), len(data), sha256(data).hexdigest())
    except Missing:
        return Problem(entry.key, origin, "it vanished while it was read")
    except DamagedObject:
        return Problem(entry.key, origin, "its bytes do not have the digest beside them")
    except SegmentDamaged as error:
        return Problem(entry.key, origin, error.cause)


def fetch_all(
    remote: Remote, origin: str, segments: Iterable[tuple[int, Entry]]
) -> Generator[tuple[Entry, Fetched | Problem], None, None]:
    """Yield what lies under each entry, in order.

    Raises:
        RemoteUnavailable, RemoteRefused: nobody can say what lies there.
    """
    pool = ThreadPoolExecutor(THREADS, "agil-fetch")
    waiting: deque[tuple[Entry, Future[Fetched | Problem]]] = deque()
    try:
        for first, entry in segments:
            waiting.append((entry, pool.submit(fetch, remote, origin, first, entry)))
            if len(waiting) >= AHEAD:
                oldest, future = waiting.popleft()
                yield oldest, future.result()
        while waiting:
            oldest, future = waiting.popleft()
            yield oldest, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
