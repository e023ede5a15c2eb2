"""How far an origin has come: one small object that only its origin overwrites. A hint, never the truth."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from agilml.ledger.exchange import Origin
from agilml.sync.errors import SegmentDamaged

FORMAT = "agilml-head"
VERSION = 1
MOST_BYTES = 4096
_FIELDS = ("format", "version", "origin", "host", "user", "created", "last", "digest", "segments")


@dataclass(frozen=True, slots=True)
class Head:
    """An origin's last stored fact, its digest, and the number of segments that hold them all."""

    origin: Origin
    last: int
    digest: str
    segments: int

    def encode(self) -> bytes:
        """Return the bytes of the head."""
        values = (FORMAT, VERSION, *self.origin, self.last, self.digest, self.segments)
        fields = dict(zip(_FIELDS, values, strict=True))
        return (json.dumps(fields, separators=(",", ":")) + "\n").encode()


def decode(data: bytes, origin: str) -> Head:
    """Return the head that was stored for ``origin``.

    Raises:
        SegmentDamaged: it is not a head, or that of another origin.
    """
    if len(data) > MOST_BYTES:
        raise SegmentDamaged("it is too large for a head")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SegmentDamaged(f"it is not JSON: {error}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise SegmentDamaged("it is no head")
    if found.get("version") != VERSION or tuple(found) != _FIELDS or not _plausible(found):
        raise SegmentDamaged("it is not written as heads are")
    if found["origin"] != origin:
        raise SegmentDamaged("it is the head of another origin")
    who = Origin(origin, found["host"], found["user"], found["created"])
    return Head(who, found["last"], found["digest"], found["segments"])


def _plausible(found: dict[str, Any]) -> bool:
    texts = all(isinstance(found[name], str) for name in ("origin", "host", "user", "digest"))
    numbers = all(type(found[name]) is int and found[name] >= 0 for name in ("last", "segments"))
    created = found["created"]
    return texts and numbers and isinstance(created, float) and math.isfinite(created)
