"""Names of segments and heads in the remote. A name that does not fit exactly is nobody's."""

from __future__ import annotations

import re

LEDGER = "ledger/"
HEADS = "heads/"
GARBAGE = "gc/"

_ORIGIN = re.compile(r"[0-9a-f]{32}")
_SEGMENT = re.compile(r"ledger/([0-9a-f]{32})/([0-9]{12})\.jsonl\.zst")
_HEAD = re.compile(r"heads/([0-9a-f]{32})\.json")


def is_origin(text: str) -> bool:
    """Whether ``text`` can be the id of an origin."""
    return _ORIGIN.fullmatch(text) is not None


def segments_of(origin: str) -> str:
    """Return the prefix of an origin's segments."""
    return f"{LEDGER}{origin}/"


def segment_key(origin: str, first: int) -> str:
    """Return the key of the segment that begins with fact ``first``; keys sort as facts do."""
    return f"{LEDGER}{origin}/{first:012d}.jsonl.zst"


def segment_of(key: str) -> tuple[str, int] | None:
    """Return the origin and the first fact that a segment's key names, or None for any other name."""
    match = _SEGMENT.fullmatch(key)
    if match is None or int(match[2]) < 1:
        return None
    return match[1], int(match[2])


def head_key(origin: str) -> str:
    """Return the key of an origin's head."""
    return f"{HEADS}{origin}.json"


def origin_of_head(key: str) -> str | None:
    """Return the origin whose head ``key`` is, or None for any other name."""
    match = _HEAD.fullmatch(key)
    return match[1] if match else None
