"""Which runs of two sides belong together: those that agree in everything that varies inside a side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agilml.compare.sides import Member, Side
from agilml.model import canonical


@dataclass(frozen=True, slots=True)
class Pairing:
    """Pairs of runs, and what they were paired by.

    Attributes:
        keys: config keys that vary inside a side; empty where each side is one run.
        pairs: first side's run, second side's run.
        unpaired: runs of either side that have no partner or more than one.
    """

    keys: Sequence[str]
    pairs: Sequence[tuple[Member, Member]]
    unpaired: int


def pair(first: Side, second: Side) -> Pairing:
    """Pair the runs of two sides. Two single runs are a pair, whatever they differ by."""
    if len(first.members) == len(second.members) == 1:
        return Pairing([], [(first.members[0], second.members[0])], 0)
    keys = sorted({*varying(first.members), *varying(second.members)})
    left, right = _by_key(first.members, keys), _by_key(second.members, keys)
    common = [key for key in left if len(left[key]) == 1 and len(right.get(key, ())) == 1]
    pairs = [(left[key][0], right[key][0]) for key in sorted(common)]
    unpaired = len(first.members) + len(second.members) - 2 * len(pairs)
    return Pairing(keys, pairs, unpaired)


def varying(members: Sequence[Member]) -> list[str]:
    """Return the config keys that not all of these runs have the same value of."""
    names = sorted({name for member in members for name in member.config})
    return [
        name
        for name in names
        if len({canonical(member.config.get(name)) for member in members}) > 1
    ]


def _by_key(members: Sequence[Member], keys: Sequence[str]) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {}
    for member in members:
        key = canonical([member.config.get(name) for name in keys])
        found.setdefault(key, []).append(member)
    return found
