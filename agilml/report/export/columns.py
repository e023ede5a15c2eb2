"""Columns of an exported table, and their types where only the values say them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from agilml.report.words import value_text

_INT64 = 2**63


class Kind(StrEnum):
    """What the values of a column are, where they are not null."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    TIME = "time"
    """Unix seconds."""
    ANY = "any"
    """Each value is what it is; only CSV and JSON have such columns."""


class Column(NamedTuple):
    """One column: its title and the kind of its values."""

    name: str
    kind: Kind


def kind_of(value: Any) -> Kind | None:
    """Return the kind that holds ``value``; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int):
        return Kind.INT if -_INT64 <= value < _INT64 else Kind.TEXT
    return Kind.FLOAT if isinstance(value, float) else Kind.TEXT


def common(kinds: set[Kind]) -> Kind:
    """Return the kind that holds values of all ``kinds``; without any, text."""
    if kinds == {Kind.INT, Kind.FLOAT}:
        return Kind.FLOAT
    return next(iter(kinds)) if len(kinds) == 1 else Kind.TEXT


def as_text(value: Any) -> str | None:
    """Return ``value`` as it stands in a column of texts."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple | Mapping):
        return json.dumps(value, separators=(",", ":"))
    return value_text(value)
