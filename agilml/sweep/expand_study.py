"""All points of one conf: the product of its axes, each point put on a structure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agilml.config.identity import config_digest
from agilml.config.words import Setting
from agilml.points import Point, Structure
from agilml.sweep.expand_axes import Axes
from agilml.sweep.expand_patch import Patch, Plan
from agilml.sweep.expand_structures import Block, Blocks
from agilml.sweep.grammar import NOTHING, Dimension, Row
from agilml.sweep.grammar_condition import Lookup

Combination = tuple[Row, ...]
"""One row of every dimension, in the order of the dimensions."""


class Assembly:
    """How combinations become points: patched onto a block, or composed whole.

    Attributes:
        block: the structure whose types the values were fitted to.
        plan: the patch; None where the point was composed whole.
        whole: the block that is the point itself, then.
    """

    __slots__ = ("block", "plan", "study", "whole")

    def __init__(
        self, study: Study, block: Block, plan: Plan | None, whole: Block | None = None
    ) -> None:
        self.study = study
        self.block = block
        self.plan = plan
        self.whole = whole

    @property
    def structure(self) -> Structure:
        """The structure that the points refer to."""
        return (self.whole or self.block).structure

    def digest(self, patches: Sequence[Patch]) -> bytes:
        """Return the digest of the point with ``patches``."""
        if self.plan is not None:
            return self.plan.digest(patches)
        return bytes.fromhex(config_digest(self.structure.resolved))

    def point(self, patches: Sequence[Patch], digest: bytes) -> Point:
        """Return the point with ``patches``."""
        params = {name: value for patch in patches for name, value in patch.labels}
        delta = self.plan.delta(patches) if self.plan is not None else {}
        return Point(self.structure.id, delta, {**self.study.label, **params}, digest.hex())

    def lookup(self, patches: Sequence[Patch]) -> Lookup:
        """Return what a condition reads: what was set, else what the config of the point has."""
        settled = self.study.settled(patches)
        dependent = self.plan.delta(patches) if self.plan is not None else {}

        def value(key: str) -> Any:
            if key in settled:
                return settled[key]
            return dependent[key] if key in dependent else (self.whole or self.block).lookup(key)

        return value


class Study:
    """The points of one conf.

    Args:
        conf: its name.
        blocks: its structures.
        axes: its dimensions.
        label: parameters common to all its points (``conf`` where several confs are swept).
    """

    def __init__(self, conf: str, blocks: Blocks, axes: Axes, label: Mapping[str, str]) -> None:
        self.conf = conf
        self.axes = axes
        self.label = dict(label)
        self.excluded = 0
        self._blocks = blocks
        self._composed: dict[Row, tuple[Setting, ...]] = {}
        self._structural = [
            n
            for n, one in enumerate(axes.dimensions)
            if any(self._needs_compose(row) for row in one.rows)
        ]
        self._uniform = all(self._same_keys(one) for one in axes.dimensions)
        self._direct: dict[Block, Assembly] = {}
        self._by_rows: dict[Combination, Block] = {}
        self._assemblies: dict[tuple[Block, tuple[tuple[str, ...], ...]], Assembly] = {}

    def _needs_compose(self, row: Row) -> tuple[Setting, ...]:
        found = self._composed.get(row)
        if found is None:
            needs = self._blocks.groups.needs_compose
            found = self._composed[row] = tuple(s for s in row.settings if needs(s))
        return found

    def _same_keys(self, one: Dimension) -> bool:
        """Whether every row of a dimension patches the same keys."""
        needs = self._blocks.groups.needs_compose
        keys = {tuple(s.key for s in row.settings if not needs(s)) for row in one.rows}
        return one.when is None and len(keys) <= 1

    @property
    def size(self) -> int:
        """How many combinations its unconditional dimensions have."""
        return math.prod(len(one.rows) for one in self.axes.dimensions if one.when is None)

    def combinations(self) -> Iterator[Combination]:
        """Yield one row per dimension for every point, unconditional dimensions first."""
        dimensions = self.axes.dimensions
        factors = [one.rows if one.when is None else (NOTHING,) for one in dimensions]
        found: Iterator[Combination] = itertools.product(*factors)
        for n, one in enumerate(dimensions):
            if one.when is not None:
                found = self._conditional(found, n, one)
        return found

    def _conditional(
        self, combinations: Iterable[Combination], n: int, one: Dimension
    ) -> Iterator[Combination]:
        assert one.when is not None
        for rows in combinations:
            if one.when.holds(self._partial_lookup(rows)):
                for row in one.rows:
                    yield (*rows[:n], row, *rows[n + 1 :])
            else:
                yield rows

    def _partial_lookup(self, rows: Combination) -> Lookup:
        """Return what a condition reads before all rows are chosen.

        Only an interpolated key needs the whole config, which may not be complete yet.
        """
        block = self._block(rows)
        patches = [block.patches[row] for row in rows]
        settled = self.settled(patches)

        def value(key: str) -> Any:
            if key in settled:
                return settled[key]
            if block.leaves.is_interpolated(key):
                return self._assembly(block, rows, patches).lookup(patches)(key)
            return block.lookup(key)

        return value

    def settled(self, patches: Sequence[Patch]) -> dict[str, Any]:
        """Return what was set for a point, by name; conditions may read the name of the conf too."""
        return {"conf": self.conf} | {n: value for patch in patches for n, value in patch.params}

    def _block(self, rows: Combination) -> Block:
        """Return the structure that the rows' group choices compose to."""
        key = tuple([rows[n] for n in self._structural])
        block = self._by_rows.get(key)
        if block is None:
            settings = [setting for row in rows for setting in self._needs_compose(row)]
            self._blocks.check_shapes(settings)
            block = self._by_rows[key] = self._blocks.get(settings)
        return block

    def assemble(self, rows: Combination) -> tuple[Assembly, list[Patch]]:
        """Return how the combination becomes a point."""
        block = self._block(rows)
        patches = [block.patches[row] for row in rows]
        if not self._uniform:
            return self._assembly(block, rows, patches), patches
        # Every point of a block changes the same keys: what holds for one holds for all.
        known = self._direct.get(block)
        if known is None:
            known = self._assembly(block, rows, patches)
            if known.plan is not None:
                self._direct[block] = known
        return known, patches

    def _assembly(self, block: Block, rows: Combination, patches: Sequence[Patch]) -> Assembly:
        pattern = tuple([patch.keys for patch in patches])
        found = self._assemblies.get((block, pattern))
        opaque = any(patch.opaque for patch in patches)
        if found is not None and not opaque:
            return found
        plan = None if opaque else block.plan(pattern)
        if plan is None:
            return self._whole(block, rows, patches)
        found = self._assemblies[block, pattern] = Assembly(self, block, plan)
        return found

    def _whole(self, block: Block, rows: Combination, patches: Sequence[Patch]) -> Assembly:
        whole = self._blocks.get(self.settings(rows, patches))
        # Raises what makes the config useless: an open `???`, a broken interpolation.
        whole.plan(())
        return Assembly(self, block, None, whole)

    def settings(self, rows: Combination, patches: Sequence[Patch]) -> list[Setting]:
        """Return every setting of a combination in order, values in the type of the base."""
        return [
            replace(setting, value=value)
            for row, patch in zip(rows, patches, strict=True)
            for setting, (_, value) in zip(row.settings, patch.params, strict=True)
        ]

    def assembled(self) -> Iterator[tuple[Assembly, Combination, bytes]]:
        """Yield every point that no exclude expression holds for."""
        exclude = self.axes.exclude
        for rows in self.combinations():
            assembly, patches = self.assemble(rows)
            if exclude:
                lookup = assembly.lookup(patches)
                if any(condition.holds(lookup) for condition in exclude):
                    self.excluded += 1
                    continue
            yield assembly, rows, assembly.digest(patches)

    def place(self, rows: Combination, values: Mapping[str, Any]) -> tuple[Assembly, Point]:
        """Return the point of a combination with values for the open dimensions."""
        block = self._block(rows)
        extra = Row(tuple(Setting(key, value) for key, value in values.items()))
        patches = [*(block.patches[row] for row in rows), block.make(extra)]
        assembly = self._assembly(block, (*rows, extra), patches)
        return assembly, assembly.point(patches, assembly.digest(patches))

    def names(self) -> set[str]:
        """Return every key that some point of this study has; what a condition may read."""
        known = {
            setting.name
            for one in self.axes.dimensions
            for row in one.rows
            for setting in row.settings
        }
        for block in self._blocks:
            known.update(block.structure.choices)
            for path in block.leaves.unresolved.keys() | block.leaves.resolved.keys():
                parts = path.split(".")
                known.update(".".join(parts[: n + 1]) for n in range(len(parts)))
        return known
