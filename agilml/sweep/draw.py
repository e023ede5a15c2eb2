"""Which points of an expansion become trials: all of a grid, or some drawn at random."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from agilml.errors import ConfigError, UsageError
from agilml.model import digest
from agilml.points import Point
from agilml.sweep.expand import Expansion


def draw(found: Expansion, config: Mapping[str, Any]) -> Sequence[Point]:
    """Return the points to run, in the order they will start.

    Args:
        found: the expansion; open dimensions (``interval()``) need the random sampler.
        config: any composed config of the sweep; ``sampler`` and ``budget`` are read.

    Raises:
        ConfigError: there is no such sampler.
        UsageError: the sampler cannot do what the words ask for.
    """
    sampler = config.get("sampler") or {}
    name, seed = str(sampler.get("name", "grid")), int(sampler.get("seed") or 0)
    limit = (config.get("budget") or {}).get("trials")
    if name not in ("grid", "random"):
        raise ConfigError(f"no sampler `{name}`; there are: grid, random", next="sampler=grid")
    if found.space:
        return _drawn_from_space(found, name, seed, limit)
    points = list(found.points)
    if name == "random" or sampler.get("shuffle"):
        points.sort(key=lambda point: digest([seed, point.digest]))
    if limit is None or limit >= len(points):
        return points
    if name == "grid":
        raise UsageError(
            f"the grid has {len(points):,} trials and budget.trials is {limit:,}",
            next=f"sampler=random to draw {limit:,} of them, or a larger budget.trials",
        )
    return points[:limit]


def _drawn_from_space(found: Expansion, name: str, seed: int, limit: int | None) -> Sequence[Point]:
    """Return ``limit`` points: grid points in a random order, with values drawn for the open dimensions."""
    names = ", ".join(found.space)
    if name != "random":
        raise UsageError(
            f"{names}: interval() is an open range, and a grid has no values to take from it",
            next="sampler=random budget.trials=20, or write the values: lr=1e-3,1e-2",
        )
    if limit is None:
        raise UsageError(
            f"{names}: how many values to draw from interval() is not said",
            next="add budget.trials=20",
        )
    rng = random.Random(seed)  # noqa: S311  repeatable draws, not secrets
    order = list(range(len(found.points)))
    rng.shuffle(order)
    return [
        found.place(
            order[i % len(order)], {key: _value(rng, where) for key, where in found.space.items()}
        )
        for i in range(limit)
    ]


def _value(rng: random.Random, where: Mapping[str, Any]) -> float | int:
    low, high = where["low"], where["high"]
    if where.get("log"):
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
    else:
        value = rng.uniform(low, high)
    return round(value) if where.get("integer") else value
