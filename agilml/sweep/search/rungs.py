"""Successive halving without waiting: a trial goes on while it is among the best at each rung.

Asynchronous successive halving in its stopping form (doi:10.48550/arXiv.1810.05934, and Optuna's
``SuccessiveHalvingPruner``, with which the decisions here are the same). Optuna's looks through all trials at
each report; here a rung is a sorted list.
"""

from __future__ import annotations

import math
import zlib
from array import array
from bisect import bisect_left, bisect_right, insort

from agilml.model import TrialState
from agilml.sweep.search.base import Action, Objective
from agilml.sweep.search.watch import Verdict, Watched, better, shown


class Rungs:
    """Rungs at ``least``, ``least * factor``, ``least * factor²`` … steps; one in ``factor`` passes each.

    The resource of step ``s`` is ``s + 1``: steps count from 0. Where values come so rarely that one passes
    several rungs at once, the trial is judged at the highest of them.
    """

    def __init__(self, objective: Objective, least: int, factor: int) -> None:
        self._objective = objective
        self._sign = better(objective)
        self._least = least
        self._factor = factor
        self._values: dict[int, array[float]] = {}

    def judge(self, watched: Watched, step: int, value: float) -> Verdict | None:
        """Return why the trial does not pass the rung that it has reached, if it has reached one."""
        rung = self._reached(step + 1)
        if rung is None or rung in watched.memory:
            return None
        if math.isnan(value):
            return Verdict(Action.PRUNE, f"{self._objective.metric} is nan at step {step}")
        watched.memory = {rung: value}
        return self._compare(rung, step, value)

    def learn(self, watched: Watched, state: TrialState) -> None:
        """Do nothing: what a trial had at a rung stays there, however it ended."""

    def _reached(self, resource: int) -> int | None:
        if resource < self._least:
            return None
        rung, at = 0, self._least * self._factor
        while at <= resource:
            rung, at = rung + 1, at * self._factor
        return rung

    def _compare(self, rung: int, step: int, value: float) -> Verdict | None:
        values = self._values.setdefault(rung, array("d"))
        mine = self._sign * value
        insort(values, mine)
        passing = max(len(values) // self._factor, 1)
        if mine <= values[passing - 1]:
            return None
        rank, best = bisect_left(values, mine) + 1, self._sign * values[0]
        return Verdict(
            Action.PRUNE,
            f"ranks {rank} of {len(values)} at step {step}: {shown(value)}, best {shown(best)}",
        )


class Brackets:
    """Hyperband: several ladders of rungs that begin at different heights; each candidate is on one.

    The number of ladders and the share of candidates on each follow doi:10.48550/arXiv.1603.06560, as in
    Optuna's ``HyperbandPruner``.
    """

    def __init__(self, objective: Objective, least: int, most: int | None, factor: int) -> None:
        self._objective = objective
        self._least = least
        self._factor = factor
        self._ladders: list[Rungs] = []
        self._shares: list[int] = []
        if most is not None:
            self._build(most)

    def judge(self, watched: Watched, step: int, value: float) -> Verdict | None:
        """Return why the trial does not pass a rung of its own ladder."""
        if not self._ladders:
            return None
        return self._ladders[self._bracket(watched.number)].judge(watched, step, value)

    def learn(self, watched: Watched, state: TrialState) -> None:
        """Take the length of the first trial that ran to its end, where nobody gave one."""
        if not self._ladders and state is TrialState.SUCCEEDED and watched.last is not None:
            self._build(watched.last + 1)

    def _build(self, most: int) -> None:
        heights, least = [self._least], self._least * self._factor
        while least <= most:
            heights.append(least)
            least *= self._factor
        self._ladders = [Rungs(self._objective, height, self._factor) for height in heights]
        n = len(heights)
        # Below, s is the paper's: how many rungs a ladder has beyond its first.
        self._shares = [math.ceil(n * self._factor**s / (s + 1)) for s in reversed(range(n))]

    def _bracket(self, number: int) -> int:
        place = zlib.crc32(str(number).encode()) % sum(self._shares)
        sums = [sum(self._shares[: i + 1]) for i in range(len(self._shares))]
        return bisect_right(sums, place)
