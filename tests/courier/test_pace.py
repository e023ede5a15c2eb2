from __future__ import annotations

import pytest

from agilml.courier.pace import MOST_SECONDS, Backoff, Pace, jittered


@pytest.mark.parametrize(
    ("limit", "size", "seconds", "expected"),
    [
        (None, 10_000_000, 0.0, 0.0),
        (2.0, 10_000_000, 1.0, 4.0),
        (2.0, 10_000_000, 5.0, 0.0),
        (2.0, 10_000_000, 9.0, 0.0),
        (0.5, 0, 0.0, 0.0),
    ],
)
def test_uploads_are_kept_below_the_limit(
    limit: float | None, size: int, seconds: float, expected: float
) -> None:
    waited: list[float] = []
    Pace(limit, waited.append).sent(size, seconds)
    assert sum(waited) == expected


def test_a_remote_that_is_down_is_asked_ever_more_rarely_and_at_least_once_a_minute() -> None:
    now = 100.0
    backoff = Backoff(clock=lambda: now, uniform=lambda low, high: high)
    assert backoff.left == 0
    waits = []
    for _ in range(9):
        backoff.failed()
        waits.append(backoff.left)
        now += backoff.left
        assert backoff.left == 0
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, MOST_SECONDS]
    backoff.succeeded()
    backoff.failed()
    assert backoff.left == 2


def test_two_couriers_do_not_come_at_the_same_moments() -> None:
    times = {jittered(30.0) for _ in range(50)}
    assert len(times) > 1
    assert all(24.0 <= time <= 36.0 for time in times)
