"""What each configuration key does to the length of a run, found by ridge regression.

The logarithm of the seconds is taken as a sum of effects, one per key: a slope on the logarithm of a positive
number (twice the epochs, about twice the time) and a step for each value that was seen more than once. Every
effect is drawn towards zero (Hoerl and Kennard, 1970), the more the less was seen, so that a handful of runs
moves a prediction little.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from agilml.model import canonical

if TYPE_CHECKING:
    import numpy as np

MOST_KEYS = 64
MOST_STEPS = 24
"""Most values of one key that get a step of their own: the most frequent ones."""

NOISE = 0.2
"""How much two runs of one configuration differ, as a standard deviation of log seconds."""

FEW = 10
"""With so many runs they are believed half as much as many are: the first ones are the odd ones."""

SLOPE = 1.0
STEP = 0.7
STEP_OFF_SLOPE = 0.25
LEVEL = 3.0
"""How large effects are before anything was seen: standard deviations, in the same unit.

Steps of a key that has a slope are small, so that what a slope explains is not taken for steps, which would
say nothing about values that were never seen.
"""

SHORTEST, LONGEST = 1e-3, 1e9
"""Seconds; nothing is learned from or predicted beyond, however far it extrapolates."""

Lookup: TypeAlias = "str | int | float | None"


@dataclass(frozen=True, slots=True)
class Run:
    """A configuration by dotted key, and the seconds that a run of it took."""

    config: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What one key does to the log of the seconds.

    Attributes:
        slope: per unit of the log of a positive value.
        middle: that log at which the slope has no effect.
        steps: what a value adds besides.
    """

    slope: float = 0.0
    middle: float = 0.0
    steps: Mapping[Lookup, float] = field(default_factory=dict)

    def of(self, value: Any) -> float:
        """Return the effect of ``value``; nothing is added for one that was never seen."""
        found = self.steps.get(_lookup(value), 0.0)
        if self.slope and _positive(value):
            found += self.slope * (math.log(value) - self.middle)
        return found


@dataclass(frozen=True, slots=True)
class Effects:
    """What some runs teach.

    Attributes:
        level: log seconds of a run in which no key has an effect.
        by_key: only keys in which the runs differed.
        errors: for each run, how far its log seconds are from what the others say of it, without sign.
    """

    level: float
    by_key: Mapping[str, Effect]
    errors: Sequence[float]


def fit_effects(runs: Sequence[Run]) -> Effects:
    """Return what ``runs``, at least one, teach.

    Each column is scaled by the size its effect may have, so that one penalty fits all: the posterior
    mean of a linear model with normal priors. The error of a run left out is its residual over one
    minus its leverage (Allen, 1974).
    """
    # Imported here: a controller that orders nothing needs no numpy.
    import numpy as np

    columns = _columns(runs)
    logs = np.array([log_seconds(run.seconds) for run in runs])
    sizes = np.array([column.size for column in columns])
    table = np.array([[column.of(run.config) for column in columns] for run in runs])
    scaled = np.hstack([table.reshape(len(runs), -1) * sizes, np.full((len(runs), 1), LEVEL)])
    penalty = NOISE**2 * (1 + FEW / len(runs))
    inverse = np.linalg.inv(scaled @ scaled.T + penalty * np.eye(len(runs)))
    solved = inverse @ (logs - logs.mean())
    weights = scaled.T @ solved
    level = float(logs.mean() + LEVEL * weights[-1])
    # The residual is penalty * solved, and one minus the leverage penalty * diag(inverse).
    errors = np.abs(solved / np.diag(inverse))
    return Effects(level, _by_key(columns, weights[:-1] * sizes), errors.tolist())


def log_seconds(seconds: float) -> float:
    """Return the log of ``seconds``, which are taken to lie in a sensible range."""
    return math.log(min(max(seconds, SHORTEST), LONGEST))


@dataclass(frozen=True, slots=True)
class _Column:
    """One unknown of the regression: the slope of a key (no ``value``), or the step of one value."""

    key: str
    size: float
    slope: bool = False
    middle: float = 0.0
    value: Lookup = None

    def of(self, config: Mapping[str, Any]) -> float:
        """Return what stands in this column for ``config``."""
        found = config.get(self.key)
        if self.slope:
            return math.log(found) - self.middle if _positive(found) else 0.0
        return float(_lookup(found) == self.value)


def _columns(runs: Sequence[Run]) -> list[_Column]:
    """Return a column for everything in which the runs differ."""
    found: list[_Column] = []
    for key in sorted({key for run in runs for key in run.config}):
        values = [run.config.get(key) for run in runs]
        seen = Counter(map(_lookup, values))
        if len(seen) < 2:
            continue
        if len({column.key for column in found}) == MOST_KEYS:
            break
        step = STEP
        logs = [math.log(value) for value in values if _positive(value)]
        if len(logs) == len(values) - seen[None]:
            step = STEP_OFF_SLOPE
            middle = statistics.fmean(logs)
            found.append(_Column(key, SLOPE, slope=True, middle=middle))
        frequent = [(value, n) for value, n in seen.most_common(MOST_STEPS) if n > 1]
        found += [_Column(key, step, value=value) for value, _ in frequent]
    return found


def _by_key(columns: Sequence[_Column], found: np.ndarray[Any, Any]) -> dict[str, Effect]:
    effects: dict[str, Effect] = {}
    for column, weight in zip(columns, found.tolist(), strict=True):
        before = effects.get(column.key, Effect())
        if column.slope:
            effects[column.key] = Effect(weight, column.middle, before.steps)
        else:
            steps = {**before.steps, column.value: weight}
            effects[column.key] = Effect(before.slope, before.middle, steps)
    return effects


def _positive(value: Any) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value < math.inf


def _lookup(value: Any) -> Lookup:
    """Return something that stands for ``value`` and can be looked up."""
    if value is None or isinstance(value, str | int | float):
        return value
    return canonical(value)
