"""Which blobs somebody has found unused, and when: records under ``gc/``, each written once."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from agilml.store.base import Entry, Remote
from agilml.store.digests import is_sha256, sha256_of
from agilml.store.errors import DamagedObject, Missing
from agilml.sync.errors import SegmentDamaged
from agilml.sync.keys import GARBAGE

FORMAT = "agilml-unused-blobs"
MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Marks:
    """Blobs that no ledger needed at one moment.

    Attributes:
        key: of the record.
        at: that moment, in seconds since the epoch by the remote's clock.
        blobs: their digests.
    """

    key: str
    at: float
    blobs: frozenset[str]


def write_marks(remote: Remote, origin: str, blobs: set[str]) -> Marks:
    """Return a new record of unused blobs; its moment is told by the remote's clock."""
    content = {"format": FORMAT, "version": 1, "by": origin, "blobs": sorted(blobs)}
    data = json.dumps(content, separators=(",", ":")).encode()
    key = f"{GARBAGE}{secrets.token_hex(16)}.json"
    remote.put_new(key, data, sha256_of(data))
    entry = remote.stat(key)
    if entry is None:
        raise SegmentDamaged(f"{key} is not there although it was just written")
    return Marks(key, entry.modified, frozenset(blobs))


def read_marks(remote: Remote) -> list[Marks]:
    """Return every record, the oldest first.

    Raises:
        SegmentDamaged: one of them cannot be read.
    """
    found = [_read(remote, entry) for entry in remote.list(GARBAGE)]
    return sorted(found, key=lambda marks: marks.at)


def marked_blobs(remote: Remote) -> set[str]:
    """Return every blob that any readable record names."""
    found: set[str] = set()
    for entry in remote.list(GARBAGE):
        try:
            found |= _read(remote, entry).blobs
        except SegmentDamaged:
            # A collector refuses to work with it, and so deletes nothing.
            continue
    return found


def _read(remote: Remote, entry: Entry) -> Marks:
    if entry.size > MOST_BYTES:
        raise SegmentDamaged(f"{entry.key} is too large")
    try:
        found = json.loads(remote.get(entry.key))
        blobs = found["blobs"]
        sound = found["format"] == FORMAT and found["version"] == 1
    except (Missing, DamagedObject, ValueError, RecursionError, LookupError, TypeError) as error:
        raise SegmentDamaged(f"{entry.key} cannot be read: {error}") from error
    if not sound or not isinstance(blobs, list) or not all(_is_digest(item) for item in blobs):
        raise SegmentDamaged(f"{entry.key} is no record of unused blobs")
    return Marks(entry.key, entry.modified, frozenset(blobs))


def _is_digest(item: object) -> bool:
    return isinstance(item, str) and is_sha256(item)
