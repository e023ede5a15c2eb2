"""What candidates are judged by, and what became of one: means over its repetitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from agilml.model import TrialState
from agilml.sweep.search.base import Objective, Observation
from agilml.sweep.search.constraints import Constraint

Results = Callable[[str], Mapping[str, tuple[float | None, ...]]]
"""Gives ``(last, low, high)`` of every metric of a trial, by name."""


@dataclass(frozen=True, slots=True)
class Goals:
    """What candidates are judged by.

    Attributes:
        objectives: the first one is the sweep's metric.
        constraints: what a candidate must keep to be of use.
    """

    objectives: Sequence[Objective]
    constraints: Sequence[Constraint] = ()

    def values(self, results: Mapping[str, tuple[float | None, ...]]) -> tuple[float, ...] | None:
        """Return the best value of every objective, or None where one was never logged."""
        found: list[float] = []
        for one in self.objectives:
            _, low, high = results.get(one.metric, (None, None, None))
            best = high if one.mode == "max" else low
            if best is None:
                return None
            found.append(best)
        return tuple(found)

    def violations(self, results: Mapping[str, tuple[float | None, ...]]) -> tuple[float, ...]:
        """Return how far each constraint is missed; 0 or less is kept."""
        last = {name: value[0] for name, value in results.items() if value[0] is not None}
        return tuple(one.violation(last) for one in self.constraints)


def observe(ended: Mapping[str, TrialState], goals: Goals, results: Results) -> Observation:
    """Return what became of a candidate whose trials have all ended: means over those that succeeded."""
    for state in (TrialState.SUCCEEDED, TrialState.PRUNED):
        trials = [trial for trial, found in ended.items() if found is state]
        if not trials:
            continue
        found = [results(trial) for trial in trials]
        values = [one for one in map(goals.values, found) if one is not None]
        violations = [goals.violations(one) for one in found]
        return Observation(
            state,
            _means(values) if values else None,
            tuple(max(column) for column in zip(*violations, strict=True)),
        )
    state = TrialState.FAILED if TrialState.FAILED in ended.values() else TrialState.CANCELLED
    return Observation(state, None)


def mean(values: Collection[float]) -> float:
    """Return the mean; NaN where a value is not finite, which `fsum` would refuse."""
    if not all(map(math.isfinite, values)):
        return math.nan
    # Divided first: the sum of values that a float can hold may be none.
    return math.fsum(value / len(values) for value in values)


def _means(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(mean(column) for column in zip(*rows, strict=True))
