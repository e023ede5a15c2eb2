"""The candidates that no other one beats in every objective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

Point: TypeAlias = Sequence[float]


def front(
    points: Sequence[Point], modes: Sequence[str], violations: Sequence[Point] | None = None
) -> list[int]:
    """Return the indices of the points that no other point dominates, the best in the first objective first.

    One point dominates another if it is at least as good in every objective and better in one. Equal points
    do not dominate each other. A point with a value that is NaN is never returned.

    Args:
        points: one value per objective each.
        modes: ``max`` or ``min`` per objective.
        violations: per point, one number per constraint; more than 0 misses it. Points that miss one are
            returned only where there is none that keeps all, and then those that miss them least.
    """
    signs = [-1.0 if mode == "max" else 1.0 for mode in modes]
    costs = [
        tuple(sign * value for sign, value in zip(signs, point, strict=True)) for point in points
    ]
    kept = [i for i, cost in enumerate(costs) if not any(map(math.isnan, cost))]
    if violations is not None:
        kept = _least_missed(kept, violations)
    kept.sort(key=lambda i: (costs[i], i))
    return _of_two(kept, costs) if len(modes) == 2 else _of_many(kept, costs)


def _least_missed(kept: Sequence[int], violations: Sequence[Point]) -> list[int]:
    missed = {i: sum(max(v, 0.0) for v in violations[i]) for i in kept}
    least = min(missed.values(), default=0.0)
    return [i for i in kept if missed[i] == least]


def _of_two(order: Sequence[int], costs: Sequence[tuple[float, ...]]) -> list[int]:
    """Return the front of points sorted by cost: each must be cheaper in the second than all before it."""
    found: list[int] = []
    for i in order:
        if not found or costs[i][1] < costs[found[-1]][1] or costs[i] == costs[found[-1]]:
            found.append(i)
    return found


def _of_many(order: Sequence[int], costs: Sequence[tuple[float, ...]]) -> list[int]:
    """Return the front of points sorted by cost: nothing dominates what comes before it."""
    found: list[int] = []
    for i in order:
        if not any(_dominates(costs[other], costs[i]) for other in found):
            found.append(i)
    return found


def _dominates(one: Point, other: Point) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
