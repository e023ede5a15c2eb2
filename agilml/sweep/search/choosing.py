"""From values to choices: points that people ask for, and trials of earlier sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agilml.errors import ConfigError
from agilml.model import canonical
from agilml.points import leaves
from agilml.sweep.grammar import Dimension, Kind, Row
from agilml.sweep.search.base import Choice
from agilml.sweep.search.place import Ground
from agilml.sweep.search.space import SearchSpace, holds
from agilml.text import safe_text


def choose(ground: Ground, space: SearchSpace, values: Mapping[str, Any]) -> Choice | None:
    """Return the candidate with ``values``, those of a whole config by key or group; None: there is none."""
    made: dict[str, float | int] = {}
    by_name = dict(zip(ground.names, ground.dimensions, strict=True))
    for one in space.dimensions:
        if not space.applies(one, made):
            continue
        found = _find(by_name[one.name], values)
        if found is None or not holds(one, found):
            return None
        made[one.name] = found
    return made


def enqueued(ground: Ground, space: SearchSpace, point: Any) -> Choice:
    """Return the choices that a point given by a person makes; it may leave dimensions open.

    Raises:
        ConfigError: it names no dimension, or a value that the dimension does not have.
    """
    if not isinstance(point, Mapping) or not point:
        raise ConfigError(
            f"`sampler.enqueue` is a list of points, and {safe_text(point, 60)} is none",
            next="sampler.enqueue=[{lr:0.1},{lr:0.2}]",
        )
    values = {**leaves(point), **point}
    by_name = dict(zip(ground.names, ground.dimensions, strict=True))
    made: dict[str, float | int] = {}
    used: set[str] = set()
    for one in space.dimensions:
        keys = _keys(by_name[one.name])
        if not keys & values.keys():
            continue
        found = _find(by_name[one.name], {key: values[key] for key in keys & values.keys()})
        if found is not None and holds(one, found):
            made[one.name] = found
            used |= keys
        elif one.when is None:
            raise _no_value(one.name, values, keys)
    unknown = sorted(key for key in point if not _covered(key, used))
    if unknown:
        names = ", ".join(safe_text(one.name) for one in space.dimensions)
        raise ConfigError(
            f"`sampler.enqueue` sets `{safe_text(unknown[0])}`, which this sweep does not search over",
            next=f"its dimensions: {names}",
        )
    return made


def _covered(key: str, used: set[str]) -> bool:
    return any(key == other or other.startswith(f"{key}.") for other in used)


def _keys(one: Dimension) -> set[str]:
    return {setting.name for row in one.rows for setting in row.settings} | {one.name}


def _find(one: Dimension, values: Mapping[str, Any]) -> float | int | None:
    """Return the number or the index of the row whose settings ``values`` has."""
    if one.kind is Kind.OPEN:
        number = values.get(one.name)
        known = isinstance(number, int | float) and not isinstance(number, bool)
        return number if known else None
    rows = (n for n, row in enumerate(one.rows) if _agrees(row, values))
    return next(rows, None)


def _agrees(row: Row, values: Mapping[str, Any]) -> bool:
    return bool(row.settings) and all(
        setting.name in values and _same(setting.value, values[setting.name])
        for setting in row.settings
    )


def _same(typed: Any, value: Any) -> bool:
    """Whether a value of a config is the one typed: 1 and 1.0 are, true and 1 are not."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (typed, value))
    return bool(typed == value) if numbers else canonical(typed) == canonical(value)


def _no_value(name: str, values: Mapping[str, Any], keys: set[str]) -> ConfigError:
    shown = ", ".join(f"{key}={safe_text(values[key], 40)}" for key in sorted(keys & values.keys()))
    return ConfigError(
        f"`sampler.enqueue` wants {safe_text(shown)}, which is not in the range or among the values of "
        f"`{safe_text(name)}`",
        next="enqueue a point of the space, or widen it",
    )
