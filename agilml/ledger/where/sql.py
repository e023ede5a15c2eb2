"""Pieces of SQL with the values bound in them, and the tests that are the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from agilml.ledger.where.tree import EQUAL, EXISTS, LIKE, NULL
from agilml.ledger.where.values import Span


class Sql(NamedTuple):
    """SQL text, and the value of each ``?`` in it."""

    text: str
    values: tuple[Any, ...] = ()


FALSE = Sql("0")


def either(parts: Iterable[Sql]) -> Sql:
    """Return what is true where one of ``parts`` is; without parts it never is."""
    return _joined(" OR ", list(parts))


def both(*parts: Sql) -> Sql:
    """Return what is true where all of ``parts`` are."""
    return _joined(" AND ", parts)


def _joined(word: str, parts: Sequence[Sql]) -> Sql:
    if len(parts) == 1:
        return parts[0]
    text = word.join(part.text for part in parts)
    return Sql(f"({text})", sum((part.values for part in parts), ())) if parts else FALSE


def number_test(column: Sql, sign: str, value: int | float) -> Sql:
    """Return whether ``column``, a number or NULL, is in this order with ``value``."""
    return Sql(f"{column.text} {sign} ?", (*column.values, value))


def text_test(column: Sql, value: str) -> Sql:
    """Return whether ``column`` is this text."""
    return Sql(f"{column.text} = ?", (*column.values, value))


def begin_test(column: Sql, value: str) -> Sql:
    """Return whether ``column`` begins so."""
    return Sql(f"substr({column.text}, 1, ?) = ?", (*column.values, len(value), value))


def pattern_test(column: Sql, pattern: str) -> Sql:
    """Return whether ``column``, a text or NULL, is as ``pattern``, in SQLite's GLOB, says."""
    return Sql(f"{column.text} GLOB ?", (*column.values, pattern))


def time_test(column: Sql, sign: str, span: Span) -> Sql:
    """Return whether ``column`` (Unix seconds or NULL) is before, in or behind ``span``."""
    if sign == EQUAL:
        return both(number_test(column, ">=", span.first), number_test(column, "<", span.end))
    edges = {"<": ("<", span.first), "<=": ("<", span.end), ">": (">=", span.end)}
    if span.first == span.end:
        edges = {**edges, "<=": ("<=", span.end), ">": (">", span.end)}
    order, edge = edges.get(sign, (sign, span.first))
    return number_test(column, order, edge)


def there_test(column: Sql, sign: str) -> Sql:
    """Return whether ``column``, which has no other null than SQL's, has a value, or (NULL) has none."""
    assert sign in (NULL, EXISTS)
    return Sql(f"{column.text} IS {'NULL' if sign == NULL else 'NOT NULL'}", column.values)


TEXT_SIGNS = (EQUAL, LIKE)
