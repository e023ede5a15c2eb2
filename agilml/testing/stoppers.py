"""What every stopper must do: a test class for whoever writes one.

class TestMine(StopperContract):
    def make(self, objective):
        return my_stopper({"name": "mine"}, objective)
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeAlias

from agilml.model import TrialState
from agilml.sweep.search.base import Action, Decision, Objective, Stopper

Curve: TypeAlias = Sequence[tuple[int, float]]


def run(stopper: Stopper, seed: int, trials: int = 40, *, again: bool = False) -> list[Decision]:
    """Run trials four at a time, three repetitions to a candidate; return what ``stopper`` decided.

    Args:
        stopper: what is asked about every value.
        seed: of the curves and of the order of things.
        trials: how many.
        again: report each step a second time, with another value, as a resumed attempt does.
    """
    rng = random.Random(seed)  # noqa: S311  a repeatable history, not a secret
    decided: list[Decision] = []
    curves = {f"t-{i:016x}": curve(rng) for i in range(trials)}
    for i, trial in enumerate(curves):
        stopper.planned(trial, i // 3, i % 3)
    waiting, running, place = list(curves), list[str](), dict.fromkeys(curves, 0)
    while waiting or running:
        while waiting and len(running) < 4:
            running.append(waiting.pop(0))
        trial = rng.choice(running)
        step, value = curves[trial][place[trial]]
        place[trial] += 1
        found = list(stopper.saw(trial, step, value))
        if again:
            found += stopper.saw(trial, step, value + 1)
        ended = {one.trial: one for one in found}
        if place[trial] == len(curves[trial]) and trial not in ended:
            found += stopper.ended(trial, TrialState.SUCCEEDED, value)
            running.remove(trial)
        for one in found:
            waiting = [other for other in waiting if other != one.trial]
            if one.trial in running:
                running.remove(one.trial)
            state = TrialState.PRUNED if one.action is Action.PRUNE else TrialState.SUCCEEDED
            found += stopper.ended(one.trial, state, one.value)
        decided += found
    return decided


def curve(rng: random.Random, steps: int = 30) -> Curve:
    """Return a curve that rises towards a level of its own; a few end in NaN."""
    level, breaks = rng.random(), steps if rng.random() < 0.9 else rng.randrange(steps)
    return [
        (step, math.nan if step >= breaks else level * (1 - 0.8**step) + rng.gauss(0, 0.02))
        for step in range(steps)
    ]


class StopperContract(ABC):
    """Tests that a stopper must pass."""

    objective = Objective("val_acc", "max")

    @abstractmethod
    def make(self, objective: Objective) -> Stopper:
        """Return the stopper under test."""

    def test_the_same_calls_get_the_same_decisions(self) -> None:
        """A controller that was killed is followed by one that decides the same."""
        for seed in range(3):
            runs = [run(self.make(self.objective), seed) for _ in range(2)]
            assert [repr(one) for one in runs[0]] == [repr(one) for one in runs[1]]

    def test_a_trial_is_decided_about_once_and_for_a_reason(self) -> None:
        """People read the reason in tables, behind a dash."""
        decided = run(self.make(self.objective), 1)
        assert len({one.trial for one in decided}) == len(decided)
        for one in decided:
            assert one.reason
            assert not one.reason.endswith(".")
            assert one.stopper

    def test_a_step_that_comes_again_changes_nothing(self) -> None:
        """A resumed attempt repeats the steps behind its checkpoint."""
        once, twice = (run(self.make(self.objective), 2, again=again) for again in (False, True))
        assert [repr(one) for one in once] == [repr(one) for one in twice]

    def test_nothing_is_said_about_a_trial_that_has_ended_or_is_unknown(self) -> None:
        """Late values are not worth a decision."""
        stopper = self.make(self.objective)
        run(stopper, 3)
        assert not stopper.saw("t-0000000000000000", 1_000, -1e9)
        assert not stopper.saw("t-ffffffffffffffff", 0, math.nan)
        assert not stopper.ended("t-ffffffffffffffff", TrialState.FAILED, None)

    def test_no_value_makes_it_fail(self) -> None:
        """Losses overflow."""
        stopper = self.make(self.objective)
        for i, value in enumerate((math.nan, math.inf, -math.inf, 0.0, 1e308, -1e308)):
            trial = f"t-{i:016x}"
            stopper.planned(trial, i, 0)
            for step in range(3):
                stopper.saw(trial, step, value)
            stopper.ended(trial, TrialState.SUCCEEDED, value)
