"""Lists of numbers as bytes that compress well, and back, bit for bit.

A list is kept in one of these ways:

``int``    differences of 64-bit integers
``dec``    the same, of the numbers times a power of ten (accuracies, seconds)
``float``  doubles
``json``   JSON text, for everything else: steps that are null, values that are not finite

A number takes eight bytes, little-endian, and a column holds the eighth bytes of all its numbers, then the
seventh, and so on. What differs little from point to point then stands together, and costs next to nothing.
"""

from __future__ import annotations

import json
import operator
import sys
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

from agilml.ledger.encoding import encode

Kept: TypeAlias = list[Any]
"""How a list is kept: the word, the bytes that it takes and, for ``dec``, the power of ten."""

Numbers: TypeAlias = tuple[str, bytes]
"""Numbers of one type, ``q`` or ``d``, as they stand in memory: equal only where they are written alike."""

_WIDTH = 8
_POWERS = range(1, 7)
_PROBED = 4


def numbers(values: Sequence[Any]) -> Numbers | None:
    """Return what is compared to find lists that are written alike; None where they are not all numbers."""
    types = set(map(type, values))
    code = "q" if types == {int} else "d" if types == {float} else ""
    try:
        return (code, array(code, values).tobytes()) if code else None
    except OverflowError:
        return None


def column(values: Sequence[Any], known: Numbers | None) -> tuple[Kept, bytes]:
    """Return how ``values`` are kept, and their bytes; ``known`` is what :func:`numbers` says of them."""
    try:
        if known is not None and known[0] == "q":
            return _sized("int", _by_place(_differences(values)))
        if known is not None:
            for power in _powers(values):
                whole = [round(value * 10**power) for value in values]
                # Compared by their bytes, because 0.0 equals -0.0 and is not written like it.
                if array("d", _decimals(whole, power)).tobytes() == known[1]:
                    return _sized("dec", _by_place(_differences(whole)), power)
            return _sized("float", _by_place(array("d", values)))
    except OverflowError:
        pass
    return _sized("json", encode(list(values)).encode())


def values_of(kept: Kept, raw: bytes) -> list[Any]:
    """Return the list that :func:`column` was given.

    Raises:
        ValueError, TypeError, LookupError, OverflowError: nothing was ever kept so.
    """
    how = kept[0]
    if how == "json":
        found = json.loads(raw)
        if type(found) is list:
            return found
    elif how == "float":
        return _together(raw, "d").tolist()
    elif how == "int":
        return list(accumulate(_together(raw, "q")))
    elif how == "dec" and kept[2] in _POWERS:
        return _decimals(accumulate(_together(raw, "q")), kept[2])
    raise ValueError("a column of no kind that is known")


def _sized(how: str, raw: bytes, *more: int) -> tuple[Kept, bytes]:
    return [how, len(raw), *more], raw


def _differences(values: Sequence[int]) -> array[int]:
    return array("q", [values[0], *map(operator.sub, values[1:], values)])


def _decimals(whole: Iterable[int], power: int) -> list[float]:
    # The quotient of two exact numbers is rounded once, as the digits were when they were read.
    scale = 10**power
    return [number / scale for number in whole]


def _powers(values: Sequence[float]) -> list[int]:
    """Return the smallest power of ten that makes the first few values whole, if one does."""
    probed = values[:_PROBED]
    for power in _POWERS:
        if all(round(value * 10**power) / 10**power == value for value in probed):
            # The first few may end in a zero that the others do not have.
            return [power, *(p for p in (4, 6) if p > power)]
    return []


def _by_place(items: array[Any]) -> bytes:
    if sys.byteorder == "big":
        items.byteswap()
    raw = items.tobytes()
    return b"".join(raw[place::_WIDTH] for place in reversed(range(_WIDTH)))


def _together(raw: bytes, code: str) -> array[Any]:
    count, rest = divmod(len(raw), _WIDTH)
    if rest:
        raise ValueError("a column that ends within a number")
    mixed = bytearray(len(raw))
    for place in range(_WIDTH):
        start = (_WIDTH - 1 - place) * count
        mixed[place::_WIDTH] = raw[start : start + count]
    items = array(code, bytes(mixed))
    if sys.byteorder == "big":
        items.byteswap()
    return items
