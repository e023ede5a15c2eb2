"""The words of a sweep, the same on the command line and under ``sweep:`` in a conf file.

Hydra's own grammar is read by Hydra's own parser: ``a=1,2``, ``choice()``, ``range()``, ``glob()``,
``sort()``, ``shuffle()``, ``tag()``, casts and ``interval()``. Five functions are added around it:

``name=zip(a=[1,2], b.c=choice(x,y))``
    One dimension that sets several keys at once, row by row. ``name`` is free and must be no key.
    A list is a list of row values there; a row value that is a list itself stands in ``choice()``.
``name=concat(product(model=mlp), product(model=resnet14, optim.lr=choice(0.1,0.2)))``
    One dimension whose rows are those of its parts, one part after the other.
``name=product(a=…, b=…)``
    All combinations, for use inside ``concat`` and ``when``.
``optim.momentum=when(optim=sgd, choice(0.8,0.9))``
    Values that are swept only where the condition holds; elsewhere the key keeps its base value. A
    condition is ``key=value``, ``key=choice(…)`` (any of them) or one quoted expression. The values may
    be an ``interval()``.
``seed=repeat(3)``
    The base value and the next two: repetitions of a point, not something to search over.

``interval()`` is no list of values; it becomes an open dimension that a sampler draws from.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from agilml.config.fit import check_finite
from agilml.config.words import (
    MOST_POINTS,
    Interval,
    Setting,
    Values,
    Word,
    check_key,
    parse_word,
    refuse_many,
)
from agilml.errors import ConfigError
from agilml.model import JSON, canonical
from agilml.sweep.grammar_condition import Condition, both, condition, equals
from agilml.sweep.grammar_split import call, split, unquoted
from agilml.text import safe_text

OWN_FUNCTIONS = frozenset({"zip", "product", "concat", "when", "repeat"})

Options = Callable[[str], Sequence[str] | None]
"""Gives the options of a config group, for ``glob()``; None where a key is no group."""

_KEY = re.compile(r"\+{0,2}[\w./@$-]+")


class Kind(StrEnum):
    """What a dimension is to a reader of the plan."""

    FIXED = "fixed"
    VALUES = "values"
    ROWS = "rows"
    REPEAT = "repeat"
    OPEN = "open"


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """Settings that are made together. Compared by identity: a row is looked up for every point."""

    settings: tuple[Setting, ...]


NOTHING = Row(())
"""The row of a dimension whose condition does not hold."""


@dataclass(frozen=True, eq=False, slots=True)
class Dimension:
    """One factor of the product that a sweep is.

    Attributes:
        name: the key as typed, or the free name of a zip or concat.
        rows: what it goes through; empty for an open dimension.
        when: where it applies; None means everywhere.
        interval: the range of an open dimension.
        op: for an open dimension, ``+`` or ``++`` where its key is new.
        repeats: for ``repeat(n)``, n; its rows need the base value and are made later.
    """

    name: str
    kind: Kind
    rows: tuple[Row, ...] = ()
    when: Condition | None = None
    interval: Interval | None = None
    op: str = ""
    repeats: int = 0


def dimension(word: str, options: Options) -> Dimension:
    """Return the dimension that ``key=text`` describes.

    Raises:
        UsageError: the word cannot be read.
        ConfigError: it can, and makes no sense.
    """
    key, equals_sign, text = word.partition("=")
    found = call(text) if equals_sign and _KEY.fullmatch(key) else None
    if found and (found[0] in OWN_FUNCTIONS or _shuffles_rows(found)):
        return _own(key, *found, options)
    known = options(key)
    if known and text in known and text != "null":
        # `stopper=nan` is an option; Hydra's grammar would read a number.
        return Dimension(key, Kind.FIXED, (Row((Setting(key, text),)),))
    parsed = parse_word(word, options(key.lstrip("+")))
    if isinstance(parsed.sweep, Interval):
        setting = parsed.setting
        return Dimension(setting.name, Kind.OPEN, interval=parsed.sweep, op=setting.op)
    if parsed.sweep is None:
        return Dimension(parsed.setting.name, Kind.FIXED, (Row((parsed.setting,)),))
    return Dimension(parsed.setting.name, Kind.VALUES, _value_rows(parsed))


def listed(key: str, values: Sequence[JSON]) -> Dimension:
    """Return the dimension of a YAML list: every element is a value, none is parsed."""
    if not values:
        raise ConfigError(f"`sweep.{safe_text(key)}` is an empty list", next=f"give {key} a value")
    check_key(key)
    check_finite(f"sweep.{key}", list(values))
    rows = tuple(Row((Setting(key, value),)) for value in _distinct(values))
    return Dimension(key, Kind.VALUES, rows)


def constant(key: str, value: JSON) -> Dimension:
    """Return the dimension of a YAML scalar: one value."""
    check_key(key)
    check_finite(f"sweep.{key}", value)
    return Dimension(key, Kind.FIXED, (Row((Setting(key, value),)),))


def _value_rows(parsed: Word) -> tuple[Row, ...]:
    assert isinstance(parsed.sweep, Values)
    return tuple(
        Row((replace(parsed.setting, value=item),)) for item in _distinct(parsed.sweep.items)
    )


def _distinct(values: Sequence[JSON]) -> list[JSON]:
    return list({canonical(value): value for value in reversed(values)}.values())[::-1]


def _shuffles_rows(found: tuple[str, str]) -> bool:
    inner = call(found[1]) if found[0] == "shuffle" else None
    return inner is not None and inner[0] in OWN_FUNCTIONS


def _own(key: str, function: str, text: str, options: Options) -> Dimension:
    shown = f"{safe_text(key)}={function}(…)"
    if function == "repeat":
        return _repeat(key, text)
    if function == "when":
        return _when(key, text, options)
    if function == "shuffle":
        inner = call(text)
        assert inner is not None
        rows = list(_rows(*inner, shown, options))
        random.shuffle(rows)
        return Dimension(key, Kind.ROWS, tuple(rows))
    return Dimension(key, Kind.ROWS, _rows(function, text, shown, options))


def _repeat(key: str, text: str) -> Dimension:
    if not re.fullmatch(r"\s*[1-9]\d{0,5}\s*", text):
        raise ConfigError(
            f"`{safe_text(key)}=repeat({safe_text(text, 40)})` needs a whole number from 1",
            next=f"{key}=repeat(3)",
        )
    return Dimension(key, Kind.REPEAT, repeats=int(text))


def _when(key: str, text: str, options: Options) -> Dimension:
    """Read ``conditions…, values…``; conditions are named, or one quoted expression."""
    pieces = split(text, ",")
    conditions: list[Condition] = []
    while pieces and (test := _test(pieces[0], options, first=not conditions)):
        conditions.append(test)
        pieces.pop(0)
    if not conditions or not pieces:
        raise ConfigError(
            f"`{safe_text(key)}=when({safe_text(text, 80)})` needs conditions, then values",
            next="optim.momentum=when(optim=sgd, choice(0.8,0.9))",
        )
    inner = dimension(f"{key}={','.join(pieces)}", options)
    if inner.when is not None:
        raise ConfigError(
            f"`{safe_text(key)}`: when() takes values, no second when()",
            next="give all conditions to one when()",
        )
    kind = Kind.VALUES if inner.kind is Kind.FIXED else inner.kind
    return replace(inner, kind=kind, when=both(tuple(conditions)))


def _test(piece: str, options: Options, *, first: bool) -> Condition | None:
    expression = unquoted(piece) if first else None
    if expression is not None:
        return condition(expression)
    name, sign, value = _named(piece)
    if not sign:
        return None
    allowed = tuple(row.settings[0].value for row in dimension(f"{name}={value}", options).rows)
    return equals(name, allowed)


def _named(piece: str) -> tuple[str, bool, str]:
    name, *value = split(piece, "=", limit=1) or [""]
    if not value or not _KEY.fullmatch(name):
        return "", False, piece
    return name, True, value[0]


def _rows(function: str, text: str, shown: str, options: Options) -> tuple[Row, ...]:
    """Return the rows of ``zip``, ``product`` or ``concat``."""
    pieces = split(text, ",")
    if function == "concat":
        return tuple(row for piece in pieces for row in _part(piece, shown, options))
    if function not in {"zip", "product"}:
        raise ConfigError(
            f"`{shown}`: {function}() cannot stand inside", next="put when() and repeat() outermost"
        )
    members = [_member(piece, shown, options, lists_are_rows=function == "zip") for piece in pieces]
    keys = [key for key, _ in members]
    if len(set(keys)) != len(keys):
        raise ConfigError(f"`{shown}` sets a key twice", next="name every key once")
    if function == "zip":
        _check_zip(shown, members)
        return tuple(
            Row(settings) for settings in zip(*(values for _, values in members), strict=True)
        )
    count = math.prod(len(values) for _, values in members)
    if count > MOST_POINTS:
        refuse_many(f"`{shown}`", count)
    return tuple(
        Row(settings) for settings in itertools.product(*(values for _, values in members))
    )


def _part(piece: str, shown: str, options: Options) -> tuple[Row, ...]:
    found = call(piece)
    if found is None:
        raise ConfigError(
            f"`{shown}`: `{safe_text(piece, 60)}` is no zip(…), product(…) or concat(…)",
            next="name=concat(product(a=1), product(a=2, b=choice(3,4)))",
        )
    return _rows(*found, shown, options)


def _member(
    piece: str, shown: str, options: Options, *, lists_are_rows: bool
) -> tuple[str, tuple[Setting, ...]]:
    name, sign, value = _named(piece)
    if not sign:
        raise ConfigError(
            f"`{shown}`: `{safe_text(piece, 60)}` has no key",
            next="write key=value for every member",
        )
    if (inner := call(value)) and inner[0] in OWN_FUNCTIONS:
        raise ConfigError(
            f"`{shown}`: {inner[0]}() cannot be the value of a member", next="use concat(…) around"
        )
    parsed = parse_word(f"{name}={value}", options(name.lstrip("+")))
    if isinstance(parsed.sweep, Interval):
        raise ConfigError(f"`{shown}`: interval() has no rows", next="use range() or choice()")
    if parsed.sweep is not None:
        if lists_are_rows and parsed.sweep.shuffled:
            raise ConfigError(
                f"`{shown}`: shuffling one member would unpair the rows", next="shuffle(zip(…))"
            )
        return name, tuple(replace(parsed.setting, value=item) for item in parsed.sweep.items)
    items: Any = parsed.setting.value
    rows = items if lists_are_rows and isinstance(items, list) else [items]
    return name, tuple(replace(parsed.setting, value=item) for item in rows)


def _check_zip(shown: str, members: list[tuple[str, tuple[Setting, ...]]]) -> None:
    if len(members) < 2:
        raise ConfigError(
            f"`{shown}` pairs nothing: it has fewer than two members", next="name=zip(a=[…], b=[…])"
        )
    sizes = {key: len(values) for key, values in members}
    if len(set(sizes.values())) > 1 or 0 in sizes.values():
        listed_sizes = ", ".join(f"{safe_text(key, 60)} {size}" for key, size in sizes.items())
        raise ConfigError(
            f"`{shown}` pairs lists of unequal length: {listed_sizes}",
            next="give each as many values",
        )
