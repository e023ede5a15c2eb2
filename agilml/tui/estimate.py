"""How long a sweep will still take, from how long its runs took so far."""

from __future__ import annotations

from collections.abc import Sequence


def seconds_left(
    durations: Sequence[float], elapsed: Sequence[float], waiting: int
) -> float | None:
    """Return the seconds until the last run ends, or None where nothing is known yet.

    Runs are taken to be alike: each slot finishes what it has and takes the next one, as the controller
    does. A run that has lasted longer than the mean is expected to last as long as the longer ones did.

    Args:
        durations: seconds that ended runs took.
        elapsed: seconds that each running one has lasted; there are as many slots as running runs.
        waiting: how many runs are pending.
    """
    if not elapsed and not waiting:
        return 0.0
    if not durations or not elapsed:
        return None
    mean = sum(durations) / len(durations)
    left = sorted(_left(durations, seconds) for seconds in elapsed)
    rounds, rest = divmod(waiting, len(left))
    last = max(left[-1], left[rest - 1] + mean) if rest else left[-1]
    return last + rounds * mean


def _left(durations: Sequence[float], elapsed: float) -> float:
    longer = [seconds for seconds in durations if seconds > elapsed]
    return sum(longer) / len(longer) - elapsed if longer else 0.0
