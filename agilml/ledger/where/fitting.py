"""Whether the values of a test fit what is looked at, and the tests of fields."""

from __future__ import annotations

from collections.abc import Sequence

from agilml.ledger.where.fields import Field, Kind
from agilml.ledger.where.sql import (
    Sql,
    begin_test,
    either,
    number_test,
    pattern_test,
    text_test,
    there_test,
    time_test,
)
from agilml.ledger.where.tree import EQUAL, EXISTS, LIKE, NULL, ORDERS, Test
from agilml.ledger.where.values import is_nan, is_null, number_of, pattern_of, span_of
from agilml.ledger.where.words import WhereError, Word
from agilml.text import safe_text

_TIME_FORMS = "2026-11-01, 2026-11-01T10:30 (UTC), or -7d (m, h, d, w) for so long ago"


class Fitting:
    """Checks values against names; errors point into ``expression``."""

    def __init__(self, expression: str, now: float) -> None:
        self._expression = expression
        self._now = now

    def field_test(self, field: Field, test: Test) -> Sql:
        """Return whether the field passes the test.

        Raises:
            WhereError: its values are of another kind, or there is no such order of them.
        """
        column = Sql(field.column)
        if test.sign in (NULL, EXISTS):
            there = field.within.format(there_test(column, EXISTS).text)
            return Sql(there if test.sign == EXISTS else f"NOT ({there})")
        self._check_sign(field.kind, test)
        return either(self._field_value(field, column, test.sign, word) for word in test.values)

    def _field_value(self, field: Field, column: Sql, sign: str, word: Word) -> Sql:
        if is_null(word) and sign == EQUAL:
            return Sql(f"NOT ({field.within.format(there_test(column, EXISTS).text)})")
        test = self._compared(field, column, sign, word)
        return Sql(field.within.format(test.text), test.values)

    def _compared(self, field: Field, column: Sql, sign: str, word: Word) -> Sql:
        if field.kind is Kind.NUMBER:
            number = number_of(word)
            if number is None:
                raise self._no_number(word)
            return number_test(column, sign, number)
        if field.kind is Kind.TIME:
            span = span_of(word, self._now)
            if span is None:
                raise self._error(word, f"`{self._shown(word)}` is no time", _TIME_FORMS)
            return time_test(column, sign, span)
        if sign == LIKE:
            return pattern_test(column, pattern_of(word))
        if field.kind is Kind.ID:
            return begin_test(column, word.text)
        self._check_option(field.options, word)
        return text_test(column, word.text)

    def _check_sign(self, kind: Kind, test: Test) -> None:
        name = safe_text(test.name.text, 60)
        if kind in (Kind.NUMBER, Kind.TIME) and test.sign == LIKE:
            raise self._error(
                test.at, f"`~` looks into texts, and {name} is a {kind}", "= != < <= > >= or in"
            )
        if kind in (Kind.TEXT, Kind.ID) and test.sign in ORDERS:
            raise self._error(
                test.at,
                f"`{test.sign}` is for numbers and times, and {name} is a text",
                "= != ~ in",
            )

    def _check_option(self, options: Sequence[str], word: Word) -> None:
        if options and word.text not in options:
            raise WhereError(
                f"`{self._shown(word)}` is none of its values",
                self._expression,
                word.start,
                word.stop,
                options={"values": options},
            )

    def check_metric(self, test: Test) -> None:
        """Raise WhereError unless the test is one of numbers."""
        self._check_sign(Kind.NUMBER, test)
        for word in test.values:
            special = test.sign == EQUAL and (is_nan(word) or is_null(word))
            if number_of(word) is None and not special:
                raise self._no_number(word)

    def suits_metric(self, test: Test) -> bool:
        """Whether a number could pass the test at all."""
        try:
            self.check_metric(test)
        except WhereError:
            return False
        return True

    def check_config(self, test: Test) -> None:
        """Raise WhereError where an order is asked for with what is no number."""
        for word in test.values:
            if test.sign in ORDERS and number_of(word) is None:
                raise self._no_number(word)

    def _no_number(self, word: Word) -> WhereError:
        quoted = "; in quotes it is a text" if word.kind == "quoted" else ""
        return self._error(
            word, f"`{self._shown(word)}` is no number{quoted}", "such as 0.97 or 1e-3"
        )

    def _shown(self, word: Word) -> str:
        return safe_text(word.text, 60)

    def _error(self, word: Word, cause: str, next: str) -> WhereError:
        return WhereError(cause, self._expression, word.start, word.stop, next=next)
