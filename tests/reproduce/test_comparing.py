"""Two runs compared point by point."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.reproduce.comparing import Curve, First, Verdict, compare, measures_time

NAN, INF = math.nan, math.inf


def curve(*values: float) -> list[tuple[int | None, float]]:
    return list(enumerate(values))


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        ([0.1, 0.2], [0.1, 0.2], "bit-identical"),
        ([0.1, NAN, INF, -INF], [0.1, NAN, INF, -INF], "bit-identical"),
        ([0.1], [0.1 + 1e-9], "within tolerance"),
        ([1e9], [1e9 + 100], "within tolerance"),
        ([0.0], [-0.0], "within tolerance"),
        ([0.1], [0.11], "different"),
        ([0.1], [NAN], "different"),
        ([INF], [-INF], "different"),
        ([0.1, 0.2], [0.1], "different"),
        ([0.1], [0.1, 0.2], "different"),
        ([], [0.1], "different"),
    ],
)
def test_verdicts(was: Sequence[float], now: Sequence[float], verdict: str) -> None:
    assert compare({"a": curve(*was)}, {"a": curve(*now)}).verdict.value == verdict


def test_the_first_difference_is_named_by_step() -> None:
    was = {"loss": curve(1, 2, 3), "acc": curve(1, 2, 3)}
    now = {"loss": curve(1, 2, 4), "acc": curve(1, 9, 3)}
    found = compare(was, now)
    assert found.first == First("acc", 1, 2, 9)
    assert [metric.verdict.value for metric in found.metrics] == ["different", "different"]


def test_a_real_difference_is_named_before_a_tolerable_one() -> None:
    found = compare({"a": curve(1, 2)}, {"a": curve(1 + 1e-9, 3)})
    assert found.first == First("a", 1, 2, 3)


def test_other_steps_are_other_points() -> None:
    was: list[tuple[int | None, float]] = [(0, 1.0), (2, 1.0)]
    assert compare({"a": was}, {"a": curve(1, 1)}).first == First("a", 2, 1.0, None)


def test_a_run_that_was_ended_early_is_compared_up_to_its_end() -> None:
    was, now = {"a": curve(1, 2)}, {"a": curve(1, 2, 3), "test": curve(1)}
    assert compare(was, now).verdict is Verdict.DIFFERENT
    assert compare(was, now, curtailed=True).verdict is Verdict.IDENTICAL
    assert compare(now, was, curtailed=True).verdict is Verdict.DIFFERENT


def test_a_metric_that_is_gone_is_a_difference() -> None:
    found = compare({"a": curve(1), "b": curve(1)}, {"a": curve(1)})
    assert found.first == First("b", 0, 1, None)


def test_nothing_to_compare_is_no_reproduction() -> None:
    assert compare({}, {}).verdict is Verdict.DIFFERENT
    found = compare({"fit_seconds": curve(1)}, {"fit_seconds": curve(2)})
    assert (found.verdict, found.timed) == (Verdict.DIFFERENT, ["fit_seconds"])


@pytest.mark.parametrize(
    "name", ["fit_seconds", "time", "epoch/time", "step.ms", "images_per_second", "perf/latency"]
)
def test_time_is_not_compared(name: str) -> None:
    assert measures_time(name)


@pytest.mark.parametrize(
    "name", ["loss", "lr", "val_acc", "timeouts", "times_table_acc", "", "ms_coco"]
)
def test_everything_else_is(name: str) -> None:
    assert not measures_time(name)


FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.lists(FLOATS, max_size=5), max_size=4))
def test_a_run_is_identical_to_itself(values: dict[str, list[float]]) -> None:
    curves: dict[str, Curve] = {name: curve(*items) for name, items in values.items()}
    found = compare(curves, curves, 0.0)
    assert all(metric.verdict is Verdict.IDENTICAL for metric in found.metrics)
    assert found.first is None


@given(FLOATS, FLOATS, st.floats(0, 1))
def test_the_verdict_does_not_depend_on_which_run_came_first(
    one: float, other: float, tolerance: float
) -> None:
    here = compare({"a": curve(one)}, {"a": curve(other)}, tolerance)
    there = compare({"a": curve(other)}, {"a": curve(one)}, tolerance)
    assert here.verdict is there.verdict
