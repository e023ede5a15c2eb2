"""From text to tree, by recursive descent.

.. code-block:: text

    any   = all ("or" all)*
    all   = not ("and" not)*
    not   = "not" not | "(" any ")" | test
    test  = name ("=" | "!=" | "<" | "<=" | ">" | ">=" | "~") value
          | name ["not"] "in" "(" value ("," value)* ")"
          | name "is" ["not"] "null"
          | name "exists"
    name  = WORD | QUOTED | ("last" | "best" | "min" | "max") "(" (WORD | QUOTED) ")"
    value = WORD | QUOTED
"""

from __future__ import annotations

from agilml.ledger.where.tree import (
    EQUAL,
    EXISTS,
    LIKE,
    NULL,
    ORDERS,
    Joined,
    Name,
    Node,
    Not,
    Test,
)
from agilml.ledger.where.words import WhereError, Word, words_of

DEEPEST = 50
"""Parentheses and ``not`` inside of each other at most; SQLite's own limit is far higher."""

MOST = 200
"""Tests in one expression at most."""

VALUES_OF_A_METRIC = ("last", "best", "min", "max")
KEYWORDS = ("and", "or", "not", "in", "is", "null", "exists")

_NO_VALUES = tuple(word for word in KEYWORDS if word != "null")
_SIGNS = (EQUAL, "==", "!=", *ORDERS, LIKE)


def parse(expression: str) -> Node:
    """Return the tree of ``expression``.

    Raises:
        WhereError: it does not follow the grammar above, or is too large.
    """
    return _Parser(expression).whole()


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._words = words_of(expression)
        self._at = 0
        self._depth = 0
        self._tests = 0

    def whole(self) -> Node:
        node = self._any()
        if self._here.kind != "end":
            raise self._wrong(self._here, "`and` or `or` is missing before")
        return node

    @property
    def _here(self) -> Word:
        return self._words[self._at]

    def _next(self) -> Word:
        word = self._here
        self._at += word.kind != "end"
        return word

    def _any(self) -> Node:
        parts = [self._all()]
        while self._here.is_word("or"):
            self._next()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Joined("OR", parts)

    def _all(self) -> Node:
        parts = [self._not()]
        while self._here.is_word("and"):
            self._next()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Joined("AND", parts)

    def _not(self) -> Node:
        word = self._here
        if not (word.is_word("not") or word.is_sign("(")):
            return self._test()
        self._next()
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(word, f"nothing may be more than {DEEPEST} levels deep")
        node = Not(self._not()) if word.kind == "word" else self._closed(word)
        self._depth -= 1
        return node

    def _closed(self, opening: Word) -> Node:
        node = self._any()
        if not self._here.is_sign(")"):
            if self._here.kind == "end":
                raise self._error(opening, "this parenthesis is not closed")
            raise self._wrong(self._here, "`and`, `or` or `)` is missing before")
        self._next()
        return node

    def _test(self) -> Node:
        self._tests += 1
        name = self._name()
        if self._tests > MOST:
            raise WhereError(
                f"an expression has {MOST} tests at most",
                self._expression,
                name.start,
                name.stop,
                next="name in (a, b, c) is one test; agil sql takes longer questions",
            )
        word = self._next()
        if word.is_sign(*_SIGNS):
            value = self._value(f"behind `{word.text}`")
            negative, sign = word.text == "!=", word.text.replace("==", EQUAL)
            test = Test(name, EQUAL if negative else sign, (value,), word)
            return Not(test) if negative else test
        if word.is_word("exists"):
            return Test(name, EXISTS, (), word)
        if word.is_word("is"):
            return self._is(name, word)
        if word.is_word("not") and self._here.is_word("in"):
            return Not(self._in(name, self._next()))
        if word.is_word("in"):
            return self._in(name, word)
        raise self._wrong(word, "a comparison (= != < <= > >= ~ in is exists) is wanted, not")

    def _is(self, name: Name, word: Word) -> Node:
        negative = self._here.is_word("not")
        if negative:
            self._next()
        if not self._here.is_word("null"):
            raise self._wrong(self._here, "`null` is wanted behind `is`, not")
        self._next()
        test = Test(name, NULL, (), word)
        return Not(test) if negative else test

    def _in(self, name: Name, word: Word) -> Test:
        opening = self._next()
        if not opening.is_sign("("):
            raise self._wrong(opening, "`(` is wanted behind `in`, not")
        values = [self._value("in the list")]
        while self._here.is_sign(","):
            self._next()
            values.append(self._value("in the list"))
        if not self._here.is_sign(")"):
            raise self._wrong(self._here, "`,` or `)` is wanted, not")
        self._next()
        return Test(name, EQUAL, values, word)

    def _name(self) -> Name:
        word = self._next()
        if word.kind == "quoted":
            return Name(word.text, "", word.start, word.stop)
        if word.kind != "word" or word.is_word(*KEYWORDS):
            raise self._wrong(word, "a name is wanted, not")
        if not (word.is_word(*VALUES_OF_A_METRIC) and self._here.is_sign("(")):
            return Name(word.text, "", word.start, word.stop)
        self._next()
        inside = self._next()
        if inside.kind not in ("word", "quoted"):
            raise self._wrong(inside, f"the name of a metric is wanted in `{word.text}(…)`, not")
        closing = self._next()
        if not closing.is_sign(")"):
            raise self._wrong(closing, "`)` is wanted, not")
        return Name(inside.text, word.text.lower(), word.start, closing.stop)

    def _value(self, where: str) -> Word:
        word = self._next()
        if word.kind == "quoted" or (word.kind == "word" and not word.is_word(*_NO_VALUES)):
            return word
        raise self._wrong(word, f"a value is wanted {where}, not")

    def _wrong(self, word: Word, cause: str) -> WhereError:
        shown = "the end" if word.kind == "end" else f"`{self._expression[word.start : word.stop]}`"
        return self._error(word, f"{cause} {shown}")

    def _error(self, word: Word, cause: str) -> WhereError:
        return WhereError(cause, self._expression, word.start, word.stop)
