"""A space says what applies, what is a candidate of it, and how many there are."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import ConfigError
from agilml.sweep.grammar_condition import Condition, both, condition, equals
from agilml.sweep.search.draws import at_random
from agilml.sweep.search.space import Choices, Range, SearchSpace

OPTIM = Choices("optim", ("sgd", "adamw"))
LR = Range("lr", 1e-4, 1.0, log=True)
DEPTH = Range("depth", 2, 9, integer=True)
MOMENTUM = Range("momentum", 0.5, 0.9, when=equals("optim", ("sgd",)))
SPACE = SearchSpace((OPTIM, LR, DEPTH, MOMENTUM))


def test_a_conditional_dimension_applies_next_to_its_choice_only() -> None:
    assert SPACE.applies(MOMENTUM, {"optim": 0, "lr": 0.1, "depth": 3})
    assert not SPACE.applies(MOMENTUM, {"optim": 1, "lr": 0.1, "depth": 3})


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"optim": 0, "lr": 0.1, "depth": 3}, "`momentum` is missing"),
        ({"optim": 1, "lr": 0.1, "depth": 3, "momentum": 0.6}, "`momentum` does not apply"),
        ({"optim": 2, "lr": 0.1, "depth": 3}, "2 is no value of `optim`"),
        ({"optim": 0.5, "lr": 0.1, "depth": 3}, "no value of `optim`"),
        ({"optim": True, "lr": 0.1, "depth": 3}, "no value of `optim`"),
        ({"optim": 1, "lr": 2.0, "depth": 3}, "2.0 is no value of `lr`"),
        ({"optim": 1, "lr": float("nan"), "depth": 3}, "no value of `lr`"),
        ({"optim": 1, "lr": 0.1, "depth": 3.5}, "no value of `depth`"),
        ({"optim": 1, "lr": 0.1, "depth": 3, "width": 1}, "`width` is no dimension"),
    ],
)
def test_what_is_no_candidate_is_refused(choice: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SPACE.check(choice)
    assert said in caught.value.cause


def test_a_part_of_a_candidate_is_completed_in_the_branch_that_it_names() -> None:
    asked = {"optim": 1, "lr": 0.3, "depth": 4}
    found = SPACE.complete({"optim": 0}, asked)
    assert found == {"optim": 0, "lr": 0.3, "depth": 4, "momentum": 0.7}
    SPACE.check(found)
    assert SPACE.complete({"momentum": 0.6}, asked) == asked


def test_the_middle_is_on_the_scale_of_the_dimension() -> None:
    assert LR.middle == pytest.approx(0.01)
    assert DEPTH.middle in (5, 6)


def test_a_space_survives_json() -> None:
    plain = json.loads(json.dumps(SPACE.as_json()))
    again = SearchSpace.from_json(plain)
    assert again.as_json() == SPACE.as_json()
    for seed in range(20):
        again.check(at_random(SPACE, seed))


def test_an_open_space_has_no_size() -> None:
    assert SPACE.size is None


CONDITIONS = st.one_of(
    st.none(),
    st.sampled_from([equals("a", (0,)), equals("a", (1, 2)), condition("b > 0")]),
    st.just(both((equals("a", (0,)), condition("b > 0")))),
)


@given(
    widths=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    when=st.lists(CONDITIONS, min_size=4, max_size=4),
)
def test_the_size_is_the_number_of_distinct_candidates(
    widths: list[int], when: list[Condition | None]
) -> None:
    names = "abcd"[: len(widths)]
    unconditional = [Choices(n, tuple(range(w))) for n, w in zip("ab", widths, strict=False)]
    rest = [
        Choices(n, tuple(range(w)), c) for n, w, c in zip(names[2:], widths[2:], when, strict=False)
    ]
    space = SearchSpace((*unconditional, *sorted(rest, key=lambda one: one.when is not None)))
    options = [[None, *range(width)] for width in widths]
    found = 0
    for values in itertools.product(*options):
        choice = {n: v for n, v in zip(names, values, strict=True) if v is not None}
        try:
            space.check(choice)
        except ConfigError:
            continue
        found += 1
    assert space.size == found


def test_a_wide_space_is_counted_at_once() -> None:
    wide = [Choices(f"k{n}", tuple(range(1_000))) for n in range(20)]
    beside = Choices("c", (1, 2), equals("k0", (5,)))
    assert SearchSpace((*wide, beside)).size == 1_000**19 * 1_001
