"""What a sampler searches in: dimensions by name, some of which apply only next to certain choices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from agilml.errors import ConfigError
from agilml.model import JSON
from agilml.sweep.grammar_condition import Condition, Lookup, recalled
from agilml.sweep.search.base import Choice
from agilml.text import safe_text

_MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Choices:
    """A dimension with a fixed number of rows; a candidate holds the index of one.

    Attributes:
        labels: what each row is called on a screen: a value, or a mapping for rows that set several keys.
    """

    name: str
    labels: Sequence[JSON]
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """An open dimension from ``low`` to ``high``, both included."""

    name: str
    low: float
    high: float
    log: bool = False
    integer: bool = False
    when: Condition | None = None

    @property
    def middle(self) -> float | int:
        """The number half way between the ends, on the scale of the dimension."""
        value = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        return round(value) if self.integer else min(max(value, self.low), self.high)


Dimension: TypeAlias = Choices | Range


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """All candidates of a sweep.

    Attributes:
        dimensions: the order in which a candidate is put together: what a condition reads comes before
            the dimension that it is for.
        reads: gives what a condition reads, the first choices of a candidate made; without it a condition
            sees the labels of these choices alone.
    """

    dimensions: Sequence[Dimension]
    reads: Callable[[Choice], Lookup] | None = None

    def applies(self, dimension: Dimension, choice: Choice) -> bool:
        """Return whether ``dimension`` belongs to a candidate; ``choice`` holds all earlier dimensions."""
        if dimension.when is None:
            return True
        return dimension.when.holds((self.reads or self._labels)(choice))

    def check(self, choice: Choice) -> None:
        """Return if ``choice`` is a candidate of this space.

        Raises:
            ConfigError: a dimension is missing, does not apply, or has a value outside of it.
        """
        made: dict[str, float | int] = {}
        for one in self.dimensions:
            if self.applies(one, made) != (one.name in choice):
                fault = "does not apply" if one.name in choice else "is missing"
                raise ConfigError(f"`{safe_text(one.name)}` {fault} in a candidate of this sweep")
            if one.name in choice:
                made[one.name] = choice[one.name]
                if not holds(one, choice[one.name]):
                    shown = safe_text(choice[one.name], 40)
                    raise ConfigError(f"{shown} is no value of `{safe_text(one.name)}`")
        unknown = choice.keys() - made.keys()
        if unknown:
            raise ConfigError(f"`{safe_text(min(unknown))}` is no dimension of this sweep")

    def complete(self, fixed: Choice, asked: Choice) -> Choice:
        """Return a whole candidate: what ``fixed`` says, else ``asked``, else the first row or the middle."""
        made: dict[str, float | int] = {}
        for one in self.dimensions:
            if not self.applies(one, made):
                continue
            given = fixed.get(one.name, asked.get(one.name))
            if given is None:
                given = 0 if isinstance(one, Choices) else one.middle
            made[one.name] = given
        return made

    @property
    def size(self) -> int | None:
        """How many candidates there are; None: there is no end of them, or they take long to count."""
        if any(isinstance(one, Range) for one in self.dimensions):
            return None
        read = self._read()
        free = math.prod(_width(one) for one in self.dimensions if one not in read)
        count = 0
        for _ in self._branches(read):
            count += 1
            if count > _MOST_COUNTED:
                return None
        return count * free

    def as_json(self) -> list[JSON]:
        """Return the plain form that goes into the ledger."""
        return [_plain(one) for one in self.dimensions]

    @classmethod
    def from_json(
        cls, data: Sequence[Mapping[str, Any]], reads: Callable[[Choice], Lookup] | None = None
    ) -> SearchSpace:
        """Return the space with the plain form ``data``."""
        return cls(tuple(_recalled(one) for one in data), reads)

    def _read(self) -> list[Dimension]:
        """Return the dimensions that conditions read, and those that have conditions."""
        conditional = [one for one in self.dimensions if one.when is not None]
        names = {name for one in conditional if one.when for name in one.when.names}
        if not names <= {key for one in self.dimensions for key in _keys(one)}:
            # A value of the config: any choice may change it.
            return list(self.dimensions)
        return [one for one in self.dimensions if one.when is not None or names & _keys(one)]

    def _branches(self, read: Sequence[Dimension]) -> Iterator[Choice]:
        """Yield every choice of the dimensions in ``read``, the others at their first row."""

        def grow(n: int, made: dict[str, float | int]) -> Iterator[Choice]:
            if n == len(self.dimensions):
                yield made
                return
            one = self.dimensions[n]
            if not self.applies(one, made):
                yield from grow(n + 1, made)
                return
            for index in range(_width(one) if one in read else 1):
                yield from grow(n + 1, {**made, one.name: index})

        return grow(0, {})

    def _labels(self, choice: Choice) -> Lookup:
        chosen: dict[str, Any] = {}
        for one in self.dimensions:
            if one.name not in choice:
                continue
            value = (
                one.labels[int(choice[one.name])] if isinstance(one, Choices) else choice[one.name]
            )
            chosen.update(value if isinstance(value, dict) else {one.name: value})
        return chosen.__getitem__


def holds(one: Dimension, value: float | int) -> bool:
    """Return whether ``value`` is a row of the dimension or lies in its range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(one, Choices):
        return value in range(len(one.labels))
    whole = not one.integer or float(value).is_integer()
    return one.low <= value <= one.high and whole


def _width(one: Dimension) -> int:
    return len(one.labels) if isinstance(one, Choices) else 1


def _keys(one: Dimension) -> set[str]:
    labels = one.labels if isinstance(one, Choices) else ()
    return {one.name}.union(*(label for label in labels if isinstance(label, dict)))


def _plain(one: Dimension) -> JSON:
    found: dict[str, JSON] = {"name": one.name}
    if isinstance(one, Choices):
        found["choices"] = list(one.labels)
    else:
        found |= {"low": one.low, "high": one.high, "log": one.log, "integer": one.integer}
    return found | ({} if one.when is None else {"when": one.when.plain})


def _recalled(data: Mapping[str, Any]) -> Dimension:
    when = recalled(data["when"]) if "when" in data else None
    if "choices" in data:
        return Choices(data["name"], tuple(data["choices"]), when)
    return Range(data["name"], data["low"], data["high"], data["log"], data["integer"], when)
