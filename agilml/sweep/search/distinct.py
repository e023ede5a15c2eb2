"""Never the same candidate twice: Optuna's samplers repeat themselves where rows are few."""

from __future__ import annotations

import math
import random
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from agilml.model import digest
from agilml.sweep.search.base import Choice, Exhausted, Observation, Sampler
from agilml.sweep.search.draws import at_random
from agilml.sweep.search.space import Choices, Dimension

if TYPE_CHECKING:
    from agilml.sweep.search.space import SearchSpace

TRIES = 8
"""Answers of the sampler to one number before others are taken in its place."""
LISTED = 100_000
"""Spaces up to this size are written out when the sampler repeats itself; in larger ones a draw is new."""
DRAWS = 1_000


class Distinct:
    """A sampler that answers what another one answers, but nothing that was proposed or refused before."""

    def __init__(self, inner: Sampler, space: SearchSpace, seed: int) -> None:
        self._inner = inner
        self._space = space
        self._seed = seed
        self._gone: set[Hashable] = set()
        self._answers: Iterator[Choice] = iter(())
        self._answering: int | None = None
        self._offered: Hashable | None = None
        self._order: list[Choice] | None = None
        self._first = 0

    def ask(self, number: int, *, again: int = 0) -> Choice:
        """Return a candidate that is new.

        Raises:
            Exhausted: every candidate of the space was proposed or refused.
        """
        if again == 0 or self._answering != number:
            self._answers, self._answering = self._stream(number), number
        elif self._offered is not None:
            # Refused once, refused for ever: what excludes a candidate does not change.
            self._gone.add(self._offered)
        self._offered = None
        for choice in self._answers:
            if _key(choice) not in self._gone:
                self._offered = _key(choice)
                return choice
        raise Exhausted

    def proposed(self, number: int, choice: Choice) -> None:
        """Hear that the candidate is taken."""
        self._gone.add(_key(choice))
        self._inner.proposed(number, choice)

    def saw(self, number: int, step: int, value: float) -> None:
        """Pass it on."""
        self._inner.saw(number, step, value)

    def ended(self, number: int, observation: Observation) -> None:
        """Pass it on."""
        self._inner.ended(number, observation)

    def _stream(self, number: int) -> Iterator[Choice]:
        """Yield answers for ``number``: the sampler's own, then whatever is left."""
        for again in range(TRIES):
            yield self._inner.ask(number, again=again)
        if size_limit(self._space) > LISTED:
            for again in range(DRAWS):
                yield at_random(self._space, self._seed, number, TRIES + again)
        else:
            yield from self._left()

    def _left(self) -> Iterator[Choice]:
        if self._order is None:
            self._order = list(every_choice(self._space))
            rng = random.Random(int(digest([self._seed])[:16], 16))  # noqa: S311  not a secret
            rng.shuffle(self._order)
        while self._first < len(self._order) and _key(self._order[self._first]) in self._gone:
            self._first += 1
        yield from self._order[self._first :]


def size_limit(space: SearchSpace) -> float:
    """Return how many candidates there are if every condition holds; infinite with an open real dimension."""
    return math.prod(_size(dimension) for dimension in space.dimensions)


def every_choice(space: SearchSpace) -> Iterator[Choice]:
    """Yield every candidate of a space without an open real dimension, each once."""
    return _from(space, 0, {})


def _from(space: SearchSpace, i: int, chosen: dict[str, float | int]) -> Iterator[Choice]:
    if i == len(space.dimensions):
        yield dict(chosen)
        return
    dimension = space.dimensions[i]
    if not space.applies(dimension, chosen):
        yield from _from(space, i + 1, chosen)
        return
    for value in _values(dimension):
        yield from _from(space, i + 1, {**chosen, dimension.name: value})


def _size(dimension: Dimension) -> float:
    if isinstance(dimension, Choices):
        return len(dimension.labels)
    if dimension.low == dimension.high:
        return 1
    return dimension.high - dimension.low + 1 if dimension.integer else math.inf


def _values(dimension: Dimension) -> Iterator[float | int]:
    if isinstance(dimension, Choices):
        yield from range(len(dimension.labels))
    elif dimension.integer:
        yield from range(int(dimension.low), int(dimension.high) + 1)
    else:
        yield dimension.low


def _key(choice: Choice) -> Hashable:
    return tuple(sorted(choice.items()))
