from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.compare.verdict import Verdict, judge

UP = [0.01, 0.02, 0.015, 0.03, 0.012, 0.02]


@pytest.mark.parametrize(
    ("differences", "mode", "margin", "expected"),
    [
        (UP, "max", 0.0, Verdict.BETTER),
        (UP, "min", 0.0, Verdict.WORSE),
        ([-value for value in UP], "max", 0.0, Verdict.WORSE),
        ([-value for value in UP], "min", 0.0, Verdict.BETTER),
        ([0.0] * 6, "max", 0.0, Verdict.EQUAL),
        (UP, "max", 0.05, Verdict.EQUAL),
        ([0.01, -0.02, 0.03, -0.01, 0.02, 0.0], "max", 0.0, Verdict.NOT_ENOUGH),
        ([0.01, -0.02, 0.03, -0.01, 0.02, 0.0], "max", 0.05, Verdict.EQUAL),
        (UP[:5], "max", 0.0, Verdict.NOT_ENOUGH),
        ([1e9], "max", 0.0, Verdict.NOT_ENOUGH),
    ],
)
def test_what_can_be_said(
    differences: list[float], mode: str, margin: float, expected: Verdict
) -> None:
    found = judge(differences, mode=mode, alpha=0.05, margin=margin)
    assert found.verdict is expected


@pytest.mark.parametrize("n", range(1, 6))
def test_too_few_pairs_say_how_many_are_missing(n: int) -> None:
    found = judge([1.0] * n, mode="max", alpha=0.05)
    assert (found.low, found.high, found.needed) == (None, None, 6 - n)
    assert f"at least {6 - n} more" in found.reason


@pytest.mark.slow
def test_an_open_question_says_about_how_many_would_answer_it() -> None:
    draw = random.Random(0)
    few = [draw.gauss(0.5, 1.0) for _ in range(10)]
    found = judge(few, mode="max", alpha=0.05)
    assert found.verdict is Verdict.NOT_ENOUGH
    assert found.needed is not None
    more = [*few, *(draw.gauss(0.5, 1.0) for _ in range(3 * found.needed))]
    assert judge(more, mode="max", alpha=0.05).verdict is Verdict.BETTER


def test_differences_of_mean_zero_need_nobody_knows_how_many() -> None:
    assert judge([1.0, -1.0] * 4, mode="max", alpha=0.05).needed is None


@given(st.integers(0, 200))
def test_no_change_is_called_better_or_worse_as_seldom_as_promised(seed: int) -> None:
    """Two hundred worlds without a change, each of twenty comparisons: 5 % and a margin of error."""
    draw = random.Random(seed)
    wrong = sum(
        judge([draw.gauss(0, 1) for _ in range(7)], mode="max", alpha=0.05).verdict
        is not Verdict.NOT_ENOUGH
        for _ in range(20)
    )
    # 20 comparisons at 4.7 %: more than seven wrong ones happen in fewer than one world of 100,000.
    assert wrong <= 7
