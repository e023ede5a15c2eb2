from __future__ import annotations

import heapq

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.tui.estimate import seconds_left


def simulated(left: list[float], waiting: int, each: float) -> float:
    """Return when the last run ends if every free slot takes the next run."""
    slots = list(left)
    heapq.heapify(slots)
    for _ in range(waiting):
        heapq.heappush(slots, heapq.heappop(slots) + each)
    return max(slots)


@given(
    st.lists(st.integers(0, 99), min_size=1, max_size=12), st.integers(0, 50), st.integers(100, 200)
)
def test_it_is_what_a_simulation_of_the_slots_says(
    elapsed: list[int], waiting: int, each: int
) -> None:
    found = seconds_left([float(each)], elapsed, waiting)
    assert found == pytest.approx(simulated([each - seconds for seconds in elapsed], waiting, each))


def test_nothing_is_guessed_before_a_run_has_ended() -> None:
    assert seconds_left([], [3.0], 5) is None


def test_nothing_is_guessed_while_nothing_runs() -> None:
    assert seconds_left([10.0], [], 5) is None


def test_nothing_is_left_at_the_end() -> None:
    assert seconds_left([10.0], [], 0) == 0.0


def test_a_run_that_lasts_longer_than_most_is_compared_with_the_long_ones() -> None:
    assert seconds_left([10.0, 10.0, 40.0], [20.0], 0) == 20.0


def test_a_run_that_lasts_longer_than_all_may_end_any_time() -> None:
    assert seconds_left([10.0, 10.0], [20.0], 0) == 0.0
