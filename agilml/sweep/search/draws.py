"""Candidates from numbers between 0 and 1: at random, or spread evenly (quasi-Monte Carlo).

What is drawn for a number depends on the seed and the number only, so nothing has to be learnt or replayed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agilml.model import digest
from agilml.sweep.search.base import Choice, Observation
from agilml.sweep.search.space import Choices, Range

if TYPE_CHECKING:
    from agilml.sweep.search.space import Dimension, SearchSpace


class RandomDraws:
    """A sampler that draws each candidate independently."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._space = space
        self._seed = seed

    def ask(self, number: int, *, again: int = 0) -> Choice:
        """Return the ``again``-th draw for ``number``."""
        return at_random(self._space, self._seed, number, again)

    def proposed(self, number: int, choice: Choice) -> None:
        """Do nothing: draws do not depend on each other."""

    def saw(self, number: int, step: int, value: float) -> None:
        """Do nothing: draws do not depend on values."""

    def ended(self, number: int, observation: Observation) -> None:
        """Do nothing: draws do not depend on results."""


class EvenDraws(RandomDraws):
    """A sampler that goes along a Sobol or Halton sequence: ``number`` is the place in it.

    Optuna's own draws its first point elsewhere, counts in the study and knows no conditions; the sequences
    are scipy's there as well.
    """

    def __init__(self, space: SearchSpace, seed: int, kind: str, *, scramble: bool) -> None:
        from scipy.stats import qmc

        super().__init__(space, seed)
        make = qmc.Sobol if kind == "sobol" else qmc.Halton
        rng = int(digest([seed])[:8], 16)
        self._sequence = make(max(1, len(space.dimensions)), scramble=scramble, rng=rng)
        self._next = 0

    def ask(self, number: int, *, again: int = 0) -> Choice:
        """Return the point ``number`` of the sequence; where that was refused, one at random."""
        if again:
            return super().ask(number, again=again)
        if number < self._next:
            self._sequence.reset()
            self._next = 0
        if number > self._next:
            self._sequence.fast_forward(number - self._next)
        self._next = number + 1
        return from_unit(self._space, self._sequence.random(1)[0].tolist())


def at_random(space: SearchSpace, *key: int) -> Choice:
    """Return a candidate drawn uniformly; the same ``key`` gives the same one."""
    rng = random.Random(int(digest(list(key))[:16], 16))  # noqa: S311  repeatable draws, not secrets
    return from_unit(space, [rng.random() for _ in space.dimensions])


def from_unit(space: SearchSpace, point: Sequence[float]) -> Choice:
    """Return the candidate at ``point``: for each dimension, in order, a number from 0 to below 1."""
    choice: dict[str, float | int] = {}
    for dimension, u in zip(space.dimensions, point, strict=True):
        if space.applies(dimension, choice):
            choice[dimension.name] = _value(dimension, u)
    return choice


def _value(dimension: Dimension, u: float) -> float | int:
    match dimension:
        case Choices(labels=labels):
            return min(int(u * len(labels)), len(labels) - 1)
        case Range(low=low, high=high, log=log, integer=True):
            # Half a unit more on both sides: the ends are as likely as the others.
            wide = _between(low - 0.5, high + 0.5, u, log=log)
            return int(min(max(round(wide), low), high))
        case Range(low=low, high=high, log=log):
            return min(max(_between(low, high, u, log=log), low), high)


def _between(low: float, high: float, u: float, *, log: bool) -> float:
    if log:
        return math.exp(math.log(low) + u * (math.log(high) - math.log(low)))
    return low + u * (high - low)
