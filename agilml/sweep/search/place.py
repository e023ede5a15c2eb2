"""Candidates put on recorded structures: points made with neither Hydra nor a conf file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agilml.config.words import Interval, Setting
from agilml.errors import ConfigError
from agilml.model import JSON
from agilml.points import Point, Structure
from agilml.sweep.expand_assembly import Assembly, Combination, Frame
from agilml.sweep.expand_patch import Patch
from agilml.sweep.expand_structures import Block, Groups
from agilml.sweep.grammar import NOTHING, Dimension, Kind, Row
from agilml.sweep.grammar_condition import Condition, Lookup, recalled
from agilml.sweep.search.base import Choice

Key = tuple[int | None, ...]
"""For every structural dimension the row that is composed, or None where it does not apply."""


class Ground(Frame):
    """The dimensions of one conf and every structure that a candidate can need.

    Args:
        structural: dimensions whose rows are composed into structures, by place.
        whole: those of them of which Hydra composed every key.
        blocks: the structures.

    Attributes:
        names: for each dimension its name in a choice, or None.
    """

    def __init__(
        self,
        conf: str,
        label: Mapping[str, str],
        dimensions: Sequence[Dimension],
        exclude: Sequence[Condition],
        structural: Sequence[int],
        whole: Sequence[int],
        blocks: dict[Key, Block],
    ) -> None:
        super().__init__(conf, label)
        self.dimensions = tuple(dimensions)
        self.exclude = tuple(exclude)
        self.structural = tuple(structural)
        self.composed_whole = tuple(whole)
        self.blocks = blocks
        self.names = choice_names(self.dimensions)
        self._index = {row: n for one in self.dimensions for n, row in enumerate(one.rows)}

    def block(self, rows: Combination) -> Block:
        """Return the structure of the rows' structural choices."""
        found = self.blocks.get(self.key(rows))
        if found is None:
            raise ConfigError(
                "the plan of this sweep has no structure for such a candidate",
                next="plan the sweep again: agil sweep …",
            )
        return found

    def key(self, rows: Combination) -> Key:
        """Return the key of the block of ``rows``."""
        return tuple(
            None if rows[n] is NOTHING else self._index.get(rows[n], 0) for n in self.structural
        )

    def whole(self, block: Block, rows: Combination, patches: Sequence[Patch]) -> Assembly:
        """Refuse: what needs composing was composed when the sweep was planned."""
        del block, rows, patches
        raise ConfigError(
            f"a candidate of conf={self.conf} cannot be made without composing",
            next="plan the sweep again: agil sweep …",
        )

    def patches(self, block: Block, rows: Combination) -> list[Patch]:
        """Return what each row does to ``block``; a row that was just made for a number is not kept."""
        known = self._index
        return [
            block.patches[row] if row in known or row is NOTHING else block.make(row)
            for row in rows
        ]

    def rows(self, choice: Choice) -> list[Row]:
        """Return the rows of a choice that may not be complete; a repetition has its first one."""
        found = []
        for one, name in zip(self.dimensions, self.names, strict=True):
            if one.kind is Kind.REPEAT or name is None:
                found.append(one.rows[0] if one.when is None else NOTHING)
            elif name not in choice:
                found.append(NOTHING)
            else:
                found.append(chosen_row(one, choice[name]))
        return found

    def reads(self, choice: Choice) -> Lookup:
        """Return what conditions read once ``choice`` is made."""
        return self.partial(tuple(self.rows(choice)))

    def repetitions(self, choice: Choice) -> Iterator[Combination]:
        """Yield the rows of every repetition of a complete choice, in order."""
        rows = self.rows(choice)
        options: list[tuple[Row, ...]] = [(row,) for row in rows]
        for n, one in enumerate(self.dimensions):
            if one.kind is Kind.REPEAT and (
                one.when is None or one.when.holds(self.partial(tuple(rows)))
            ):
                options[n] = one.rows
        return itertools.product(*options)

    def put(self, rows: Combination) -> tuple[Assembly, Point]:
        """Return the point of ``rows``, excluded or not."""
        block = self.block(rows)
        patches = self.patches(block, rows)
        assembly = self.assembly(block, rows, patches)
        return assembly, assembly.point(patches, assembly.digest(patches))

    def excluded(self, rows: Combination) -> bool:
        """Return whether an exclude expression holds for ``rows``."""
        if not self.exclude:
            return False
        block = self.block(rows)
        patches = self.patches(block, rows)
        lookup = self.assembly(block, rows, patches).lookup(patches)
        return any(condition.holds(lookup) for condition in self.exclude)

    def as_json(self) -> dict[str, JSON]:
        """Return the plain form; the structures themselves are recorded by id."""
        groups = sorted(
            {
                setting.key
                for block in self.blocks.values()
                for setting in block.settings
                if block.chooses(setting)
            }
        )
        return {
            "conf": self.conf,
            "label": dict(self.label),
            "groups": list(groups),
            "dimensions": [_plain(one) for one in self.dimensions],
            "exclude": [one.plain for one in self.exclude],
            "structural": list(self.structural),
            "whole": list(self.composed_whole),
            "blocks": [[list(key), block.structure.id] for key, block in self.blocks.items()],
        }


def recall(data: Mapping[str, Any], structures: Mapping[str, Structure]) -> Ground:
    """Return the ground with the plain form ``data``; no Hydra is imported."""
    groups = Groups(dict.fromkeys(data["groups"], ()))
    dimensions = [_dimension(one) for one in data["dimensions"]]
    structural, whole = data["structural"], data["whole"]
    blocks = {
        tuple(key): make_block(structures[name], dimensions, structural, whole, tuple(key), groups)
        for key, name in data["blocks"]
    }
    exclude = [recalled(one) for one in data["exclude"]]
    return Ground(data["conf"], data["label"], dimensions, exclude, structural, whole, blocks)


def make_block(
    structure: Structure,
    dimensions: Sequence[Dimension],
    structural: Sequence[int],
    whole: Sequence[int],
    key: Key,
    groups: Groups,
    problem: ConfigError | None = None,
) -> Block:
    """Return the block of a structure into which the rows of ``key`` were composed."""
    settings: list[Setting] = []
    stands: set[str] = set()
    stand_ins: set[str] = set()
    for n, index in zip(structural, key, strict=True):
        one = dimensions[n]
        if index is None:
            continue
        if one.kind is Kind.OPEN:
            settings.append(stand_in(one))
            stand_ins.add(one.name)
            continue
        row = one.rows[index].settings
        settings += [s for s in row if n in whole or groups.needs_compose(s)]
        stands.update(s.key for s in row if n in whole)
    return Block(
        structure,
        settings,
        groups,
        problem,
        whole=frozenset(stands),
        stand_ins=frozenset(stand_ins),
    )


def stand_in(one: Dimension) -> Setting:
    """Return the setting that is composed in place of an open dimension's numbers: its low end."""
    assert one.interval is not None
    low = one.interval.low
    return Setting(one.name, low if one.interval.integer else float(low), one.op)


def chosen_row(one: Dimension, value: float | int) -> Row:
    """Return the row of a dimension that a choice names."""
    if one.kind is not Kind.OPEN:
        return one.rows[int(value)]
    return Row((Setting(one.name, value),))


def choice_names(dimensions: Sequence[Dimension]) -> tuple[str | None, ...]:
    """Return each dimension's name in a choice; None where there is nothing to choose.

    A key that several conditional dimensions set has several names: ``lr``, ``lr#2``.
    """
    names: list[str | None] = []
    for one in dimensions:
        fixed = one.kind is not Kind.OPEN and len(one.rows) == 1 and one.when is None
        if fixed or one.kind is Kind.REPEAT:
            names.append(None)
            continue
        count = 1 + sum(name is not None and name.split("#")[0] == one.name for name in names)
        names.append(one.name if count == 1 else f"{one.name}#{count}")
    return tuple(names)


def _plain(one: Dimension) -> JSON:
    found: dict[str, JSON] = {"name": one.name, "kind": one.kind.value}
    if one.interval is not None:
        found["interval"] = [one.interval.low, one.interval.high, one.interval.integer]
        found["op"] = one.op
    else:
        found["rows"] = [[[s.key, s.value, s.op] for s in row.settings] for row in one.rows]
    return found | ({} if one.when is None else {"when": one.when.plain})


def _dimension(data: Mapping[str, Any]) -> Dimension:
    rows = tuple(
        Row(tuple(Setting(key, value, op) for key, value, op in row))
        for row in data.get("rows", ())
    )
    when = recalled(data["when"]) if "when" in data else None
    ends = data.get("interval")
    interval = Interval(*ends) if ends else None
    kind = Kind(data["kind"])
    return Dimension(data["name"], kind, rows, when, interval, op=data.get("op", ""))
