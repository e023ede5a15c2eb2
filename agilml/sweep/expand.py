"""From words to points: what ``agil sweep conf=resnet optim.lr=0.01,0.1 seed=repeat(3)`` means.

A *structure* is composed by Hydra once for every set of group choices; the points on it are patches
of plain values and of the interpolations that depend on them. Whatever cannot be patched with
certainty (a new key, a deletion, a mapping, a value with an interpolation, a custom resolver) is
composed in full.
The grammar is described in :mod:`agilml.sweep.grammar`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agilml.config import Configs
from agilml.config.suggest import did_you_mean
from agilml.config.words import MOST_POINTS, refuse_many
from agilml.errors import ConfigError
from agilml.model import JSON
from agilml.points import Point, Structure
from agilml.sweep.expand_axes import axes, shown
from agilml.sweep.expand_points import Points
from agilml.sweep.expand_structures import Blocks, Groups
from agilml.sweep.expand_study import Study
from agilml.sweep.expand_verify import verify_points
from agilml.sweep.grammar import Dimension, Kind
from agilml.sweep.grammar_words import Typed, read
from agilml.text import safe_text


@dataclass(frozen=True)
class Expansion:
    """What a sweep consists of.

    Attributes:
        structures: by id, every structure that a point refers to.
        points: the points, each once, in the order of the product; put together as they are read.
        axes: by name, the values of what varies; one mapping per row for a zip or concat.
        space: by key, open dimensions for a sampler: ``low``, ``high``, ``log``, ``integer``.
        excluded: points that an exclude expression left out.
        repeats: keys of ``axes`` that only repeat a point (seeds) and are nothing to search over.
        collapsed: points that were typed more than once.
    """

    structures: dict[str, Structure]
    points: Sequence[Point]
    axes: dict[str, list[JSON]]
    space: dict[str, Any]
    excluded: int
    repeats: tuple[str, ...] = ()
    collapsed: int = 0
    _kept: Points = field(default_factory=Points, repr=False, compare=False)

    def place(self, index: int, values: Mapping[str, Any]) -> Point:
        """Return the point at ``index`` with ``values`` for the open dimensions, types validated.

        Its structure is in ``structures`` after the call.
        """
        assembly, rows = self._kept.origin(index)
        placed, point = assembly.study.place(rows, values)
        self.structures.setdefault(point.structure, placed.structure)
        return point


def expand(configs: Configs, words: Sequence[str], *, verify: int = 3) -> Expansion:
    """Return what the words after ``agil sweep`` stand for.

    Args:
        configs: where confs and groups come from.
        words: ``conf=…`` and overrides, as typed.
        verify: how many random points are composed in full and compared.

    Raises:
        UsageError: a word cannot be read.
        ConfigError: the words make no sense for these configs, or a patched point is not what Hydra
            composes.
    """
    typed = read(words, configs.names())
    points = Points()
    structures: dict[str, Structure] = {}
    studies = _studies(configs, typed)
    size = sum(study.size for study in studies)
    if size > MOST_POINTS:
        refuse_many("the product of all values", size)
    for study in studies:
        for assembly, rows, digest in study.assembled():
            if points.add(assembly, rows, digest):
                structures.setdefault(assembly.structure.id, assembly.structure)
            if len(points) > MOST_POINTS:  # Conditional values multiply behind the count above.
                refuse_many("the product of all values")
    points.close()
    _check_names(studies)
    if not points:
        raise ConfigError("every point is excluded", next="loosen exclude=…")
    verify_points(configs, points, verify)
    return Expansion(
        structures,
        points,
        _varying(typed, studies),
        {key: bounds for study in studies for key, bounds in _space(study).items()},
        sum(study.excluded for study in studies),
        tuple(dict.fromkeys(one.name for one in _dimensions(studies) if one.kind is Kind.REPEAT)),
        points.repeated,
        points,
    )


def _studies(configs: Configs, typed: Typed) -> list[Study]:
    for conf in typed.confs:
        configs.check(conf)
    groups = Groups(configs.groups())
    several = len(typed.confs) > 1
    studies = []
    for conf in typed.confs:
        blocks = Blocks(configs, conf, groups)
        found = axes(blocks, typed.words, typed.exclude)
        studies.append(Study(conf, blocks, found, {"conf": conf} if several else {}))
    return studies


def _dimensions(studies: Sequence[Study]) -> list[Dimension]:
    return [one for study in studies for one in study.axes.dimensions]


def _check_names(studies: Sequence[Study]) -> None:
    """Refuse a condition on a key that no point of any conf has: it would silently never hold."""
    known = set[str]({"conf"}).union(*(study.names() for study in studies))
    conditions = [c for study in studies for c in study.axes.exclude]
    conditions += [one.when for one in _dimensions(studies) if one.when is not None]
    for one in conditions:
        for name in sorted(one.names - known):
            raise ConfigError(
                f"`{safe_text(one.text)}` reads `{safe_text(name)}`, which is no key"
                + did_you_mean(name, known),
                next=f"put text in quotes: '{safe_text(name)}'",
            )


def _varying(typed: Typed, studies: Sequence[Study]) -> dict[str, list[JSON]]:
    found: dict[str, list[JSON]] = {"conf": list(typed.confs)} if len(typed.confs) > 1 else {}
    for study in studies:
        for one in study.axes.dimensions:
            if len(one.rows) > 1 or one.when is not None:
                known = found.setdefault(one.name, [])
                known += [value for value in shown(one, study.axes.base) if value not in known]
    return found


def _space(study: Study) -> dict[str, dict[str, Any]]:
    space = {}
    for one in study.axes.open:
        assert one.interval is not None
        low, high = one.interval.low, one.interval.high
        ends = [study.axes.base.typed_value(one.name, end) for end in (low, high)]
        integer = one.interval.integer or all(isinstance(end, int) for end in ends)
        space[one.name] = {
            "low": low,
            "high": high,
            "log": "log" in one.interval.tags,
            "integer": integer,
        }
    return space
