"""An exact confidence interval for the centre of a few paired differences.

If differences are symmetric about their centre, then each of the ``2**n - 1`` means of non-empty subsets of
them is as likely to lie below it as any other: sorted, they cut the line into ``2**n`` intervals that hold
the centre with equal probability (J. A. Hartigan, "Using subsample values as typical values", JASA 1969).
It is the interval of those centres that the sign-flip test does not reject, and needs no distribution.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

EXACT = 14
"""Up to so many pairs every subset is looked at; beyond, :data:`DRAWN` of them."""

DRAWN = (1 << EXACT) - 1


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of the centre; ``level`` is how surely they hold it, at least what was asked for."""

    low: float
    high: float
    level: float


def fewest_pairs(alpha: float) -> int:
    """Return the number of pairs below which no interval of level ``1 - alpha`` is bounded."""
    return math.ceil(math.log2(2 / alpha))


def interval(differences: Sequence[float], alpha: float) -> Interval | None:
    """Return the interval of level ``1 - alpha``, or None where there are too few differences for one.

    The same differences in the same order give the same interval.
    """
    if len(differences) < fewest_pairs(alpha):
        return None
    means = _subset_means(differences)
    cells = len(means) + 1
    # So many of the outermost cells on each side are left out.
    cut = math.floor(alpha / 2 * cells)
    return Interval(means[cut - 1], means[-cut], 1 - 2 * cut / cells)


def _subset_means(values: Sequence[float]) -> list[float]:
    if len(values) <= EXACT:
        sums = [(0.0, 0)]
        for value in values:
            sums += [(total + value, count + 1) for total, count in sums]
        return sorted(total / count for total, count in sums if count)
    draw = random.Random(len(values))  # noqa: S311  the draw must be the same every time
    means: list[float] = []
    while len(means) < DRAWN:
        chosen = [value for value in values if draw.getrandbits(1)]
        if chosen:
            means.append(math.fsum(chosen) / len(chosen))
    return sorted(means)
