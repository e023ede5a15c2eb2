from __future__ import annotations

import itertools
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.compare.signflip import EXACT, fewest_pairs, interval

differences = st.lists(
    st.floats(-1e3, 1e3, allow_nan=False).map(lambda value: round(value, 3)), min_size=6, max_size=9
)


@pytest.mark.parametrize(("alpha", "pairs"), [(0.05, 6), (0.025, 7), (0.01, 8), (0.1, 5), (0.5, 2)])
def test_the_fewest_pairs_are_those_whose_smallest_p_is_alpha(alpha: float, pairs: int) -> None:
    assert fewest_pairs(alpha) == pairs
    assert 2 / 2**pairs <= alpha < 2 / 2 ** (pairs - 1)
    assert interval([1.0] * (pairs - 1), alpha) is None
    assert interval([1.0] * pairs, alpha) is not None


def test_six_pairs_give_the_smallest_and_the_largest_difference() -> None:
    found = interval([3.0, 1.0, 2.0, 5.0, 4.0, 6.0], 0.05)
    assert found is not None
    assert (found.low, found.high, found.level) == (1.0, 6.0, 1 - 2 / 64)


@given(differences)
def test_the_interval_holds_exactly_the_centres_that_the_sign_flip_test_keeps(
    values: list[float],
) -> None:
    """The definition, brute force: flip all signs, count the means at least as extreme."""
    found = interval(values, 0.05)
    assert found is not None
    for centre in (found.low - 1e-6, found.low + 1e-6, found.high - 1e-6, found.high + 1e-6):
        inside = found.low <= centre <= found.high
        assert _kept_by_test([value - centre for value in values], 0.05) == inside


@given(differences, st.floats(-100, 100).map(lambda value: round(value, 3)))
def test_moving_and_mirroring_the_differences_moves_and_mirrors_the_interval(
    values: list[float], shift: float
) -> None:
    found, moved = interval(values, 0.05), interval([value + shift for value in values], 0.05)
    mirrored = interval([-value for value in values], 0.05)
    assert found
    assert moved
    assert mirrored
    assert moved.low == pytest.approx(found.low + shift, abs=1e-6)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-9)
    assert found.low - 1e-9 <= statistics.fmean(values) <= found.high + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("n", [6, 8, EXACT + 6])
def test_the_interval_holds_the_truth_as_often_as_it_says(n: int) -> None:
    """A skewed but symmetric-about-the-centre world: a mixture of a narrow and a wide normal."""
    draw = random.Random(n)
    rounds = 400 if n <= EXACT else 60
    held = 0
    for _ in range(rounds):
        values = [0.3 + draw.gauss(0, draw.choice((0.01, 1.0))) for _ in range(n)]
        found = interval(values, 0.05)
        assert found is not None
        held += found.low <= 0.3 <= found.high
    # Three standard errors of a share of 95 % below what is promised.
    assert held / rounds >= 0.95 - 3 * (0.95 * 0.05 / rounds) ** 0.5


def test_many_pairs_are_sampled_the_same_way_every_time() -> None:
    values = [random.Random(i).gauss(0.1, 1) for i in range(EXACT + 10)]
    assert interval(values, 0.05) == interval(values, 0.05)


def _kept_by_test(values: list[float], alpha: float) -> bool:
    """Whether the two-sided exact sign-flip test of a zero centre does not reject."""
    total = sum(values)
    sums = [
        sum(sign * value for sign, value in zip(signs, values, strict=True))
        for signs in itertools.product((1, -1), repeat=len(values))
    ]
    above = sum(one >= total - 1e-12 for one in sums) / len(sums)
    below = sum(one <= total + 1e-12 for one in sums) / len(sums)
    return min(above, below) > alpha / 2
