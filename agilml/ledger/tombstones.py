"""What was purged, in parts that fit into facts: no fact may be too large for a segment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

MOST_CHARACTERS = 1 << 19
"""Text from which a part is complete."""

_BESIDES = 150
"""Characters of an origin, a number, a digest and what JSON puts around them."""

Tombstone: TypeAlias = tuple[str, int, str, str]
"""Origin, number, digest and new body of a fact."""


def tombstones(facts: Sequence[Tombstone]) -> Iterator[Sequence[Tombstone]]:
    """Yield the facts in order, some at a time."""
    first = size = 0
    for n, fact in enumerate(facts):
        size += len(fact[3]) + _BESIDES
        if size >= MOST_CHARACTERS:
            yield facts[first : n + 1]
            first, size = n + 1, 0
    if first < len(facts):
        yield facts[first:]
