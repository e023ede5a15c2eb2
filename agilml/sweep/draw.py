"""The trials of a plan that is fixed from the start: all of a grid, or those that a sampler draws unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agilml.errors import UsageError
from agilml.ledger.ledger import PlannedTrial
from agilml.model import digest
from agilml.points import Point
from agilml.sweep.expand import Expansion
from agilml.sweep.search.base import Exhausted, Objective
from agilml.sweep.search.plan import Excluded, SearchPlan

_TRIES = 200


def ordered(found: Expansion, sampler: Mapping[str, Any], limit: int | None) -> Sequence[Point]:
    """Return the points to run, in the order they will start.

    Args:
        found: every point.
        sampler: the config node; ``grid`` or ``random``.
        limit: most candidates, each with all its repetitions.

    Raises:
        UsageError: a grid is larger than the limit.
    """
    seed = int(sampler.get("seed") or 0)
    random = sampler.get("name") == "random"
    points: list[Point] = list(found.points)
    if not random and limit is not None and limit < len(points):
        raise UsageError(
            f"the grid has {len(points):,} trials and budget.trials is {limit:,}",
            next=f"sampler=random to draw {limit:,} of them, or a larger budget.trials",
        )
    if not random and not sampler.get("shuffle", True):
        return points
    if not random or limit is None or limit >= len(points):
        return sorted(points, key=lambda point: digest([seed, point.digest]))
    return _some(found, points, seed, limit)


def shuffled_alike(sampler: Mapping[str, Any]) -> bool:
    """Whether the points are shuffled and one shuffle is as good as another: no seed asks for this one."""
    grid = sampler.get("name") != "random"
    return grid and bool(sampler.get("shuffle", True)) and not sampler.get("seed")


def _some(found: Expansion, points: Sequence[Point], seed: int, limit: int) -> list[Point]:
    """Return the points of ``limit`` candidates; points that only repeat each other are one candidate."""
    candidates: dict[str, list[Point]] = {}
    for point in points:
        params = {name: v for name, v in point.params.items() if name not in found.repeats}
        key = digest([point.structure, params]) if found.repeats else point.digest
        candidates.setdefault(key, []).append(point)
    order = sorted(candidates.values(), key=lambda each: digest([seed, each[0].digest]))
    return [point for each in order[:limit] for point in each]


def drawn(
    plan: SearchPlan,
    sampler: Mapping[str, Any],
    objectives: Sequence[Objective],
    limit: int,
) -> list[PlannedTrial]:
    """Return the trials of ``limit`` candidates that the sampler proposes, or of as many as there are.

    Raises:
        ConfigError: there is no such sampler, or a setting of it makes no sense.
    """
    from agilml.sweep.search.samplers import make_sampler

    source = make_sampler(sampler, plan.space, objectives)
    trials: dict[str, PlannedTrial] = {}
    number = 0
    while number < limit:
        for again in range(_TRIES):
            try:
                choice = source.ask(number, again=again)
                placed = plan.place(choice)
            except Exhausted:
                return list(trials.values())
            except Excluded:
                continue
            source.proposed(number, choice)
            trials.update({trial[0]: trial for trial in placed})
            break
        else:
            break
        number += 1
    return list(trials.values())
