"""An expression as a tree: tests, and what joins them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agilml.ledger.where.words import Word

EQUAL = "="
LIKE = "~"
NULL = "null"
EXISTS = "exists"
ORDERS = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Name:
    """What is looked at: ``text``, or one value of a metric where ``value`` names it.

    Attributes:
        text: as written, without quotes.
        value: ``last``, ``best``, ``min`` or ``max``; empty where nothing of the kind was written.
        start: index of its first character in the expression.
        stop: index behind its last.
    """

    text: str
    value: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Test:
    """One question about a run.

    Attributes:
        name: what is looked at.
        sign: one of :data:`ORDERS`, :data:`EQUAL` (one of ``values``), :data:`LIKE`, :data:`NULL` (it has no
            value) or :data:`EXISTS` (it is there, null or not).
        values: one; several for ``in (…)``; none for ``is null`` and ``exists``.
        at: the sign as written.
    """

    name: Name
    sign: str
    values: Sequence[Word]
    at: Word


@dataclass(frozen=True, slots=True)
class Not:
    """True where ``part`` is false."""

    part: Node


@dataclass(frozen=True, slots=True)
class Joined:
    """All of ``parts`` (``word`` is ``AND``) or at least one of them (``OR``)."""

    word: str
    parts: Sequence[Node]


Node: TypeAlias = "Test | Not | Joined"
