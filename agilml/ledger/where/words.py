"""The words of an expression, and how to say which of them is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agilml.errors import UsageError

LONGEST = 10_000
"""Characters of an expression at most."""

EXAMPLE = "agil runs --where 'val_acc > 0.97 and tag = best'"

_WORD = re.compile(
    r"""(?P<space>\s+)
      | '(?P<single>(?:[^']|'')*)'
      | "(?P<double>(?:[^"]|"")*)"
      | (?P<sign>[<>!]=|==|[=<>~(),])
      | (?P<word>[^\s'"=<>!~(),]+)""",
    re.VERBOSE,
)


class WhereError(UsageError):
    """An expression that cannot be understood; ``start`` and ``stop`` say which part of it.

    Args:
        cause: one sentence without a full stop.
        expression: the whole text.
        start: index of the first character of the part.
        stop: index behind its last character.
        next: what to type instead.
        options: what there is instead, by title; whoever shows the error says which of it is closest.
    """

    def __init__(
        self,
        cause: str,
        expression: str,
        start: int,
        stop: int,
        *,
        next: str = EXAMPLE,
        options: Mapping[str, Sequence[str]] | None = None,
    ):
        super().__init__(cause, kept="nothing was changed", next=next)
        self.expression = expression
        self.start = start
        self.stop = max(stop, start + 1)
        self.options = options or {}

    @property
    def word(self) -> str:
        """The part that is wrong, without quotes."""
        return self.expression[self.start : self.stop].strip("'\"")


class Word(NamedTuple):
    """A word: ``kind`` is ``word``, ``quoted``, ``sign`` or, behind the last one, ``end``."""

    kind: str
    text: str
    start: int
    stop: int

    def is_word(self, *texts: str) -> bool:
        """Whether this is one of these words of the language, in letters of any case."""
        return self.kind == "word" and self.text.lower() in texts

    def is_sign(self, *texts: str) -> bool:
        """Whether this is one of these signs."""
        return self.kind == "sign" and self.text in texts


def words_of(expression: str) -> list[Word]:
    """Return the words of ``expression``, and one of kind ``end`` behind them.

    Raises:
        WhereError: a quote is not closed, or ``!`` stands alone, or the text is longer than :data:`LONGEST`,
            or it holds what no stored text can.
    """
    if len(expression) > LONGEST:
        raise WhereError(
            f"an expression has {LONGEST:,} characters at most, this one {len(expression):,}",
            expression,
            LONGEST,
            LONGEST + 1,
            next="a shorter --where; agil sql takes longer questions",
        )
    for at, char in enumerate(expression):
        if char == "\0" or "\ud800" <= char <= "\udfff":
            raise WhereError(
                "this character is in no text",
                expression,
                at,
                at + 1,
                next="leave it out, or look for `*` or `?` in its place with ~",
            )
    return [*_words(expression), Word("end", "", len(expression), len(expression))]


def _words(expression: str) -> Iterator[Word]:
    at = 0
    while at < len(expression):
        found = _WORD.match(expression, at)
        if found is None:
            raise _broken(expression, at)
        kind = str(found.lastgroup)
        if kind in ("single", "double"):
            quote = "'" if kind == "single" else '"'
            yield Word("quoted", found[kind].replace(quote * 2, quote), at, found.end())
        elif kind != "space":
            yield Word(kind, found[kind], at, found.end())
        at = found.end()


def _broken(expression: str, at: int) -> WhereError:
    char = expression[at]
    if char == "!":
        return WhereError("`!` stands alone", expression, at, at + 1, next="!= or not")
    return WhereError(
        f"the quote {char} is not closed",
        expression,
        at,
        len(expression),
        next=f"close it with {char}; {char}{char} inside of a text is one {char}",
    )
