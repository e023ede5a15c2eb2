from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from agilml.ledger.history import Ended, Logged, Planned
from agilml.ledger.ledger import PlannedTrial
from agilml.model import TrialState
from agilml.sweep.search.base import (
    Action,
    Choice,
    Decision,
    Exhausted,
    Objective,
    Observation,
)
from agilml.sweep.search.goals import Goals, observe
from agilml.sweep.search.plan import Excluded
from agilml.sweep.search.search import Search
from agilml.sweep.search.space import Choices, SearchSpace

DONE, PRUNED, FAILED = TrialState.SUCCEEDED, TrialState.PRUNED, TrialState.FAILED
GOALS = Goals([Objective("acc", "max")])


@dataclass
class Places:
    """A plan whose candidate ``{"x": n}`` has the trials ``t-n-0``, ``t-n-1`` ...; some are excluded."""

    repeats: int = 1
    excluded: frozenset[float] = frozenset()
    space: Any = None

    def place(self, choice: Choice) -> list[PlannedTrial]:
        x = choice["x"]
        if x in self.excluded:
            raise Excluded
        return [(f"t-{x:g}-{i}", "base", {"x": x}, {"x": x}) for i in range(self.repeats)]


@dataclass
class Counting:
    """A sampler that proposes 0, 1, 2 ... and writes down what it is told."""

    end: int = 100
    heard: list[tuple[Any, ...]] = field(default_factory=list)

    def ask(self, number: int, *, again: int = 0) -> Choice:
        if number + again >= self.end:
            raise Exhausted
        return {"x": float(number + again)}

    def proposed(self, number: int, choice: Choice) -> None:
        self.heard.append(("proposed", number, choice["x"]))

    def saw(self, number: int, step: int, value: float) -> None:
        self.heard.append(("saw", number, step, value))

    def ended(self, number: int, observation: Observation) -> None:
        self.heard.append(("ended", number, observation))


@dataclass
class Below:
    """A stopper that prunes what is below a half."""

    heard: list[tuple[Any, ...]] = field(default_factory=list)

    def planned(self, trial: str, number: int, repeat: int) -> None:
        self.heard.append(("planned", trial, number, repeat))

    def saw(self, trial: str, step: int, value: float) -> Sequence[Decision]:
        self.heard.append(("saw", trial, step, value))
        if value < 0.5:
            return [Decision(trial, Action.PRUNE, "below", step, value, "below a half")]
        return []

    def ended(self, trial: str, state: TrialState, value: float | None) -> Sequence[Decision]:
        self.heard.append(("ended", trial, state, value))
        return []


def results(found: Mapping[str, float]) -> Any:
    def of(trial: str) -> dict[str, tuple[float | None, ...]]:
        return {"acc": (found[trial], 0.0, found[trial])} if trial in found else {}

    return of


def search(found: Mapping[str, float] | None = None, **arguments: Any) -> Search:
    arguments.setdefault("plan", Places())
    arguments.setdefault("sampler", Counting())
    return Search(GOALS, results(found or {}), **arguments)


def no_curve(trial: str) -> Logged:
    return Logged(trial, [], [])


def test_it_asks_for_as_many_as_are_wanted_and_no_more_than_the_limit() -> None:
    one = search(limit=3)
    assert [c.number for c in one.ask(2)] == [0, 1]
    assert [c.trials[0][0] for c in one.ask(5)] == ["t-2-0"]
    assert one.exhausted
    assert one.ask(1) == []


def test_an_excluded_candidate_is_asked_for_again_under_the_same_number() -> None:
    one = search(plan=Places(excluded=frozenset({0.0, 1.0})))
    (candidate,) = one.ask(1)
    assert (candidate.number, candidate.choice["x"]) == (0, 2.0)


def test_a_space_with_nothing_left_is_exhausted_and_not_an_error() -> None:
    one = search(sampler=Counting(end=2))
    assert len(one.ask(5)) == 2
    assert one.exhausted


def test_a_space_that_is_excluded_whole_is_exhausted_too() -> None:
    everything = frozenset(float(n) for n in range(1000))
    one = search(plan=Places(excluded=everything), sampler=Counting(end=1000))
    assert one.ask(1) == []
    assert one.exhausted


def test_repetitions_are_one_candidate_whose_value_is_their_mean() -> None:
    sampler = Counting()
    one = search({"t-0-0": 0.5, "t-0-1": 0.7}, plan=Places(repeats=2), sampler=sampler)
    (candidate,) = one.ask(1)
    trials = [trial[0] for trial in candidate.trials]
    one.told(Planned(0, candidate.choice, trials, {}))
    one.told(Logged("t-0-0", [0, 1], [0.1, 0.3]))
    one.told(Logged("t-0-1", [0], [0.3]))
    one.told(Ended("t-0-0", DONE))
    assert sampler.heard[1:] == [("saw", 0, 0, pytest.approx(0.2))]
    one.told(Ended("t-0-1", DONE))
    assert sampler.heard[-1] == ("ended", 0, Observation(DONE, (0.6,)))


def test_a_result_that_the_ledger_had_before_is_told_at_once() -> None:
    sampler = Counting()
    one = search({"t-0-0": 0.9}, sampler=sampler)
    (candidate,) = one.ask(1)
    one.told(Planned(0, candidate.choice, ["t-0-0"], {"t-0-0": DONE}))
    assert sampler.heard == [("proposed", 0, 0.0), ("ended", 0, Observation(DONE, (0.9,)))]


def test_a_replay_tells_the_same_in_the_same_order_as_the_life_before_it() -> None:
    happenings: list[Planned | Logged | Ended] = []
    found = {"t-0-0": 0.8, "t-1-0": 0.2, "t-2-0": 0.9}
    lived, stopper = Counting(), Below()
    one = search(found, sampler=lived, stopper=stopper)

    def tell(happening: Planned | Logged | Ended) -> list[Decision]:
        happenings.append(happening)
        return one.told(happening)

    for candidate in one.ask(2):
        tell(Planned(candidate.number, candidate.choice, [candidate.trials[0][0]], {}))
    tell(Logged("t-0-0", [0], [0.8]))
    decided = tell(Logged("t-1-0", [0, None], [0.2, 0.7]))
    tell(Ended("t-1-0", PRUNED))
    (candidate,) = one.ask(1)
    tell(Planned(2, candidate.choice, ["t-2-0"], {}))
    tell(Ended("t-0-0", DONE))

    again, stopper_again = Counting(), Below()
    other = search(found, sampler=again, stopper=stopper_again)
    assert other.replay(happenings, no_curve) == decided
    # Two candidates asked for at once are proposed before either is planned; nothing else differs.
    assert again.heard == lived.heard
    assert stopper_again.heard == stopper.heard
    assert [c.number for c in other.ask(1)] == [c.number for c in one.ask(1)] == [3]


def test_a_fixed_plan_with_a_stopper_compares_with_what_was_done_before() -> None:
    stopper = Below()
    one = Search(
        GOALS,
        results({"t-a": 0.9}),
        stopper=stopper,
        groups={"t-a": (0, 0), "t-b": (0, 1)},
    )
    decided = one.replay(
        [Planned(None, {}, ["t-a", "t-b"], {"t-a": DONE})],
        lambda trial: Logged(trial, [0, 1], [0.1, 0.9]),
    )
    assert decided == []
    assert stopper.heard == [
        ("planned", "t-a", 0, 0),
        ("planned", "t-b", 0, 1),
        ("saw", "t-a", 0, 0.1),
        ("saw", "t-a", 1, 0.9),
        ("ended", "t-a", DONE, 0.9),
    ]
    assert one.exhausted


def test_what_earlier_sweeps_found_comes_before_the_first_number() -> None:
    sampler = Counting()
    one = search(sampler=sampler)
    one.warm_start([({"x": 0.25}, Observation(DONE, (0.4,)))])
    (candidate,) = one.ask(1)
    assert candidate.number == 0
    assert [what[:2] for what in sampler.heard] == [("proposed", 0), ("ended", 0), ("proposed", 1)]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((DONE, DONE), DONE),
        ((DONE, FAILED), DONE),
        ((PRUNED, FAILED), PRUNED),
        ((FAILED, TrialState.CANCELLED), FAILED),
        ((TrialState.CANCELLED, TrialState.CANCELLED), TrialState.CANCELLED),
    ],
)
def test_the_best_end_of_its_repetitions_is_the_end_of_a_candidate(
    states: tuple[TrialState, TrialState], expected: TrialState
) -> None:
    found = observe(dict(zip("ab", states, strict=True)), GOALS, results({"a": 0.5, "b": 0.1}))
    assert found.state is expected
    if expected is DONE and states[1] is FAILED:
        assert found.values == (0.5,)


def test_a_candidate_without_the_metric_has_no_values() -> None:
    assert observe({"a": DONE}, GOALS, results({})) == Observation(DONE, None)


def test_a_trial_that_failed_and_succeeds_when_it_is_tried_again_is_told_again() -> None:
    sampler = Counting()
    one = search({"t-0-0": 0.5}, sampler=sampler)
    (candidate,) = one.ask(1)
    one.told(Planned(0, candidate.choice, ["t-0-0"], {}))
    one.told(Ended("t-0-0", FAILED))
    one.told(Ended("t-0-0", DONE))
    assert sampler.heard[1:] == [
        ("ended", 0, Observation(FAILED, None)),
        ("ended", 0, Observation(DONE, (0.5,))),
    ]


@dataclass
class Enough(Below):
    """A stopper that gives up every other trial of a candidate once one of them has ended."""

    def ended(self, trial: str, state: TrialState, value: float | None) -> Sequence[Decision]:
        return [
            Decision(f"t-0-{i}", Action.PRUNE, "enough", None, value, "surely worse")
            for i in range(3)
            if trial == "t-0-0" and i
        ]


def test_a_candidate_whose_other_repetitions_are_given_up_teaches_by_those_that_ended() -> None:
    sampler = Counting()
    one = search({"t-0-0": 0.2}, plan=Places(repeats=3), sampler=sampler, stopper=Enough())
    (candidate,) = one.ask(1)
    one.told(Planned(0, candidate.choice, [trial[0] for trial in candidate.trials], {}))
    assert len(one.told(Ended("t-0-0", DONE))) == 2
    assert sampler.heard[-1] == ("ended", 0, Observation(DONE, (0.2,)))
    # One of them ran and ends now; the other never did and is taken off the plan without a word.
    one.told(Ended("t-0-1", PRUNED))
    assert len(sampler.heard) == 2


def test_a_pruned_candidate_is_told_when_it_has_ended_and_not_when_it_is_decided() -> None:
    sampler = Counting()
    one = search({"t-0-0": 0.2}, sampler=sampler, stopper=Below())
    (candidate,) = one.ask(1)
    one.told(Planned(0, candidate.choice, ["t-0-0"], {}))
    assert one.told(Logged("t-0-0", [0], [0.2]))
    assert "ended" not in {heard[0] for heard in sampler.heard}
    one.told(Ended("t-0-0", PRUNED))
    assert sampler.heard[-1][2].state is PRUNED


def test_the_mean_of_values_near_the_largest_float_is_one() -> None:
    huge = 1.5e308
    assert observe({"a": DONE, "b": DONE}, GOALS, results({"a": huge, "b": huge})).values == (huge,)
    sampler = Counting()
    one = search(plan=Places(repeats=2), sampler=sampler)
    (candidate,) = one.ask(1)
    one.told(Planned(0, candidate.choice, ["t-0-0", "t-0-1"], {}))
    one.told(Logged("t-0-0", [0], [huge]))
    one.told(Logged("t-0-1", [0], [huge]))
    assert sampler.heard[-1] == ("saw", 0, 0, huge)


def test_a_known_result_that_comes_later_is_compared_with_as_a_replay_would() -> None:
    stopper = Below()
    one = search({"t-0-0": 0.9}, stopper=stopper)
    one.replay([], lambda trial: Logged(trial, [0], [0.1]))
    (candidate,) = one.ask(1)
    assert one.told(Planned(0, candidate.choice, ["t-0-0"], {"t-0-0": DONE})) == []
    assert ("saw", "t-0-0", 0, 0.1) in stopper.heard


def test_a_point_asked_for_that_is_excluded_does_not_end_the_search() -> None:
    space = SearchSpace([Choices("x", ("0", "1", "2", "3"), None)])
    places = Places(excluded=frozenset({3}), space=space)
    one = search(plan=places, sampler=Counting(end=3), enqueued=[{"x": 3}, {"x": 2}])
    found = one.ask(5)
    assert [(candidate.choice["x"], candidate.by) for candidate in found[:2]] == [
        (0, "sampler"),
        (2, "enqueue"),
    ]
