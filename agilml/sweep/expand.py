"""From words to points: what ``agil sweep conf=resnet optim.lr=0.01,0.1 seed=repeat(3)`` means.

A *structure* is composed by Hydra once for every set of group choices; the points on it are patches
of plain values and of the interpolations that depend on them. Whatever cannot be patched with
certainty (a new key, a deletion, a mapping, a value with an interpolation, a custom resolver) is
composed in full.
The grammar is described in :mod:`agilml.sweep.grammar`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agilml.config import Configs
from agilml.config.suggest import did_you_mean
from agilml.config.words import MOST_POINTS, refuse_many
from agilml.errors import ConfigError, UsageError
from agilml.model import JSON
from agilml.points import Point, Structure
from agilml.sweep.expand_axes import axes, shown
from agilml.sweep.expand_points import Points
from agilml.sweep.expand_structures import Blocks, Groups
from agilml.sweep.expand_study import Study
from agilml.sweep.expand_verify import verify_points
from agilml.sweep.grammar import Dimension, Kind
from agilml.sweep.grammar_words import read
from agilml.text import safe_text


@dataclass(frozen=True)
class Expansion:
    """What a sweep consists of.

    Attributes:
        structures: by id, every structure that a point refers to.
        points: the points, each once, in the order of the product; put together as they are read.
        axes: by name, the values of what varies; one mapping per row for a zip or concat.
        excluded: points that an exclude expression left out.
        repeats: keys of ``axes`` that only repeat a point (seeds) and are nothing to search over.
        collapsed: points that were typed more than once.
    """

    structures: dict[str, Structure]
    points: Sequence[Point]
    axes: dict[str, list[JSON]]
    excluded: int
    repeats: tuple[str, ...] = ()
    collapsed: int = 0


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
    return expand_studies(configs, studies(configs, words), verify=verify)


def expand_studies(configs: Configs, found: Sequence[Study], *, verify: int = 3) -> Expansion:
    """Return every point of ``found``; see :func:`expand`."""
    _refuse_open(found)
    points = Points()
    structures: dict[str, Structure] = {}
    size = sum(study.size for study in found)
    if size > MOST_POINTS:
        refuse_many("the product of all values", size)
    for study in found:
        for assembly, rows, digest in study.assembled():
            if points.add(assembly, rows, digest):
                structures.setdefault(assembly.structure.id, assembly.structure)
            if len(points) > MOST_POINTS:  # Conditional values multiply behind the count above.
                refuse_many("the product of all values")
    points.close()
    check_names(found)
    if not points:
        raise ConfigError("every point is excluded", next="loosen exclude=…")
    verify_points(configs, points, verify)
    return Expansion(
        structures,
        points,
        _varying(found),
        sum(study.excluded for study in found),
        tuple(dict.fromkeys(one.name for one in _dimensions(found) if one.kind is Kind.REPEAT)),
        points.repeated,
    )


def studies(configs: Configs, words: Sequence[str]) -> list[Study]:
    """Return one study for every conf that ``words`` name; only their bases are composed.

    Raises:
        UsageError, ConfigError: as :func:`expand`.
    """
    typed = read(words, configs.names())
    for conf in typed.confs:
        configs.check(conf)
    groups = Groups(configs.groups())
    several = len(typed.confs) > 1
    found = []
    for conf in typed.confs:
        blocks = Blocks(configs, conf, groups)
        dimensions = axes(blocks, typed.words, typed.exclude)
        found.append(Study(conf, blocks, dimensions, {"conf": conf} if several else {}))
    return found


def _refuse_open(found: Sequence[Study]) -> None:
    names = dict.fromkeys(one.name for study in found for one in study.axes.open)
    if names:
        raise UsageError(
            f"{', '.join(map(safe_text, names))}: interval() is an open range, "
            "and a grid has no values to take from it",
            next="sampler=tpe, sampler=random budget.trials=20, or write the values: lr=1e-3,1e-2",
        )


def _dimensions(found: Sequence[Study]) -> list[Dimension]:
    return [one for study in found for one in study.axes.every]


def check_names(found: Sequence[Study]) -> None:
    """Refuse a condition on a key that no point of any conf has: it would silently never hold."""
    known = set[str]({"conf"}).union(*(study.names() for study in found))
    conditions = [c for study in found for c in study.axes.exclude]
    conditions += [one.when for one in _dimensions(found) if one.when is not None]
    for one in conditions:
        for name in sorted(one.names - known):
            raise ConfigError(
                f"`{safe_text(one.text)}` reads `{safe_text(name)}`, which is no key"
                + did_you_mean(name, known),
                next=f"put text in quotes: '{safe_text(name)}'",
            )


def _varying(found: Sequence[Study]) -> dict[str, list[JSON]]:
    varying: dict[str, list[JSON]] = {}
    if len(found) > 1:
        varying["conf"] = [study.conf for study in found]
    for study in found:
        for one in study.axes.dimensions:
            if len(one.rows) > 1 or one.when is not None:
                known = varying.setdefault(one.name, [])
                known += [value for value in shown(one, study.axes.base) if value not in known]
    return varying
