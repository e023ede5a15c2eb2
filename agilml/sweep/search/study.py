"""Optuna's samplers behind our seam: a study in memory that holds what was told, and no truth.

Three rules make a study that was rebuilt from the ledger suggest what the first one would have suggested:

- each question gets a new Optuna sampler, seeded by the sweep's seed and the number of the candidate;
- a question is asked of a throw-away trial, told as failed at once, which no sampler looks at; the candidate
  itself is always enqueued, whether it was asked for a moment ago or is replayed years later;
- samplers with generations write into a candidate which generation it belongs to; they do so when it is
  proposed, with what was known then.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import optuna
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import Trial
from optuna.trial import TrialState as Told

from agilml.model import TrialState, digest
from agilml.sweep.search.base import Choice, Objective, Observation
from agilml.sweep.search.space import Choices

if TYPE_CHECKING:
    from agilml.sweep.search.space import SearchSpace


def direction(objective: Objective) -> StudyDirection:
    """Return Optuna's word for the mode of an objective."""
    return StudyDirection.MAXIMIZE if objective.mode == "max" else StudyDirection.MINIMIZE


class Generations(Enum):
    """Which candidates become members of a sampler's generations."""

    NONE = "the sampler has none"
    ALL = "every candidate, whoever chose it"
    OWN = "those that the sampler itself chose; others would lead its distribution astray"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One of Optuna's samplers.

    Attributes:
        make: returns a new sampler for a seed and the number of a candidate.
        generations: who becomes a member of one.
        constraints: whether it takes them into account.
    """

    make: Callable[[int, int], BaseSampler]
    generations: Generations = Generations.NONE
    constraints: bool = True


class OptunaSampler:
    """A sampler that asks Optuna."""

    def __init__(
        self,
        algorithm: Algorithm,
        space: SearchSpace,
        objectives: Sequence[Objective],
        seed: int,
    ) -> None:
        # Optuna reports every study and trial on standard error otherwise.
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._algorithm = algorithm
        self._space = space
        self._seed = seed
        self._idle = RandomSampler(seed=0)
        self._study = optuna.create_study(
            directions=[direction(objective) for objective in objectives], sampler=self._idle
        )
        self._single = len(objectives) == 1
        self._open: dict[int, Trial] = {}
        self._seen: dict[int, tuple[int, float]] = {}
        self._failed: dict[int, Choice] = {}

    def ask(self, number: int, *, again: int = 0) -> Choice:
        """Return what Optuna suggests for ``number``."""
        question = self._trial(number, again)
        choice = self._suggest(question)
        self._study.tell(question, state=Told.FAIL)
        self._study.sampler = self._idle
        return choice

    def proposed(self, number: int, choice: Choice) -> None:
        """Count the candidate as running from now on."""
        if number in self._open:
            return
        joins = self._algorithm.generations is Generations.ALL or (
            self._algorithm.generations is Generations.OWN and self.ask(number) == choice
        )
        self._study.enqueue_trial(dict(choice))
        trial = self._trial(number, 0) if joins else self._study.ask()
        if joins:
            # Reading them makes the sampler note the generation in the trial; the values are not used.
            _ = trial.relative_params
        self._suggest(trial)
        self._study.sampler = self._idle
        self._open[number] = trial

    def saw(self, number: int, step: int, value: float) -> None:
        """Keep the newest value: it is what a pruned candidate is judged by."""
        if step >= self._seen.get(number, (step, value))[0]:
            self._seen[number] = (step, value)

    def ended(self, number: int, observation: Observation) -> None:
        """Tell Optuna; a candidate that failed may end once more, after it was tried again."""
        if number in self._failed:
            self.proposed(number, self._failed.pop(number))
        trial = self._open.pop(number, None)
        if trial is None:
            return
        seen = self._seen.pop(number, None)
        state = _told(observation)
        if state is Told.FAIL:
            self._failed[number] = dict(trial.params)
            self._study.tell(trial, state=state)
            return
        if self._algorithm.constraints:
            for i, violation in enumerate(observation.violations):
                if math.isfinite(violation):
                    trial.set_constraint(str(i), violation)
        if state is Told.PRUNED:
            if seen is not None and self._single:
                # Optuna knows no step below 0; a recipe may log before its first one.
                step, value = max(seen[0], 0), seen[1]
                trial.report(value if math.isfinite(value) else math.nan, step)
            self._study.tell(trial, state=state)
        else:
            self._study.tell(trial, observation.values)

    def _trial(self, number: int, again: int) -> Trial:
        seed = int(digest([self._seed, number, again])[:8], 16)
        with warnings.catch_warnings():
            # Settings that Optuna calls experimental are covered by our own tests.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study.sampler = self._algorithm.make(seed, number)
        return self._study.ask()

    def _suggest(self, trial: Trial) -> Choice:
        """Return the parameters of ``trial``, dimension by dimension where each applies."""
        choice: dict[str, float | int] = {}
        for dimension in self._space.dimensions:
            if not self._space.applies(dimension, choice):
                continue
            name = dimension.name
            if isinstance(dimension, Choices):
                choice[name] = trial.suggest_categorical(name, range(len(dimension.labels)))
            elif dimension.integer:
                choice[name] = trial.suggest_int(
                    name, int(dimension.low), int(dimension.high), log=dimension.log
                )
            else:
                choice[name] = trial.suggest_float(
                    name, dimension.low, dimension.high, log=dimension.log
                )
        return choice


def _told(observation: Observation) -> Told:
    """Return Optuna's state; a success without finite values and constraints teaches nothing: FAIL."""
    if observation.state is TrialState.PRUNED:
        return Told.PRUNED
    numbers = (*(observation.values or ()), *observation.violations)
    if observation.state is not TrialState.SUCCEEDED or observation.values is None:
        return Told.FAIL
    return Told.COMPLETE if all(map(math.isfinite, numbers)) else Told.FAIL
