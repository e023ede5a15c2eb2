"""What people write as values: numbers, times, texts with or without quotes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from agilml.ledger.where.words import Word

_INT = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INFINITE = {"inf": 1, "+inf": 1, "-inf": -1}
_AGO = re.compile(r"-([0-9]{1,6})(m|h|d|w)")
_AGO_SECONDS = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_TIMES = (
    ("%Y-%m-%d", timedelta(days=1)),
    ("%Y-%m-%dT%H:%M", timedelta(minutes=1)),
    ("%Y-%m-%dT%H:%M:%S", timedelta(seconds=1)),
)
_LARGEST = 2**63


class Span(NamedTuple):
    """Unix seconds from ``first`` up to, and without, ``end``; a moment has no length."""

    first: float
    end: float


def number_of(word: Word) -> int | float | None:
    """Return the number that ``word`` is, or None; a text in quotes is none."""
    if word.kind == "quoted":
        return None
    if _INT.fullmatch(word.text):
        whole = int(word.text[:400])
        return whole if -_LARGEST <= whole < _LARGEST else float(word.text)
    if _FLOAT.fullmatch(word.text):
        return float(word.text)
    sign = _INFINITE.get(word.text.lower())
    return None if sign is None else sign * float("inf")


def is_nan(word: Word) -> bool:
    """Whether ``word`` is ``nan`` in letters of any case."""
    return word.is_word("nan")


def is_null(word: Word) -> bool:
    """Whether ``word`` is ``null``; in quotes it is a text."""
    return word.is_word("null")


def flag_of(word: Word) -> bool | None:
    """Return the truth value that ``word`` is, or None."""
    return {"true": True, "false": False}.get(word.text.lower()) if word.kind == "word" else None


def span_of(word: Word, now: float) -> Span | None:
    """Return the day, minute or second that ``word`` names in UTC, or the moment so long ago; or None.

    ``2026-11-01``, ``2026-11-01T10:30``, ``2026-11-01T10:30:15``, each with or without ``Z`` behind a
    time; ``-7d`` counts back from ``now`` (Unix seconds) in minutes ``m``, hours ``h``, days ``d`` or
    weeks ``w``.
    """
    ago = _AGO.fullmatch(word.text)
    if ago is not None:
        moment = now - int(ago[1]) * _AGO_SECONDS[ago[2]]
        return Span(moment, moment)
    for form, length in _TIMES:
        text = word.text.removesuffix("Z") if "H" in form else word.text
        try:
            first = datetime.strptime(text, form).replace(tzinfo=UTC)
            return Span(first.timestamp(), (first + length).timestamp())
        except (ValueError, OverflowError):
            continue
    return None


def pattern_of(word: Word) -> str:
    """Return the GLOB pattern of a text behind ``~``: with ``*`` or ``?`` of the whole, else of a part."""
    pattern = word.text.replace("[", "[[]")
    return pattern if set(word.text) & set("*?") else f"*{pattern}*"
