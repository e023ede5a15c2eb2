"""How fast uploads may be, and how soon something that failed is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

FIRST_SECONDS = 2.0
MOST_SECONDS = 60.0
_MEGABYTE = 1e6
_DICE = random.SystemRandom()


class Pace:
    """Keeps uploads below a number of megabytes a second, on average from one to the next.

    Args:
        mb_per_s: the most; None means as fast as the network is.
        wait: how to wait; it may return early, where somebody wants the courier to end.
    """

    def __init__(self, mb_per_s: float | None, wait: Callable[[float], object]) -> None:
        self._bytes_per_s = None if mb_per_s is None else mb_per_s * _MEGABYTE
        self._wait = wait

    def sent(self, size: int, seconds: float) -> None:
        """Return when ``size`` bytes that took ``seconds`` are within the limit."""
        if self._bytes_per_s is not None:
            rest = size / self._bytes_per_s - seconds
            if rest > 0:
                self._wait(rest)


class Backoff:
    """Seconds until the next try: doubled by every failure up to a minute, never in step with others."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = _DICE.uniform,
    ) -> None:
        self._clock = clock
        self._uniform = uniform
        self._failures = 0
        self._next = 0.0

    @property
    def left(self) -> float:
        """Seconds until the next try may be made; 0 when it may be made now."""
        return max(0.0, self._next - self._clock())

    def failed(self) -> None:
        """Wait longer than after the failure before."""
        most = min(MOST_SECONDS, FIRST_SECONDS * 2.0**self._failures)
        self._failures += 1
        self._next = self._clock() + self._uniform(most / 2, most)

    def succeeded(self) -> None:
        """Begin anew with the next failure."""
        self._failures = 0
        self._next = 0.0


def jittered(seconds: float) -> float:
    """Return a time around ``seconds``, so that a team's couriers do not all come at once."""
    return _DICE.uniform(0.8 * seconds, 1.2 * seconds)
