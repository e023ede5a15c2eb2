"""All points of one conf: the product of its axes, each point put on a structure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from agilml.config.words import Setting
from agilml.sweep.expand_assembly import Assembly, Combination, Frame, fitted
from agilml.sweep.expand_axes import Axes
from agilml.sweep.expand_patch import Patch
from agilml.sweep.expand_structures import Block, Blocks
from agilml.sweep.grammar import NOTHING, Dimension, Row


class Study(Frame):
    """The points of one conf.

    Args:
        conf: its name.
        blocks: its structures, composed as they are asked for.
        axes: its dimensions.
        label: parameters common to all its points (``conf`` where several confs are swept).
    """

    def __init__(self, conf: str, blocks: Blocks, axes: Axes, label: Mapping[str, str]) -> None:
        super().__init__(conf, label)
        self.axes = axes
        self._dimensions = axes.dimensions
        self.excluded = 0
        self.blocks = blocks
        self._composed: dict[Row, tuple[Setting, ...]] = {}
        self._structural = [
            n
            for n, one in enumerate(self._dimensions)
            if any(self._needs_compose(row) for row in one.rows)
        ]
        self._uniform = all(self._same_keys(one) for one in self._dimensions)
        self._direct: dict[Block, Assembly] = {}
        self._by_rows: dict[Combination, Block] = {}

    def _needs_compose(self, row: Row) -> tuple[Setting, ...]:
        found = self._composed.get(row)
        if found is None:
            needs = self.blocks.groups.needs_compose
            found = self._composed[row] = tuple(s for s in row.settings if needs(s))
        return found

    def _same_keys(self, one: Dimension) -> bool:
        """Whether every row of a dimension patches the same keys."""
        needs = self.blocks.groups.needs_compose
        keys = {tuple(s.key for s in row.settings if not needs(s)) for row in one.rows}
        return one.when is None and len(keys) <= 1

    @property
    def size(self) -> int:
        """How many combinations its unconditional dimensions have."""
        return math.prod(len(one.rows) for one in self._dimensions if one.when is None)

    def combinations(self) -> Iterator[Combination]:
        """Yield one row per dimension for every point, unconditional dimensions first."""
        dimensions = self._dimensions
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
            if one.when.holds(self.partial(rows)):
                for row in one.rows:
                    yield (*rows[:n], row, *rows[n + 1 :])
            else:
                yield rows

    def block(self, rows: Combination) -> Block:
        """Return the structure that the rows' group choices compose to."""
        key = tuple([rows[n] for n in self._structural])
        block = self._by_rows.get(key)
        if block is None:
            settings = [setting for row in rows for setting in self._needs_compose(row)]
            self.blocks.check_shapes(settings)
            block = self._by_rows[key] = self.blocks.get(settings)
        return block

    def assemble(self, rows: Combination) -> tuple[Assembly, list[Patch]]:
        """Return how the combination becomes a point."""
        block = self.block(rows)
        patches = self.patches(block, rows)
        if not self._uniform:
            return self.assembly(block, rows, patches), patches
        # Every point of a block changes the same keys: what holds for one holds for all.
        known = self._direct.get(block)
        if known is None:
            known = self.assembly(block, rows, patches)
            if known.plan is not None:
                self._direct[block] = known
        return known, patches

    def whole(self, block: Block, rows: Combination, patches: Sequence[Patch]) -> Assembly:
        """Return the assembly of a combination that Hydra composes."""
        whole = self.blocks.get(fitted(rows, patches))
        # Raises what makes the config useless: an open `???`, a broken interpolation.
        whole.plan(())
        return Assembly(self, block, None, whole)

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

    def names(self) -> set[str]:
        """Return every key that some point of this study has; what a condition may read."""
        known = {
            setting.name for one in self._dimensions for row in one.rows for setting in row.settings
        }
        known.update(one.name for one in self.axes.open)
        for block in self.blocks:
            known.update(block.structure.choices)
            for path in block.leaves.unresolved.keys() | block.leaves.resolved.keys():
                parts = path.split(".")
                known.update(".".join(parts[: n + 1]) for n in range(len(parts)))
        return known
