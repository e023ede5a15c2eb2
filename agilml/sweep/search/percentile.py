"""Worse than most finished trials were at the same step: median stopping and its relatives.

The decisions are those of Optuna's ``PercentilePruner`` where every trial reports the same steps. Optuna's
looks through all finished trials at each report; here each step has a sorted list.
"""

from __future__ import annotations

import math
from array import array
from bisect import insort

from agilml.model import TrialState
from agilml.sweep.search.base import Action, Objective
from agilml.sweep.search.watch import Verdict, Watched, better, shown


class Percentile:
    """A trial goes on while its best value is among the best ``percent`` of finished ones at that step.

    Args:
        objective: the metric, and which way is better.
        percent: 50 is the median.
        startup: how many trials must have succeeded before anything is judged.
        warmup: steps of a trial before it is judged.
        every: steps between two judgements of a trial; within these, values at different steps are compared.
    """

    def __init__(
        self, objective: Objective, percent: float, startup: int, warmup: int, every: int
    ) -> None:
        self._sign = better(objective)
        self._percent = percent
        self._startup = startup
        self._warmup = warmup
        self._every = every
        self._finished = 0
        self._values: dict[int, array[float]] = {}
        self._best: dict[str, float] = {}

    def judge(self, watched: Watched, step: int, value: float) -> Verdict | None:
        """Return why the trial shall end: what it had at best, and what it is compared with."""
        mine = self._sign * value
        best = self._best.get(watched.trial, math.nan)
        if math.isnan(best) or mine < best:
            best = self._best[watched.trial] = mine
        if step < self._warmup:
            return None
        interval = (step - self._warmup) // self._every
        if interval in watched.memory:
            return None
        watched.memory[interval] = mine
        if self._finished < max(self._startup, 1):
            return None
        if math.isnan(best):
            return Verdict(Action.PRUNE, f"no number until step {step}")
        values = self._values.get(interval)
        if not values:
            return None
        bound = _percentile(values, self._percent)
        if best <= bound:
            return None
        name = "median" if self._percent == 50 else f"best {self._percent:g} % end"
        return Verdict(
            Action.PRUNE,
            f"best so far {shown(self._sign * best)} at step {step}, "
            f"{name} at {shown(self._sign * bound)} of {len(values)} finished trials",
        )

    def learn(self, watched: Watched, state: TrialState) -> None:
        """Compare later trials with this one if it succeeded."""
        self._best.pop(watched.trial, None)
        if state is not TrialState.SUCCEEDED:
            return
        self._finished += 1
        for interval, value in watched.memory.items():
            if not math.isnan(value):
                insort(self._values.setdefault(interval, array("d")), value)


def _percentile(values: array[float], percent: float) -> float:
    """Return the percentile of sorted ``values`` with linear interpolation (``numpy.percentile``)."""
    place = (len(values) - 1) * percent / 100
    i = int(place)
    low, high = values[i], values[min(i + 1, len(values) - 1)]
    return low if low == high else low + (high - low) * (place - i)
