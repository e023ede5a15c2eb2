"""A key of the configuration as SQL: what the trial has different, or else what its structure says."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from agilml.ledger.where.sql import Sql, both, either, number_test, pattern_test, text_test
from agilml.ledger.where.tree import EXISTS, LIKE, NULL, ORDERS
from agilml.ledger.where.values import flag_of, is_null, number_of, pattern_of
from agilml.ledger.where.words import Word

_STRUCTURE = (
    "CASE WHEN coalesce(json_type(resolved, ?), 'object') = 'object' AND json_type(choices, ?) IS NOT NULL"
    " THEN {function}(choices, ?) ELSE {function}(resolved, ?) END"
)


class Presence(NamedTuple):
    """Which configurations have a key: all, some or none."""

    in_all: bool
    in_some: bool


def path(key: str, *deeper: str) -> str:
    """Return the JSON path of ``key``, dots and all, and of the keys ``deeper`` in it."""
    return "$" + "".join(f'."{part}"' for part in (key, *deeper))


def can_be_key(key: str) -> bool:
    """Whether a configuration may have such a key and SQLite can look for it."""
    return '"' not in key and "\\" not in key and all(key.split("."))


def presence(db: sqlite3.Connection, key: str) -> Presence:
    """Return which structures of the ledger have ``key``, or a trial in what it has different."""
    if not can_be_key(key):
        return Presence(in_all=False, in_some=False)
    structures, found = db.execute(
        "SELECT count(*), count(coalesce(json_type(resolved, ?), json_type(choices, ?))) FROM structure",
        (path(*key.split(".")), path(key)),
    ).fetchone()
    if found == structures and structures:
        return Presence(in_all=True, in_some=True)
    return Presence(in_all=False, in_some=bool(found) or _is_added(db, key))


def _is_added(db: sqlite3.Connection, key: str) -> bool:
    """Whether the first trial of some sweep has a key that its structure does not know."""
    row = db.execute(
        "SELECT 1 FROM sweep s JOIN trial t ON t.id ="
        " (SELECT m.trial FROM sweep_trial m WHERE m.sweep = s.id ORDER BY m.idx LIMIT 1)"
        " WHERE json_type(t.delta, ?) IS NOT NULL LIMIT 1",
        (path(key),),
    ).fetchone()
    return row is not None


def is_anywhere(db: sqlite3.Connection, key: str) -> bool:
    """Whether any trial has ``key`` different; reads all of them, so it is asked last."""
    if not can_be_key(key):
        return False
    row = db.execute(
        "SELECT 1 FROM trial WHERE json_type(delta, ?) IS NOT NULL LIMIT 1", (path(key),)
    ).fetchone()
    return row is not None


class ConfigKey:
    """One key of the configuration, for which the query joins :attr:`join`."""

    def __init__(self, key: str, number: int) -> None:
        self.key = key
        self._name = f"c{number}"
        self.kind = self._value("json_type", "kind")
        self.value = self._value("json_extract", "value")

    @property
    def join(self) -> Sql:
        """What the structures say of the key; LIMIT has each read once, and not once per trial."""
        whole, choice = path(*self.key.split(".")), path(self.key)
        kind, value = (_STRUCTURE.format(function=name) for name in ("json_type", "json_extract"))
        return Sql(
            f"LEFT JOIN (SELECT id, {kind} AS kind, {value} AS value FROM structure LIMIT -1)"
            f" {self._name} ON {self._name}.id = t.structure",
            (whole, choice, choice, whole) * 2,
        )

    def _value(self, function: str, column: str) -> Sql:
        """Return the type or the value: a trial may have the key different, or all of a part around it."""
        parts = self.key.split(".")
        cases, values = [], []
        for size in range(len(parts), 0, -1):
            around = ".".join(parts[:size])
            cases.append(f"WHEN json_type(t.delta, ?) IS NOT NULL THEN {function}(t.delta, ?)")
            values += [path(around), path(around, *parts[size:])]
        return Sql(f"CASE {' '.join(cases)} ELSE {self._name}.{column} END", tuple(values))

    def test(self, sign: str, words: tuple[Word, ...]) -> Sql:
        """Return whether the value passes the test; ``words`` fit ``sign``."""
        if sign == EXISTS:
            return Sql(f"{self.kind.text} IS NOT NULL", self.kind.values)
        if sign == NULL:
            return Sql(f"coalesce({self.kind.text}, 'null') = 'null'", self.kind.values)
        if sign == LIKE:
            is_text = Sql(f"typeof({self.value.text}) = 'text'", self.value.values)
            return both(is_text, pattern_test(self.value, pattern_of(words[0])))
        return either(self._compared(sign, word) for word in words)

    def _compared(self, sign: str, word: Word) -> Sql:
        number, flag = number_of(word), flag_of(word)
        if number is not None:
            return both(
                Sql(f"{self.kind.text} IN ('integer', 'real')", self.kind.values),
                number_test(self.value, sign, number),
            )
        assert sign not in ORDERS
        if is_null(word):
            return self.test(NULL, ())
        if flag is not None:
            return text_test(self.kind, "true" if flag else "false")
        return text_test(self.value, word.text)
