"""Repetitions that are not worth running: the candidate is worse than the best one, seed by seed.

Optuna's ``WilcoxonPruner`` (a signed-rank test) on a study of candidates: the final value of repetition
``i`` is the value at step ``i``. With n repetitions the smallest p-value is 1 / 2ⁿ, so nothing is given up at
p = 0.1 before the fourth.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import optuna
from optuna.pruners import WilcoxonPruner
from optuna.trial import Trial
from optuna.trial import TrialState as Told

from agilml.model import TrialState
from agilml.sweep.search.base import Action, Decision, Objective
from agilml.sweep.search.plain_rules import Never
from agilml.sweep.search.study import direction
from agilml.sweep.search.watch import Watch, shown


@dataclass(slots=True)
class _Candidate:
    """A candidate: its trials that wait or run, and by repetition the final values of the others."""

    open: dict[str, None] = field(default_factory=dict)
    values: dict[int, float] = field(default_factory=dict)
    told: Trial | None = None
    decided: bool = False

    @property
    def mean(self) -> float:
        # Divided first: the sum of values that a float can hold may be none.
        return math.fsum(value / len(self.values) for value in self.values.values())


class WilcoxonStopper(Watch):
    """Prunes all trials of a candidate that wait or run, once those that ended show that it is worse."""

    def __init__(self, objective: Objective, p: float, startup: int, *, nan: bool) -> None:
        super().__init__("wilcoxon", objective, Never(), nan=nan)
        # Optuna reports every study and trial on standard error otherwise.
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with warnings.catch_warnings():
            # What Optuna calls experimental is covered by our own tests.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            pruner = WilcoxonPruner(p_threshold=p, n_startup_steps=startup)
        self._study = optuna.create_study(direction=direction(objective), pruner=pruner)
        self._repeats: dict[str, tuple[int, int]] = {}
        self._candidates: dict[int, _Candidate] = {}

    def planned(self, trial: str, number: int, repeat: int) -> None:
        """Count the trial as a repetition of its candidate."""
        super().planned(trial, number, repeat)
        candidate = self._candidates.setdefault(number, _Candidate())
        candidate.open[trial] = None
        self._repeats[trial] = (number, repeat)

    def ended(self, trial: str, state: TrialState, value: float | None) -> Sequence[Decision]:
        """Return the decision about the repetitions that are left."""
        super().ended(trial, state, value)
        if trial not in self._repeats:
            return ()
        number, repeat = self._repeats[trial]
        candidate = self._candidates[number]
        candidate.open.pop(trial, None)
        worse = False
        succeeded = state is TrialState.SUCCEEDED and value is not None and math.isfinite(value)
        if succeeded and value is not None and repeat not in candidate.values:
            worse = self._compare(candidate, repeat, value)
        if not candidate.open:
            self._close(candidate)
            return ()
        if not worse or candidate.decided:
            return ()
        candidate.decided = True
        reason = (
            f"mean {shown(candidate.mean)} of {len(candidate.values)} repetitions is worse than the best "
            f"candidate's {shown(self._study.best_value)}, repetition by repetition"
        )
        return tuple(
            Decision(other, Action.PRUNE, "wilcoxon", None, value, reason)
            for other in candidate.open
        )

    def _compare(self, candidate: _Candidate, repeat: int, value: float) -> bool:
        if candidate.told is None:
            candidate.told = self._study.ask()
            for earlier, known in candidate.values.items():
                candidate.told.report(known, earlier)
        candidate.values[repeat] = value
        candidate.told.report(value, repeat)
        with warnings.catch_warnings():
            # A repetition that the best candidate has lost is left out, as Optuna warns.
            warnings.simplefilter("ignore")
            return candidate.told.should_prune()

    def _close(self, candidate: _Candidate) -> None:
        """Let others be compared with the candidate, now that none of its trials waits or runs."""
        if candidate.told is None:
            return
        if candidate.decided:
            self._study.tell(candidate.told, state=Told.PRUNED)
        else:
            self._study.tell(candidate.told, candidate.mean)
        candidate.told = None
