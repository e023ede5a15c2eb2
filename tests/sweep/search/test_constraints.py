from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import ConfigError
from agilml.sweep.search.constraints import Constraint, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("size_mb <= 10", Constraint("size_mb", "<=", 10.0)),
        ("latency_ms<5", Constraint("latency_ms", "<", 5.0)),
        (" f1 >= .9 ", Constraint("f1", ">=", 0.9)),
        ("test/acc > -1e-3", Constraint("test/acc", ">", -1e-3)),
        ("val acc >= 1.", Constraint("val acc", ">=", 1.0)),
    ],
)
def test_a_constraint_is_a_metric_a_sign_and_a_number(text: str, expected: Constraint) -> None:
    assert parse([text]) == [expected]
    assert parse(text) == [expected]
    assert parse([str(expected)]) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        *("", "size", "size = 3", "size == 3", "size != 3", "10 >= ", "size <= big", "size <= nan"),
        *("a <= 1 and b <= 2", "<= 3", "a <= 1e999", "a < b < 3", "a" * 2_000 + " < 1", 3, None),
    ],
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ConfigError, match="is not a constraint"):
        parse([text])  # type: ignore[list-item]


def test_a_hostile_text_is_refused_at_once() -> None:
    with pytest.raises(ConfigError):
        parse("a " * 499 + "!")


@pytest.mark.parametrize(
    ("text", "value", "missed"),
    [("a <= 10", 12, 2), ("a <= 10", 7, -3), ("a <= 10", 10, 0), ("a >= 1", 0.25, 0.75)],
)
def test_a_violation_is_how_far_the_bound_is_missed(text: str, value: float, missed: float) -> None:
    [one] = parse(text)
    assert one.violation({"a": value}) == missed


def test_a_strict_bound_is_missed_at_the_bound() -> None:
    assert all(one.violation({"a": 5}) > 0 for one in parse(["a < 5", "a > 5"]))


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_was_not_measured_is_missed(value: float | None) -> None:
    [one] = parse("a <= 10")
    assert one.violation({"a": value}) == math.inf
    assert one.violation({}) == math.inf


@given(
    st.sampled_from(["<=", "<", ">=", ">"]),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
)
def test_a_bound_is_kept_exactly_where_the_comparison_holds(
    sign: str, bound: float, value: float
) -> None:
    holds = {"<=": value <= bound, "<": value < bound, ">=": value >= bound, ">": value > bound}
    assert (Constraint("a", sign, bound).violation({"a": value}) <= 0) is holds[sign]
