"""A metric of a run's latest attempt as SQL."""

from __future__ import annotations

import sqlite3

from agilml.ledger.where.sql import Sql, either, number_test
from agilml.ledger.where.tree import EQUAL, EXISTS, NULL
from agilml.ledger.where.values import is_nan, is_null, number_of
from agilml.ledger.where.words import Word

_LAST = "CASE k.last_kind WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 ELSE k.last END"
_COLUMNS = {
    "last": _LAST,
    "min": "k.low",
    "max": "k.high",
    "best": "CASE s.mode WHEN 'min' THEN k.low ELSE k.high END",
}


def is_metric(db: sqlite3.Connection, name: str) -> bool:
    """Whether any run has logged a metric of this name."""
    row = db.execute("SELECT 1 FROM metric WHERE name = ? LIMIT 1", (name,)).fetchone()
    return row is not None


def metric_test(name: str, value: str, sign: str, words: tuple[Word, ...]) -> Sql:
    """Return whether one value of the metric (a key of the columns above) passes the test."""
    if sign == EXISTS:
        return _where(name, Sql("1"))
    if sign == NULL:
        return Sql(f"NOT {_where(name, Sql('1')).text}", (name,))
    return either(_compared(name, value, sign, word) for word in words)


def _compared(name: str, value: str, sign: str, word: Word) -> Sql:
    if is_null(word):
        return metric_test(name, value, NULL, ())
    if is_nan(word):
        return _where(name, Sql("k.last_kind = 'nan'" if value == "last" else "0"))
    number = number_of(word)
    assert number is not None
    assert sign in (EQUAL, "<", "<=", ">", ">=")
    return _where(name, number_test(Sql(_COLUMNS[value]), sign, number))


def _where(name: str, test: Sql) -> Sql:
    return Sql(
        "EXISTS (SELECT 1 FROM metric k WHERE k.attempt = t.attempt AND k.name = ?"
        f" AND {test.text})",
        (name, *test.values),
    )
