"""Better, worse, equal, or not enough data: what paired differences allow one to say."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agilml.compare.signflip import Interval, fewest_pairs, interval

POWER = 0.8
MANY = 10_000


class Verdict(StrEnum):
    """What can be said of the second side, seen from the first."""

    BETTER = "better"
    WORSE = "worse"
    EQUAL = "equal"
    NOT_ENOUGH = "not enough data"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its grounds.

    Attributes:
        low, high: bounds of the mean difference; None where there are too few pairs.
        needed: how many more pairs would decide, as far as these tell; None where they do not.
        reason: one sentence, without a full stop.
    """

    verdict: Verdict
    low: float | None
    high: float | None
    needed: int | None
    reason: str


def judge(
    differences: Sequence[float],
    *,
    mode: str,
    alpha: float,
    margin: float = 0.0,
    paired_by: str = "",
) -> Judgement:
    """Judge paired differences (second side minus first) of a metric whose best is ``mode``.

    Differences within ``margin`` of zero count as equal. ``alpha`` is the probability of a wrong ``better``,
    ``worse`` or ``equal``, taken together. ``paired_by`` only stands in the reason.
    """
    n, fewest = len(differences), fewest_pairs(alpha)
    pairs = ("1 pair" if n == 1 else f"{n} pairs") + (f" by {paired_by}" if paired_by else "")
    found = interval(differences, alpha)
    if found is None:
        missing = fewest - n
        return Judgement(
            Verdict.NOT_ENOUGH,
            None,
            None,
            missing,
            f"{pairs} can decide nothing at {_percent(1 - alpha)}: at least {missing} more needed",
        )
    verdict = _verdict(found, mode, margin)
    if verdict is not Verdict.NOT_ENOUGH:
        reason = f"{pairs}, {_percent(found.level)} interval"
        return Judgement(verdict, found.low, found.high, 0, reason)
    needed = _needed(differences, alpha, margin)
    more = f"about {needed:,} more" if needed else "many more"
    reason = f"{pairs} leave it open; {more} needed for a difference this small"
    return Judgement(verdict, found.low, found.high, needed, reason)


def _verdict(found: Interval, mode: str, margin: float) -> Verdict:
    if -margin <= found.low and found.high <= margin:
        return Verdict.EQUAL
    if found.low > 0 or found.high < 0:
        return Verdict.BETTER if (found.low > 0) == (mode == "max") else Verdict.WORSE
    return Verdict.NOT_ENOUGH


def _needed(differences: Sequence[float], alpha: float, margin: float) -> int | None:
    """Return how many more pairs a normal approximation asks for to decide with probability 0.8."""
    spread = statistics.stdev(differences)
    size = max(abs(statistics.fmean(differences)), margin)
    if size == 0:
        return None
    normal = statistics.NormalDist()
    z = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(POWER)
    wanted = math.ceil((z * spread / size) ** 2)
    return max(1, wanted - len(differences)) if wanted < MANY else None


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
