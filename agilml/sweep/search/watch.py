"""What every stopper does alike: a value counts once, a trial is decided about once, NaN ends it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agilml.model import TrialState
from agilml.sweep.search.base import Action, Decision, Objective

NOTHING: Sequence[Decision] = ()


@dataclass(slots=True)
class Watched:
    """A trial that has not ended.

    Attributes:
        trial: its id.
        number: its candidate.
        repeat: which repetition of it.
        last: the highest step that counted.
        reports: how many values counted.
        decided: whether its end was decided.
        memory: what the rule keeps about it.
    """

    trial: str
    number: int
    repeat: int
    last: int | None = None
    reports: int = 0
    decided: bool = False
    memory: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a trial shall end."""

    action: Action
    reason: str


class Rule(Protocol):
    """A stopper without the bookkeeping."""

    def judge(self, watched: Watched, step: int, value: float) -> Verdict | None:
        """Return why the trial shall end now. Each step comes once, in growing order."""

    def learn(self, watched: Watched, state: TrialState) -> None:
        """Hear that the trial has ended, as ``succeeded`` or ``pruned``."""


class Watch:
    """A stopper that applies a rule to one trial at a time.

    A step that comes again, after a resume from a checkpoint, is not counted and not judged again. A trial
    whose end was decided is not judged any more.
    """

    def __init__(self, name: str, objective: Objective, rule: Rule, *, nan: bool) -> None:
        self._name = name
        self._objective = objective
        self._rule = rule
        self._nan = nan
        self._watched: dict[str, Watched] = {}

    def planned(self, trial: str, number: int, repeat: int) -> None:
        """Watch the trial."""
        self._watched.setdefault(trial, Watched(trial, number, repeat))

    def saw(self, trial: str, step: int, value: float) -> Sequence[Decision]:
        """Return a decision if the rule, or a value that is no number, calls for one."""
        watched = self._watched.get(trial)
        if (
            watched is None
            or watched.decided
            or (watched.last is not None and step <= watched.last)
        ):
            return NOTHING
        watched.last = step
        watched.reports += 1
        verdict = self._diverged(step, value) or self._rule.judge(watched, step, value)
        if verdict is None:
            return NOTHING
        watched.decided = True
        return (Decision(trial, verdict.action, self._name, step, value, verdict.reason),)

    def ended(
        self,
        trial: str,
        state: TrialState,
        value: float | None,  # noqa: ARG002  part of the seam; repetitions are compared by it
    ) -> Sequence[Decision]:
        """Forget the trial, after the rule has learnt from it; one that failed may be tried again."""
        if trial in self._watched and state in (TrialState.SUCCEEDED, TrialState.PRUNED):
            self._rule.learn(self._watched.pop(trial), state)
        return NOTHING

    def _diverged(self, step: int, value: float) -> Verdict | None:
        if not self._nan or math.isfinite(value):
            return None
        return Verdict(Action.PRUNE, f"{self._objective.metric} is {value} at step {step}")


def better(objective: Objective) -> float:
    """Return the sign that makes smaller better: -1 where the mode is ``max``."""
    return -1.0 if objective.mode == "max" else 1.0


def shown(value: float) -> str:
    """Return a metric's value as tables show it."""
    return f"{value:.4g}"
