from __future__ import annotations

import math
import random
import time

from hypothesis import given
from hypothesis import strategies as st

from agilml.sweep.search.pareto import front

NUMBER = st.one_of(st.integers(0, 4).map(float), st.just(math.nan))


def dominated(points: list[tuple[float, ...]], modes: list[str], i: int) -> bool:
    signs = [-1 if mode == "max" else 1 for mode in modes]
    mine = [sign * value for sign, value in zip(signs, points[i], strict=True)]
    for other in points:
        if any(map(math.isnan, other)):
            continue
        theirs = [sign * value for sign, value in zip(signs, other, strict=True)]
        if all(a <= b for a, b in zip(theirs, mine, strict=True)) and theirs != mine:
            return True
    return False


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(
            st.lists(st.tuples(*[NUMBER] * n), max_size=20),
            st.lists(st.sampled_from(["max", "min"]), min_size=n, max_size=n),
        )
    )
)
def test_the_front_is_what_nothing_dominates(
    drawn: tuple[list[tuple[float, ...]], list[str]],
) -> None:
    points, modes = drawn
    expected = {
        i
        for i, point in enumerate(points)
        if not any(map(math.isnan, point)) and not dominated(points, modes, i)
    }
    found = front(points, modes)
    assert set(found) == expected
    assert len(found) == len(expected)


def test_the_best_in_the_first_objective_comes_first() -> None:
    points = [(0.7, 3.0), (0.9, 9.0), (0.8, 5.0), (0.6, 8.0)]
    assert front(points, ["max", "min"]) == [1, 2, 0]


def test_what_misses_a_constraint_is_out_while_anything_keeps_all() -> None:
    points = [(0.9, 1.0), (0.5, 2.0), (0.4, 3.0)]
    assert front(points, ["max", "min"], [(1.0,), (0.0,), (-1.0,)]) == [1]
    assert front(points, ["max", "min"], [(3.0,), (1.0,), (1.0,)]) == [1]
    assert front(points, ["max", "min"], [(math.inf,)] * 3) == [0]


def test_two_objectives_of_many_points_take_no_time() -> None:
    rng = random.Random(0)
    # On a line where nothing dominates anything, comparing all pairs takes minutes.
    points = [(x, 1 - x) for x in (rng.random() for _ in range(50_000))]
    began = time.process_time()
    assert len(front(points, ["min", "min"])) == 50_000
    assert time.process_time() - began < 2
