"""Rules that look at one trial alone: converged, good enough, out of bounds, no number any more."""

from __future__ import annotations

import math

from agilml.model import TrialState
from agilml.sweep.search.base import Action, Objective
from agilml.sweep.search.watch import Verdict, Watched, better, shown


class Never:
    """No rule at all; the watch around it still ends trials whose metric is no number."""

    def judge(self, watched: Watched, step: int, value: float) -> Verdict | None:
        """Return None."""

    def learn(self, watched: Watched, state: TrialState) -> None:
        """Do nothing."""


class Patience(Never):
    """A trial has converged, and ends as succeeded, once its best value is ``reports`` values old.

    A value is an improvement if it is better than the best by more than ``delta``.
    """

    def __init__(self, objective: Objective, reports: int, delta: float) -> None:
        self._sign = better(objective)
        self._reports = reports
        self._delta = delta

    def judge(self, watched: Watched, step: int, value: float) -> Verdict | None:
        """Return that the trial has converged."""
        mine = self._sign * value
        best = watched.memory.get(0, math.inf)
        if mine < best - self._delta or (best == math.inf and not math.isnan(value)):
            watched.memory = {0: mine, 1: watched.reports, 2: step}
            return None
        waited = watched.reports - int(watched.memory.get(1, 0))
        if waited < self._reports:
            return None
        since = (
            f"since {shown(self._sign * best)} at step {int(watched.memory[2])}"
            if watched.memory
            else "at all"
        )
        return Verdict(Action.FINISH, f"{waited} values without an improvement {since}")


class Target(Never):
    """A trial is good enough, and ends as succeeded, once it reaches ``goal``."""

    def __init__(self, objective: Objective, goal: float) -> None:
        self._sign = better(objective)
        self._goal = goal

    def judge(
        self,
        watched: Watched,  # noqa: ARG002  one signature for every rule
        step: int,
        value: float,
    ) -> Verdict | None:
        """Return that the goal is reached."""
        if not self._sign * value <= self._sign * self._goal:
            return None
        return Verdict(Action.FINISH, f"reached {shown(self._goal)} at step {step}: {shown(value)}")


class Threshold(Never):
    """A trial whose value leaves ``lower`` … ``upper`` is not worth going on with."""

    def __init__(self, lower: float | None, upper: float | None, warmup: int) -> None:
        self._lower = -math.inf if lower is None else lower
        self._upper = math.inf if upper is None else upper
        self._warmup = warmup

    def judge(
        self,
        watched: Watched,  # noqa: ARG002  one signature for every rule
        step: int,
        value: float,
    ) -> Verdict | None:
        """Return which bound was crossed."""
        if step < self._warmup or self._lower <= value <= self._upper:
            return None
        side, bound = ("below", self._lower) if value < self._lower else ("above", self._upper)
        if math.isnan(value):
            return Verdict(Action.PRUNE, f"no number at step {step}")
        return Verdict(Action.PRUNE, f"{shown(value)} at step {step} is {side} {shown(bound)}")
