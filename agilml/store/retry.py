"""Trying again: bounded, ever slower, and never in step with others."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from agilml.store.errors import RemoteUnavailable

T = TypeVar("T")
_DICE = random.SystemRandom()


class Temporary(Exception):
    """A failure that may be over in a moment.

    Attributes:
        cause: one sentence without a full stop.
        ambiguous: the request may have taken effect all the same.
    """

    def __init__(self, cause: str, *, ambiguous: bool = True):
        super().__init__(cause)
        self.cause = cause
        self.ambiguous = ambiguous


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, and how far apart, a request is made again.

    The pause after failure n is uniform between 0 and ``min(most, first * 2**n)`` seconds ("full
    jitter", AWS Architecture Blog, Exponential Backoff And Jitter, 2015). With the defaults a remote
    that is down is given up after 15 s on average and 29 s at most, besides the time of the requests.

    Args:
        tries: requests at most.
        first: longest first pause, in seconds.
        most: longest of all pauses, in seconds.
        sleep: how to wait; tests pass their own clock.
        uniform: how to draw between two bounds.
    """

    tries: int = 10
    first: float = 0.1
    most: float = 8.0
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = _DICE.uniform

    def run(self, action: Callable[[], T]) -> T:
        """Return what ``action`` returns as soon as it raises no :class:`Temporary`.

        Raises:
            RemoteUnavailable: it did so every time.
        """
        for failures in range(self.tries):
            try:
                return action()
            except Temporary as error:
                if failures + 1 == self.tries:
                    raise RemoteUnavailable(f"{error.cause} ({self.tries} tries)") from error
            self.sleep(self.uniform(0, min(self.most, self.first * 2**failures)))
        raise RemoteUnavailable("no try was allowed")
