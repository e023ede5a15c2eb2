"""How the rows of a combination become a point: a structure, patched or composed whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agilml.config.identity import config_digest
from agilml.config.words import Setting
from agilml.points import Point, Structure
from agilml.sweep.expand_patch import Patch, Plan
from agilml.sweep.expand_structures import Block
from agilml.sweep.grammar import Row
from agilml.sweep.grammar_condition import Lookup

Combination = tuple[Row, ...]
"""One row of every dimension, in the order of the dimensions."""


class Assembly:
    """How combinations become points: patched onto a block, or composed whole.

    Attributes:
        frame: what it belongs to.
        block: the structure whose types the values were fitted to.
        plan: the patch; None where the point was composed whole.
        whole: the block that is the point itself, then.
    """

    __slots__ = ("block", "frame", "plan", "whole")

    def __init__(
        self, frame: Frame, block: Block, plan: Plan | None, whole: Block | None = None
    ) -> None:
        self.frame = frame
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
        return Point(self.structure.id, delta, {**self.frame.label, **params}, digest.hex())

    def lookup(self, patches: Sequence[Patch]) -> Lookup:
        """Return what a condition reads: what was set, else what the config of the point has."""
        settled = self.frame.settled(patches)
        dependent = self.plan.delta(patches) if self.plan is not None else {}

        def value(key: str) -> Any:
            if key in settled:
                return settled[key]
            return dependent[key] if key in dependent else (self.whole or self.block).lookup(key)

        return value


class Frame(ABC):
    """What the combinations of one conf are put together on.

    Args:
        conf: its name.
        label: parameters common to all its points (``conf`` where several confs are swept).
    """

    def __init__(self, conf: str, label: Mapping[str, str]) -> None:
        self.conf = conf
        self.label = dict(label)
        self._assemblies: dict[tuple[Block, tuple[tuple[str, ...], ...]], Assembly] = {}

    @abstractmethod
    def block(self, rows: Combination) -> Block:
        """Return the structure that the rows' group choices compose to."""

    @abstractmethod
    def whole(self, block: Block, rows: Combination, patches: Sequence[Patch]) -> Assembly:
        """Return the assembly of a combination that cannot be patched."""

    def patches(self, block: Block, rows: Combination) -> list[Patch]:
        """Return what each row does to ``block``."""
        return [block.patches[row] for row in rows]

    def settled(self, patches: Sequence[Patch]) -> dict[str, Any]:
        """Return what was set for a point, by name; conditions may read the name of the conf too."""
        return {"conf": self.conf} | {n: value for patch in patches for n, value in patch.params}

    def partial(self, rows: Combination) -> Lookup:
        """Return what a condition reads before all rows are chosen.

        Only an interpolated key needs the whole config, which may not be complete yet.
        """
        block = self.block(rows)
        patches = self.patches(block, rows)
        settled = self.settled(patches)

        def value(key: str) -> Any:
            if key in settled:
                return settled[key]
            if block.leaves.is_interpolated(key):
                return self.assembly(block, rows, patches).lookup(patches)(key)
            return block.lookup(key)

        return value

    def assembly(self, block: Block, rows: Combination, patches: Sequence[Patch]) -> Assembly:
        """Return how ``rows``, which do ``patches`` to ``block``, become a point."""
        pattern = tuple([patch.keys for patch in patches])
        found = self._assemblies.get((block, pattern))
        opaque = any(patch.opaque for patch in patches)
        if found is not None and not opaque:
            return found
        plan = None if opaque else block.plan(pattern)
        if plan is None:
            return self.whole(block, rows, patches)
        found = self._assemblies[block, pattern] = Assembly(self, block, plan)
        return found


def fitted(rows: Combination, patches: Sequence[Patch]) -> list[Setting]:
    """Return every setting of a combination in order, values in the type of the base."""
    return [
        replace(setting, value=value)
        for row, patch in zip(rows, patches, strict=True)
        for setting, (_, value) in zip(row.settings, patch.params, strict=True)
    ]
