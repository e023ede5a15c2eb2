"""From tree to SQL: what every name means, whether its values fit, and one condition out of all tests."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from agilml.ledger.where.config_keys import ConfigKey, can_be_key, is_anywhere, presence
from agilml.ledger.where.fields import FIELDS
from agilml.ledger.where.fitting import Fitting
from agilml.ledger.where.metrics import is_metric, metric_test
from agilml.ledger.where.parse import parse
from agilml.ledger.where.sql import Sql
from agilml.ledger.where.tree import Joined, Name, Node, Not, Test
from agilml.ledger.where.unknown import unknown_name

METRIC = "metric."
PARAM = "param."


@dataclass(frozen=True, slots=True)
class Condition:
    """Which runs are wanted, over the trial ``t``, its latest attempt ``a`` and its sweep ``s``.

    Attributes:
        joins: what the query joins besides those three.
        test: true for the runs wanted, and never NULL.
    """

    joins: Sql
    test: Sql


def condition(db: sqlite3.Connection, expression: str, now: float) -> Condition:
    """Return what ``expression`` asks for; see docs/reference/where.md for its grammar.

    Args:
        db: the ledger, which knows what keys and metrics there are.
        expression: as typed.
        now: Unix seconds that ``-7d`` counts back from.

    Raises:
        WhereError: it is no expression, a name in it is unknown, or a value does not fit its name.
    """
    compiler = _Compiler(db, expression, now)
    test = compiler.compiled(parse(expression))
    joins = [key.join for key in compiler.keys.values()]
    text = " ".join(join.text for join in joins)
    return Condition(Sql(text, tuple(value for join in joins for value in join.values)), test)


class _Compiler:
    def __init__(self, db: sqlite3.Connection, expression: str, now: float) -> None:
        self._db = db
        self._expression = expression
        self._fitting = Fitting(expression, now)
        self.keys: dict[str, ConfigKey] = {}

    def compiled(self, node: Node) -> Sql:
        if isinstance(node, Not):
            inside = self.compiled(node.part)
            return Sql(f"NOT {inside.text}", inside.values)
        if isinstance(node, Joined):
            parts = [self.compiled(part) for part in node.parts]
            text = f" {node.word} ".join(part.text for part in parts)
            return Sql(f"({text})", tuple(value for part in parts for value in part.values))
        test = self._test(node)
        return Sql(f"(({test.text}) IS TRUE)", test.values)

    def _test(self, test: Test) -> Sql:
        name = test.name
        if name.value:
            return self._metric(test, name.text.removeprefix(METRIC), name.value)
        if name.text.startswith(METRIC):
            return self._metric(test, name.text.removeprefix(METRIC), "last")
        if name.text in FIELDS:
            field = FIELDS[name.text]
            if field.table and not self._has(field.table):
                field = field._replace(column="NULL", within="{}")
            return self._fitting.field_test(field, test)
        if name.text.startswith(PARAM):
            key = name.text.removeprefix(PARAM)
            if not (presence(self._db, key).in_some or is_anywhere(self._db, key)):
                raise unknown_name(self._db, self._expression, _only(name, key), of="param")
            return self._config(test, key)
        return self._bare(test, name)

    def _bare(self, test: Test, name: Name) -> Sql:
        """Return a test of the key of that name, and of the metric where a run's configuration has none."""
        found = presence(self._db, name.text)
        if found.in_all:
            return self._config(test, name.text)
        metric = is_metric(self._db, name.text)
        if metric and not found.in_some:
            return self._metric(test, name.text, "last")
        if not (found.in_some or is_anywhere(self._db, name.text)):
            raise unknown_name(self._db, self._expression, name)
        config = self._config(test, name.text)
        if not (metric and self._fitting.suits_metric(test)):
            return config
        there = self._key(name.text).kind
        other = self._metric(test, name.text, "last")
        return Sql(
            f"CASE WHEN {there.text} IS NOT NULL THEN {config.text} ELSE {other.text} END",
            (*there.values, *config.values, *other.values),
        )

    def _config(self, test: Test, key: str) -> Sql:
        self._fitting.check_config(test)
        return self._key(key).test(test.sign, tuple(test.values))

    def _key(self, key: str) -> ConfigKey:
        assert can_be_key(key)
        return self.keys.setdefault(key, ConfigKey(key, len(self.keys)))

    def _metric(self, test: Test, name: str, value: str) -> Sql:
        if not is_metric(self._db, name):
            raise unknown_name(self._db, self._expression, _only(test.name, name), of="metric")
        self._fitting.check_metric(test)
        return metric_test(name, value, test.sign, tuple(test.values))

    def _has(self, table: str) -> bool:
        """Whether the ledger has this table; one that an older release wrote may not."""
        row = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        return row is not None


def _only(name: Name, text: str) -> Name:
    return Name(text, "", name.start, name.stop)
