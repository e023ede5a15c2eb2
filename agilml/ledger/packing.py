"""Bodies of ``metrics.logged`` facts in few bytes: columns of numbers instead of their digits.

A packed body is the byte :data:`MARK` and a zlib stream over one line of JSON and the columns behind it. The
line is the body, with a list of ``[metric, [how, …]]`` for its series: how each list of numbers is kept
(see :mod:`agilml.ledger.columns`), or ``["same"]`` as the list in its place of the metric before.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from agilml.ledger.columns import Numbers, column, numbers, values_of
from agilml.ledger.encoding import encode
from agilml.model import DamagedValue

MARK = b"\x01"
"""First byte of a packed body; no JSON text begins with it."""

SHORT = 512
"""Characters of a body below which packing takes longer than it is worth."""

LARGEST = 1 << 28
"""Bytes of one body before compression at most, so that a damaged one cannot fill the memory."""

_GAIN = 0.9
_SAME = ["same"]
_UNREADABLE = (zlib.error, ValueError, LookupError, TypeError, OverflowError, RecursionError)


def pack(text: str, body: Mapping[str, Any] | None = None) -> bytes | str:
    """Return ``text`` packed, or ``text`` itself where that is no gain; :func:`unpack` gives it back exactly.

    Args:
        text: any text; only the JSON of points, as :func:`encode` writes it, is ever packed.
        body: what :func:`encode` made ``text`` of; without it the text is read, which takes as long again.
    """
    if len(text) < SHORT:
        return text
    known = _read(text) if body is None else body
    if not known or list(known)[-1] != "series":
        return text
    packed = _packed(known)
    return text if packed is None or len(packed) > len(text) * _GAIN else packed


def unpack(body: bytes | str) -> str:
    """Return the text that was given to :func:`pack`.

    Raises:
        DamagedValue: these are not the bytes that were written.
    """
    if isinstance(body, str):
        return body
    try:
        return encode(_loaded(body))
    except _UNREADABLE as error:
        raise _damaged(error) from error


def load(body: bytes | str) -> dict[str, Any]:
    """Return the values of a fact's body, packed or not; cheaper than reading :func:`unpack`'s text.

    Raises:
        DamagedValue: these are not the bytes that were written.
        json.JSONDecodeError: the text is no JSON.
    """
    if isinstance(body, str):
        found: dict[str, Any] = json.loads(body)
        return found
    try:
        return _loaded(body)
    except _UNREADABLE as error:
        raise _damaged(error) from error


def register(db: sqlite3.Connection) -> None:
    """Let SQL on ``db`` call ``points(body)``: the body of a fact as JSON text, packed or not."""
    db.create_function("points", 1, unpack, deterministic=True)


def _damaged(error: Exception) -> DamagedValue:
    return DamagedValue(f"packed points cannot be read: {error}")


def _read(text: str) -> Mapping[str, Any] | None:
    try:
        body = json.loads(text)
        return body if type(body) is dict and encode(body) == text else None
    except (ValueError, RecursionError):
        return None


def _packed(body: Mapping[str, Any]) -> bytes | None:
    series = body["series"]
    if not isinstance(series, Mapping) or not all(map(_is_columns, series.values())):
        return None
    names: list[list[Any]] = []
    columns: list[bytes] = []
    before: list[Numbers | None] = []
    for name, lists in series.items():
        known = [numbers(values) for values in lists]
        kept = []
        for values, here, there in zip_longest(lists, known, before[: len(lists)]):
            same = here is not None and here == there
            how, raw = (_SAME, b"") if same else column(values, here)
            kept.append(how)
            columns.append(raw)
        names.append([name, kept])
        before = known
    head = encode({**body, "series": names}).encode()
    if sum(map(len, columns), len(head)) >= LARGEST:
        return None
    return MARK + zlib.compress(b"".join((head, b"\n", *columns)), 1)


def _is_columns(lists: Any) -> bool:
    return isinstance(lists, list | tuple) and all(isinstance(v, list | tuple) for v in lists)


def _loaded(packed: bytes) -> dict[str, Any]:
    if packed[:1] != MARK:
        raise ValueError("it does not begin as packed points do")
    stream = zlib.decompressobj()
    whole = stream.decompress(memoryview(packed)[1:], LARGEST)
    if not stream.eof or stream.unused_data:
        raise ValueError("it is cut short, or goes on behind its end")
    at = whole.index(b"\n")
    body: dict[str, Any] = json.loads(whole[:at])
    at += 1
    series: dict[str, list[list[Any]]] = {}
    before: list[list[Any]] = []
    for name, kept in body["series"]:
        lists = []
        for place, how in enumerate(kept):
            if how == _SAME:
                lists.append(before[place])
                continue
            raw = whole[at : at + how[1]]
            if len(raw) != how[1]:
                raise ValueError("a column is missing")
            at += how[1]
            lists.append(values_of(how, raw))
        series[name] = before = lists
    if at != len(whole):
        raise ValueError("there is more than the columns")
    body["series"] = series
    return body
