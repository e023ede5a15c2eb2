from __future__ import annotations

import itertools
import math
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agilml import plugins
from agilml.errors import ConfigError
from agilml.model import TrialState
from agilml.sweep.grammar_condition import condition
from agilml.sweep.search.base import Choice, Exhausted, Objective, Observation, Sampler
from agilml.sweep.search.distinct import every_choice
from agilml.sweep.search.draws import RandomDraws
from agilml.sweep.search.samplers import known_samplers, make_sampler
from agilml.sweep.search.space import Choices, Range, SearchSpace
from agilml.testing.samplers import ONE, SPACE, SamplerContract, answer, cost, drive, retell

QUICK = ("random", "qmc", "tpe", "cmaes", "nsga2", "nsga3")
SMALL: Mapping[str, Mapping[str, Any]] = {
    "tpe": {"startup": 5},
    "gp": {"startup": 3},
    "nsga2": {"population": 4},
    "nsga3": {"population": 4},
    "cmaes": {"population": 4},
}
"""Settings under which a model is asked early, or a generation is full soon."""


def sampler(
    name: str,
    space: SearchSpace = SPACE,
    objectives: Sequence[Objective] = ONE,
    **more: Any,
) -> Sampler:
    return make_sampler({"name": name, **SMALL.get(name, {}), **more}, space, objectives)


class _BuiltIn(SamplerContract):
    name = ""

    def make(self, seed: int, space: SearchSpace, objectives: Sequence[Objective]) -> Sampler:
        return sampler(self.name, space, objectives, seed=seed)


class TestRandom(_BuiltIn):
    name = "random"


class TestQmc(_BuiltIn):
    name = "qmc"


class TestTpe(_BuiltIn):
    name = "tpe"


class TestCmaEs(_BuiltIn):
    name = "cmaes"


class TestNsga2(_BuiltIn):
    name = "nsga2"


class TestNsga3(_BuiltIn):
    name = "nsga3"


@pytest.mark.slow
class TestGp(_BuiltIn):
    name = "gp"
    candidates = 12


class Nudging:
    """A plug-in: it goes near the best candidate that it has been told of."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._draws = RandomDraws(space, seed)
        self._choices: dict[int, Choice] = {}
        self._best: tuple[float, Choice] | None = None

    def ask(self, number: int, *, again: int = 0) -> Choice:
        drawn = self._draws.ask(number, again=again)
        if self._best is None or number % 2:
            return drawn
        return {**self._best[1], "momentum": drawn["momentum"]}

    def proposed(self, number: int, choice: Choice) -> None:
        self._choices[number] = choice

    def saw(self, number: int, step: int, value: float) -> None:
        pass

    def ended(self, number: int, observation: Observation) -> None:
        values = observation.values
        if number not in self._choices or not values or not math.isfinite(values[0]):
            return
        if observation.state is TrialState.SUCCEEDED and (
            self._best is None or values[0] < self._best[0]
        ):
            self._best = (values[0], self._choices[number])


def nudging(
    settings: Mapping[str, Any], space: SearchSpace, objectives: Sequence[Objective]
) -> Sampler:
    return Nudging(space, int(settings.get("seed") or 0))


class TestPlugIn(SamplerContract):
    def make(self, seed: int, space: SearchSpace, objectives: Sequence[Objective]) -> Sampler:
        return nudging({"seed": seed}, space, objectives)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints(
        EntryPoint(name, f"{__name__}:nudging", "agilml.samplers") for name in ("nudging", "tpe")
    )
    monkeypatch.setattr(EntryPoint, "load", lambda _: nudging)
    monkeypatch.setattr(plugins, "entry_points", points.select)


def test_a_plug_in_adds_a_name_and_hides_none(plugged: None) -> None:
    made = make_sampler({"name": "nudging", "seed": 3, "its_own": 1}, SPACE, ONE)
    assert made.ask(0) == RandomDraws(SPACE, 3).ask(0)
    assert "nudging" in known_samplers()
    with pytest.raises(ConfigError, match="no setting `its_own`"):
        make_sampler({"name": "tpe", "its_own": 1}, SPACE, ONE)


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="no sampler `tep`; there are: cmaes, gp, nsga2"):
        make_sampler({"name": "tep"}, SPACE, ONE)


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"name": "tpe", "start_up": 3}, "no setting `start_up`"),
        ({"name": "tpe", "startup": "many"}, "sampler.startup is a number, not many"),
        ({"name": "tpe", "startup": 2.5}, "sampler.startup is a whole number"),
        ({"name": "tpe", "startup": -1}, "sampler.startup is at least 0"),
        ({"name": "tpe", "candidates": True}, "sampler.candidates is a number"),
        ({"name": "tpe", "multivariate": 1}, "sampler.multivariate is true or false"),
        ({"name": "tpe", "multivariate": False, "group": True}, "needs sampler.multivariate"),
        ({"name": "nsga2", "mutation": 2}, "sampler.mutation is at most 1"),
        ({"name": "nsga2", "population": 1}, "sampler.population is at least 2"),
        ({"name": "qmc", "kind": "sobel"}, "sampler.kind is one of sobol, halton"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(node: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make_sampler(node, SPACE, ONE)


def test_cma_es_says_what_it_cannot_do() -> None:
    with pytest.raises(ConfigError, match="open dimension"):
        sampler("cmaes", SearchSpace([Choices("a", [1, 2])]))
    with pytest.raises(ConfigError, match="one objective"):
        sampler("cmaes", objectives=[*ONE, Objective("size", "min")])


def test_keys_of_the_sweep_itself_are_no_mistake() -> None:
    sampler("tpe", warm_start="s-1", enqueue=[], constraints=[], shuffle=True)


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(ConfigError, match="`cmaes` needs cmaes, which is not installed") as caught:
        sampler("cmaes")
    assert caught.value.next == "pip install 'agilml[search]'"


SEEDS = st.integers(0, 2**32)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
@settings(max_examples=10)
@given(seed=SEEDS, n=st.integers(1, 25), parallel=st.integers(1, 9))
def test_a_rebuilt_sampler_suggests_what_the_first_one_would_have(
    name: str, seed: int, n: int, parallel: int
) -> None:
    first, second = sampler(name), sampler(name)
    retell(second, drive(first, seed, n, parallel=parallel))
    for number in range(n, n + 10):
        choice = answer(first, number)
        assert choice == answer(second, number)
        for each in (first, second):
            each.proposed(number, choice)
            if number % 2:
                each.ended(number, Observation(TrialState.SUCCEEDED, (cost(choice),)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tpe", "nsga2", "nsga3"])
@settings(max_examples=6)
@given(seed=SEEDS)
def test_so_does_one_with_several_objectives(name: str, seed: int) -> None:
    two = [*ONE, Objective("acc", "max")]
    first, second = sampler(name, objectives=two), sampler(name, objectives=two)
    retell(second, drive(first, seed, 20, objectives=2))
    for number in range(20, 30):
        choice = answer(first, number)
        assert choice == answer(second, number)
        for each in (first, second):
            each.proposed(number, choice)


GROUPS = SearchSpace(
    [
        Choices("model", ["mlp", "vit"]),
        Choices("norm", ["batch", "layer", "none"]),
        Range("heads", 1, 4, integer=True, when=condition("model == 'vit'")),
    ]
)
"""3 candidates with the one model, 3 times 4 with the other."""


@pytest.mark.parametrize("name", [name for name in QUICK if name != "cmaes"])
def test_a_finite_space_is_proposed_whole_each_candidate_once(name: str) -> None:
    made = sampler(name, GROUPS)
    seen = []
    for number in range(15):
        choice = made.ask(number)
        made.proposed(number, choice)
        made.ended(number, Observation(TrialState.SUCCEEDED, (cost(choice),)))
        seen.append(tuple(sorted(choice.items())))
    with pytest.raises(Exhausted):
        made.ask(15)
    assert sorted(seen) == sorted(tuple(sorted(one.items())) for one in every_choice(GROUPS))


def test_what_is_refused_does_not_come_again_and_the_rest_does() -> None:
    made = sampler("tpe", GROUPS)
    found: set[tuple[Any, ...]] = set()
    for number in range(12):
        answers = (made.ask(number, again=again) for again in itertools.count())
        choice = next(one for one in answers if one["model"] == 1)
        made.proposed(number, choice)
        found.add(tuple(choice.values()))
    assert len(found) == 12
    left = (made.ask(12, again=again) for again in itertools.count())
    with pytest.raises(Exhausted):
        next(one for one in left if one["model"] == 1)


def test_refusals_need_no_replay() -> None:
    """What a controller has forgotten about refused answers, its sampler finds out again."""

    def next_of(made: Sampler, number: int) -> Choice:
        for again in itertools.count():
            choice = made.ask(number, again=again)
            if choice["norm"] != 0:
                return choice
        raise AssertionError

    first, second = sampler("tpe", GROUPS, startup=2), sampler("tpe", GROUPS, startup=2)
    for number in range(10):
        choice = next_of(first, number)
        if number >= 5:
            assert choice == next_of(second, number)
        for each in (first, second):
            each.proposed(number, choice)
            each.ended(number, Observation(TrialState.SUCCEEDED, (cost(choice),)))


def test_a_space_too_large_to_list_gives_new_candidates_all_the_same() -> None:
    space = SearchSpace([Choices(f"a{i}", list(range(10))) for i in range(10)])
    made = sampler("tpe", space)
    seen = set()
    for number in range(30):
        choice = made.ask(number)
        made.proposed(number, choice)
        made.ended(number, Observation(TrialState.SUCCEEDED, (0.0,)))
        seen.add(tuple(choice.values()))
    assert len(seen) == 30


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tpe", "cmaes"])
def test_a_model_does_better_than_chance(name: str) -> None:
    space = SearchSpace([Range("x", -5, 5), Range("y", -5, 5)])

    def best(name: str, seed: int) -> float:
        made = sampler(name, space, seed=seed)
        found = []
        for number in range(60):
            choice = made.ask(number)
            made.proposed(number, choice)
            found.append((choice["x"] - 1.7) ** 2 + (choice["y"] + 2.2) ** 2)
            made.ended(number, Observation(TrialState.SUCCEEDED, (found[-1],)))
        return min(found)

    wins = sum(best(name, seed) < best("random", seed) for seed in range(9))
    assert wins >= 6


def late_proposals(
    objective: Objective, end: Callable[[float], Observation], *, shown: bool = False
) -> list[float]:
    """Return where TPE looks between 0 and 1 in its last 20 of 60 candidates."""
    made = sampler("tpe", SearchSpace([Range("x", 0, 1)]), [objective])
    found: list[float] = []
    for number in range(60):
        choice = made.ask(number)
        made.proposed(number, choice)
        if shown:
            made.saw(number, 0, choice["x"])
        made.ended(number, end(choice["x"]))
        found.append(choice["x"])
    return found[40:]


def test_the_mode_says_which_way_is_better() -> None:
    def end(x: float) -> Observation:
        return Observation(TrialState.SUCCEEDED, (x,))

    assert statistics.median(late_proposals(Objective("m", "min"), end)) < 0.3
    assert statistics.median(late_proposals(Objective("m", "max"), end)) > 0.7


def test_running_candidates_keep_others_away() -> None:
    space = SearchSpace([Range("x", 0, 1)])
    asked: list[float] = []
    made = sampler("tpe", space)
    for number in range(30):
        choice = made.ask(number)
        made.proposed(number, choice)
        made.ended(number, Observation(TrialState.SUCCEEDED, (abs(choice["x"] - 0.5),)))
    for number in range(30, 38):
        choice = made.ask(number)
        made.proposed(number, choice)
        asked.append(choice["x"])
    gaps = [b - a for a, b in itertools.pairwise(sorted(asked))]
    assert min(gaps) > 1e-6


def test_pruned_candidates_teach_by_their_last_value() -> None:
    pruned = Observation(TrialState.PRUNED, None)
    found = late_proposals(Objective("m", "min"), lambda _: pruned, shown=True)
    assert statistics.median(found) < 0.3


def test_a_constraint_keeps_the_search_where_it_holds() -> None:
    def end(x: float) -> Observation:
        return Observation(TrialState.SUCCEEDED, (x,), (0.6 - x,))

    assert 0.55 < statistics.median(late_proposals(Objective("m", "min"), end)) < 0.8


def test_a_missing_constraint_metric_is_no_success_and_no_error() -> None:
    made, blank = sampler("tpe", startup=1), sampler("tpe", startup=1)
    for number in range(12):
        choice = made.ask(number)
        for each in (made, blank):
            each.proposed(number, choice)
        made.ended(number, Observation(TrialState.SUCCEEDED, (0.0,), (math.inf,)))
        blank.ended(number, Observation(TrialState.FAILED, None))
    assert made.ask(12) == blank.ask(12)


def test_a_candidate_that_failed_may_succeed_later() -> None:
    first, second = sampler("tpe", startup=2), sampler("tpe", startup=2)
    for number in range(8):
        choice = first.ask(number)
        for each in (first, second):
            each.proposed(number, choice)
        if number == 3:
            first.ended(number, Observation(TrialState.FAILED, None))
        for each in (first, second):
            each.ended(number, Observation(TrialState.SUCCEEDED, (cost(choice),)))
    assert sorted(first.ask(8)) == sorted(second.ask(8))
    assert first.ask(9)["lr"] != sampler("tpe").ask(9)["lr"]


def test_quasi_random_points_fill_the_space_evenly() -> None:
    space = SearchSpace([Range("x", 0, 1), Range("y", 0, 1)])
    made = sampler("qmc", space)
    cells = set()
    for number in range(64):
        choice = made.ask(number)
        made.proposed(number, choice)
        cells.add((int(choice["x"] * 8), int(choice["y"] * 8)))
    assert len(cells) == 64


def test_a_quasi_random_point_depends_on_its_number_alone() -> None:
    ahead, back = sampler("qmc"), sampler("qmc")
    points = [ahead.ask(number) for number in range(20)]
    assert [back.ask(number) for number in reversed(range(20))] == points[::-1]


@given(low=st.integers(-5, 5), width=st.integers(0, 6), u=st.floats(0, 1, exclude_max=True))
def test_whole_numbers_are_drawn_from_end_to_end(low: int, width: int, u: float) -> None:
    from agilml.sweep.search.draws import from_unit

    space = SearchSpace([Range("n", low, low + width, integer=True)])
    assert low <= from_unit(space, [u])["n"] <= low + width
    assert from_unit(space, [0.0])["n"] == low
    assert from_unit(space, [1 - 1e-12])["n"] == low + width


@pytest.mark.parametrize("name", ["tpe", "cmaes", "nsga2"])
def test_a_candidate_pruned_by_a_value_from_before_the_first_step_is_taken_in(name: str) -> None:
    one = sampler(name)
    for number in range(3):
        one.proposed(number, one.ask(number))
        one.saw(number, -1, math.nan)
        one.ended(number, Observation(TrialState.PRUNED, None))
    assert one.ask(3)
