from __future__ import annotations

import math
import random
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agilml import plugins
from agilml.errors import ConfigError
from agilml.model import TrialState
from agilml.sweep.search.base import Action, Decision, Objective, Stopper
from agilml.sweep.search.rungs import Brackets
from agilml.sweep.search.stoppers import known_stoppers, make_stopper
from agilml.sweep.search.study import direction
from agilml.testing.stoppers import StopperContract, run

MAX = Objective("val_acc", "max")
MIN = Objective("val_loss", "min")
NEEDED: Mapping[str, Mapping[str, Any]] = {"target": {"value": 0.8}, "threshold": {"lower": 0.1}}


def stopper(name: str, objective: Objective = MAX, **more: Any) -> Stopper:
    return make_stopper({"name": name, **NEEDED.get(name, {}), **more}, objective)


@pytest.mark.parametrize("name", known_stoppers(plugins=False))
class TestBuiltIn(StopperContract):
    @pytest.fixture(autouse=True)
    def _named(self, name: str) -> None:
        self.name = name

    def make(self, objective: Objective) -> Stopper:
        return stopper(self.name, objective)


class Impatient:
    """A plug-in: it ends every trial at its fifth step."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def planned(self, trial: str, number: int, repeat: int) -> None:
        self._open.add(trial)

    def saw(self, trial: str, step: int, value: float) -> Sequence[Decision]:
        if trial not in self._open or step < 5:
            return ()
        self._open.remove(trial)
        return (Decision(trial, Action.PRUNE, "impatient", step, value, "five steps are enough"),)

    def ended(self, trial: str, state: TrialState, value: float | None) -> Sequence[Decision]:
        self._open.discard(trial)
        return ()


class TestPlugIn(StopperContract):
    def make(self, objective: Objective) -> Stopper:
        return Impatient()


def test_a_plug_in_adds_a_name_and_hides_none(monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints(
        EntryPoint(name, "nowhere:nothing", "agilml.stoppers") for name in ("impatient", "asha")
    )
    monkeypatch.setattr(EntryPoint, "load", lambda _: lambda settings, objective: Impatient())
    monkeypatch.setattr(plugins, "entry_points", points.select)
    assert isinstance(stopper("impatient"), Impatient)
    assert not isinstance(stopper("asha"), Impatient)
    assert "impatient" in known_stoppers()


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="no stopper `ahsa`; there are: asha, hyperband, median"):
        stopper("ahsa")


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("asha", {"factor": 1}, "stopper.factor is at least 2"),
        ("asha", {"leats": 1}, "no setting `leats`"),
        ("hyperband", {"least": 9, "most": 3}, "stopper.most is at least 9"),
        ("median", {"nan": "yes"}, "stopper.nan is true or false"),
        ("wilcoxon", {"p": 7}, "stopper.p is at most 1"),
        ("target", {"value": None}, "needs a value to reach"),
        ("threshold", {"lower": None}, "needs a bound"),
        ("none", {"nan": True}, "no setting `nan`"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    name: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        stopper(name, **more)


class Ours:
    """A stopper, asked the way Optuna's pruners are."""

    def __init__(self, made: Stopper) -> None:
        self._made = made

    def begin(self, number: int) -> None:
        self._made.planned(str(number), number, 0)

    def prunes(self, number: int, step: int, value: float) -> bool:
        return bool(self._made.saw(str(number), step, value))

    def end(self, number: int, value: float | None) -> None:
        state = TrialState.PRUNED if value is None else TrialState.SUCCEEDED
        self._made.ended(str(number), state, value)


class Optunas:
    def __init__(self, pruner: optuna.pruners.BasePruner, objective: Objective, shift: int) -> None:
        self._study = optuna.create_study(direction=direction(objective), pruner=pruner)
        self._trials: dict[int, optuna.Trial] = {}
        self._shift = shift

    def begin(self, number: int) -> None:
        self._trials[number] = self._study.ask()

    def prunes(self, number: int, step: int, value: float) -> bool:
        self._trials[number].report(value, step + self._shift)
        return self._trials[number].should_prune()

    def end(self, number: int, value: float | None) -> None:
        state = optuna.trial.TrialState.PRUNED if value is None else None
        self._study.tell(self._trials[number], value, state=state)


def decisions(judge: Ours | Optunas, seed: int, trials: int = 40, steps: int = 14) -> list[Any]:
    """Run trials a few at a time, with values that are often equal; return who was pruned where."""
    rng = random.Random(seed)
    found: list[Any] = []
    place = dict.fromkeys(range(trials), 0)
    waiting, running = list(place), list[int]()
    while waiting or running:
        while waiting and len(running) < 5:
            judge.begin(waiting[0])
            running.append(waiting.pop(0))
        number = rng.choice(running)
        value = rng.choice([float(rng.randrange(12)), float(rng.randrange(12)), math.nan])
        pruned = judge.prunes(number, place[number], value)
        place[number] += 1
        if pruned:
            found.append((number, place[number]))
        if pruned or place[number] == steps:
            running.remove(number)
            judge.end(number, None if pruned or math.isnan(value) else value)
    return found


PAIRS: Mapping[str, tuple[Mapping[str, Any], Callable[[], optuna.pruners.BasePruner], int]] = {
    "asha": ({}, lambda: optuna.pruners.SuccessiveHalvingPruner(1, 3), 1),
    "asha from 2 by 2": (
        {"least": 2, "factor": 2},
        lambda: optuna.pruners.SuccessiveHalvingPruner(2, 2),
        1,
    ),
    "median": ({}, optuna.pruners.MedianPruner, 0),
    "median late and seldom": (
        {"startup": 2, "warmup": 3, "every": 4},
        lambda: optuna.pruners.MedianPruner(2, 3, 4),
        0,
    ),
    "percentile": ({}, lambda: optuna.pruners.PercentilePruner(25.0), 0),
}


@pytest.mark.parametrize("pair", PAIRS)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), objective=st.sampled_from([MAX, MIN]))
def test_decisions_are_those_of_optuna(pair: str, seed: int, objective: Objective) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    settings, pruner, shift = PAIRS[pair]
    ours = stopper(pair.partition(" ")[0], objective, nan=False, **settings)
    theirs = Optunas(pruner(), objective, shift)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy, on columns that are all NaN
        assert decisions(Ours(ours), seed) == decisions(theirs, seed)


def test_the_worse_half_is_known_to_be_worse_before_it_ends() -> None:
    made = stopper("asha")
    for i in range(9):
        made.planned(f"t{i}", i, 0)
    found = [one for i in range(9) for one in made.saw(f"t{i}", 0, 1 - i / 10)]
    assert [one.trial for one in found] == [f"t{i}" for i in range(1, 9)]
    assert found[-1].reason == "ranks 9 of 9 at step 0: 0.2, best 1"
    assert found[-1].action is Action.PRUNE


def test_a_trial_that_reports_seldom_is_judged_at_the_highest_rung_it_has_passed() -> None:
    made = stopper("asha")
    values = {"a": 0.5, "b": 0.4, "c": 0.6}
    for i, trial in enumerate(values):
        made.planned(trial, i, 0)
    assert [bool(made.saw(trial, 49, value)) for trial, value in values.items()] == [0, 1, 0]
    assert not made.saw("c", 60, 0.0)
    assert not made.saw("a", 99, 0.9)
    assert made.saw("c", 99, 0.1)


def test_hyperband_learns_how_long_a_trial_is_from_the_first_that_ends() -> None:
    made = stopper("hyperband")
    made.planned("first", 0, 0)
    for step in range(27):
        assert not made.saw("first", step, 1.0)
    made.ended("first", TrialState.SUCCEEDED, 1.0)
    pruned = 0
    for i in range(1, 60):
        made.planned(f"t{i}", i, 0)
        pruned += any(made.saw(f"t{i}", step, 1 / i) for step in range(27))
    assert pruned > 30


@pytest.mark.parametrize(("most", "ladders"), [(1, 1), (2, 1), (3, 2), (243, 6), (100, 5)])
def test_hyperband_has_as_many_ladders_as_there_are_powers(most: int, ladders: int) -> None:
    made = Brackets(MAX, 1, most, 3)
    # 243 is the fifth power of 3, although its logarithm to that base comes out below 5.
    assert len(made._ladders) == ladders
    assert {made._bracket(number) for number in range(2_000)} == set(range(ladders))


def test_median_says_what_it_compared() -> None:
    made = stopper("median", startup=2)
    for i, level in enumerate((0.9, 0.7, 0.8)):
        made.planned(f"t{i}", i, 0)
        made.saw(f"t{i}", 0, level)
        made.ended(f"t{i}", TrialState.SUCCEEDED, level)
    made.planned("late", 9, 0)
    [one] = made.saw("late", 0, 0.3)
    assert one.reason == "best so far 0.3 at step 0, median at 0.8 of 3 finished trials"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_ends_the_trial(value: float) -> None:
    for name in set(known_stoppers(plugins=False)) - {"none"}:
        made = stopper(name, MIN)
        made.planned("t", 0, 0)
        [one] = made.saw("t", 3, value)
        assert one.reason == f"val_loss is {value} at step 3"
        assert (one.trial, one.action, one.stopper) == ("t", Action.PRUNE, name)


def test_none_says_nothing_even_then() -> None:
    made = stopper("none")
    made.planned("t", 0, 0)
    assert not made.saw("t", 0, math.nan)


def test_patience_ends_a_trial_that_has_converged() -> None:
    made = stopper("patience", steps=3, delta=0.01)
    made.planned("t", 0, 0)
    values = [0.5, 0.6, 0.605, 0.7, 0.705, 0.69]
    assert not any(made.saw("t", 10 * step, value) for step, value in enumerate(values))
    [one] = made.saw("t", 60, 0.7)
    assert one.action is Action.FINISH
    assert one.reason == "3 values without an improvement since 0.7 at step 30"


@pytest.mark.parametrize(("objective", "below", "at"), [(MAX, 0.79, 0.8), (MIN, 0.81, 0.8)])
def test_target_ends_a_trial_that_is_good_enough(
    objective: Objective, below: float, at: float
) -> None:
    made = stopper("target", objective)
    made.planned("t", 0, 0)
    assert not made.saw("t", 0, below)
    [one] = made.saw("t", 1, at)
    assert one.action is Action.FINISH
    assert one.reason == "reached 0.8 at step 1: 0.8"


def test_threshold_says_which_bound_was_crossed() -> None:
    made = stopper("threshold", MIN, lower=0, upper=10, warmup=2)
    made.planned("t", 0, 0)
    assert not made.saw("t", 1, 11.0)
    [one] = made.saw("t", 2, 11.0)
    assert one.reason == "11 at step 2 is above 10"


def wilcoxon(values: Sequence[float], best: Sequence[float]) -> list[Decision]:
    """Run a candidate with the ``best`` values, then one with ``values``, repetition by repetition."""
    made = stopper("wilcoxon", MAX)
    for number in range(2):
        for repeat in range(len(best)):
            made.planned(f"{number}-{repeat}", number, repeat)
    for repeat, value in enumerate(best):
        assert not made.ended(f"0-{repeat}", TrialState.SUCCEEDED, value)
    found: list[Decision] = []
    for repeat, value in enumerate(values):
        found += made.ended(f"1-{repeat}", TrialState.SUCCEEDED, value)
    return found


BEST = [0.80, 0.90, 0.70, 0.85, 0.75, 0.95, 0.65, 0.88]


def test_a_candidate_that_is_worse_seed_by_seed_loses_the_rest_of_its_repetitions() -> None:
    found = wilcoxon([value - 0.05 - i / 1000 for i, value in enumerate(BEST[:5])], BEST)
    assert [one.trial for one in found] == ["1-4", "1-5", "1-6", "1-7"]
    assert "of 4 repetitions is worse than the best candidate's 0.81" in found[0].reason


def test_a_candidate_that_is_not_clearly_worse_keeps_them() -> None:
    assert not wilcoxon([value + (-1) ** i * 0.02 for i, value in enumerate(BEST[:7])], BEST)


def test_a_lost_repetition_spoils_no_comparison() -> None:
    made = stopper("wilcoxon", MAX)
    for number in range(2):
        for repeat in range(8):
            made.planned(f"{number}-{repeat}", number, repeat)
    for repeat, value in enumerate(BEST):
        state = TrialState.FAILED if repeat == 2 else TrialState.SUCCEEDED
        made.ended(f"0-{repeat}", state, None if repeat == 2 else value)
    found: list[Decision] = []
    for repeat, value in enumerate(BEST[:7]):
        found += made.ended(f"1-{repeat}", TrialState.SUCCEEDED, value - 0.1)
    assert found


def test_a_failed_trial_that_is_tried_again_goes_on_where_it_was() -> None:
    made = stopper("asha")
    made.planned("a", 0, 0)
    made.planned("b", 1, 0)
    assert not made.saw("a", 0, 0.9)
    made.ended("a", TrialState.FAILED, None)
    made.planned("a", 0, 0)
    assert not made.saw("a", 0, 0.1)
    [one] = made.saw("b", 0, 0.5)
    assert one.reason == "ranks 2 of 2 at step 0: 0.5, best 0.9"


@pytest.mark.parametrize("name", ["asha", "hyperband", "median"])
def test_the_cost_of_a_value_does_not_grow_with_the_sweep(name: str) -> None:
    """Optuna's pruners take 0.2 to 0.3 ms a value at 1,000 trials, and ten times that at 10,000."""

    def per_value(trials: int) -> float:
        made = stopper(name)
        rng = random.Random(0)
        began, values = time.process_time(), 0
        for i in range(trials):
            made.planned(str(i), i, 0)
            for step in range(20):
                values += 1
                if made.saw(str(i), step, i + rng.random()):
                    break
            made.ended(str(i), TrialState.SUCCEEDED, float(i))
        return (time.process_time() - began) / values

    assert per_value(5_000) < 1e-4


def test_a_thousand_trials_leave_nothing_behind_but_what_is_compared() -> None:
    made = stopper("asha")
    run(made, 0, trials=1_000)
    assert not vars(made)["_watched"]
