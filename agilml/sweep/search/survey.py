"""Every structure that a candidate can need, composed when the sweep is planned."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from agilml.config.fit import MISSING
from agilml.config.words import Setting
from agilml.errors import ConfigError
from agilml.sweep.expand_structures import Block, Blocks
from agilml.sweep.expand_study import Study
from agilml.sweep.grammar import NOTHING, Dimension, Kind, Row
from agilml.sweep.grammar_condition import Condition
from agilml.sweep.search.place import Ground, Key, make_block, stand_in
from agilml.text import safe_text

MOST_STRUCTURES = 2_000
"""The most structures of one search; each is one compose of some 20 ms."""


def survey(study: Study) -> Ground:
    """Return the ground of a study: after this, every candidate is a patch.

    Raises:
        ConfigError: a value does not fit, there would be more than 2,000 structures, or the effect of an
            open dimension cannot be known without composing.
    """
    return _Survey(study).ground()


@dataclass
class _Survey:
    """Finds out which dimensions must be composed, by composing and looking at what cannot be patched.

    Attributes:
        composed: dimensions with a choice that only Hydra can make.
        whole: further ones, of which every key is composed.
        held: open dimensions that a number stands in for, in the structure.
        loose: names whose values no structure settles.
    """

    study: Study
    composed: set[int] = field(default_factory=set)
    whole: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.dimensions = self.study.axes.every
        needs = self._blocks.groups.needs_compose
        for n, one in enumerate(self.dimensions):
            if any(needs(setting) for row in one.rows for setting in row.settings):
                self.composed.add(n)
            if one.op:
                self.held.add(n)

    @property
    def _blocks(self) -> Blocks:
        return self.study.blocks

    def ground(self) -> Ground:
        """Compose, and compose more into the structures until all else can be patched."""
        while True:
            found, final = self._compose()
            before = len(self.whole), len(self.held)
            for key in final:
                self._look(found, key)
            if before == (len(self.whole), len(self.held)):
                return found

    def _compose(self) -> tuple[Ground, list[Key]]:
        """Return the ground as composed now, and the keys of it that are no mere beginnings."""
        structural = sorted(self.composed | self.whole | self.held)
        self.loose = {self.dimensions[n].name for n in self.held} | {
            key
            for n, one in enumerate(self.dimensions)
            if n not in structural
            for key in _names(one)
        }
        blocks: dict[Key, Block] = {}
        ground = Ground(
            self.study.conf,
            self.study.label,
            self.dimensions,
            self.study.axes.exclude,
            structural,
            sorted(self.whole),
            blocks,
        )
        keys = self._unconditional(structural)
        for at, n in enumerate(structural):
            if self.dimensions[n].when is not None:
                for key in keys:
                    self._add(ground, key)
                keys = [longer for key in keys for longer in self._longer(ground, key, at, n)]
                _check_count(len(keys) + len(blocks))
        for key in keys:
            self._add(ground, key)
        return ground, keys

    def _unconditional(self, structural: Sequence[int]) -> list[Key]:
        widths = [_width(self.dimensions[n]) for n in structural if not self.dimensions[n].when]
        _check_count(math.prod(widths))
        keys: list[Key] = [()]
        for n in structural:
            one = self.dimensions[n]
            options: Iterable[int | None] = (None,) if one.when is not None else range(_width(one))
            keys = [(*key, option) for key in keys for option in options]
        return keys

    def _longer(self, ground: Ground, key: Key, at: int, n: int) -> Iterator[Key]:
        """Yield the keys that ``key`` becomes once the conditional dimension ``n`` is decided."""
        one = self.dimensions[n]
        applies = self._decided(ground, key, one.when)
        if applies is not True:
            yield key
        if applies is not False:
            for index in range(_width(one)):
                yield (*key[:at], index, *key[at + 1 :])

    def _decided(self, ground: Ground, key: Key, when: Condition | None) -> bool | None:
        """Return whether a condition holds for all candidates of a structure; None where it depends."""
        if when is None:
            return True
        block = ground.blocks[key]
        if when.names & self.loose or any(
            block.leaves.is_interpolated(name) for name in when.names
        ):
            return None
        rows = self._rows(ground, key)
        settled = {"conf": self.study.conf}
        for n in ground.structural:
            settled |= dict(block.patches[rows[n]].params)
        return when.holds(lambda name: settled[name] if name in settled else block.lookup(name))

    def _rows(self, ground: Ground, key: Key) -> list[Row]:
        rows = [NOTHING] * len(self.dimensions)
        for n, index in zip(ground.structural, key, strict=True):
            one = self.dimensions[n]
            if index is not None and one.kind is not Kind.OPEN:
                rows[n] = one.rows[index]
        return rows

    def _add(self, ground: Ground, key: Key) -> None:
        if key in ground.blocks:
            return
        rows = self._rows(ground, key)
        choices = [s for row in rows for s in row.settings if self._blocks.groups.needs_compose(s)]
        self._blocks.check_shapes(choices)
        below = self._blocks.get(choices)
        settings: list[Setting] = []
        for n, (one, row) in enumerate(zip(self.dimensions, rows, strict=True)):
            if n in self.whole:
                values = [value for _, value in below.patches[row].params]
                settings += [
                    replace(setting, value=value)
                    for setting, value in zip(row.settings, values, strict=True)
                ]
            elif n in self.held and key[ground.structural.index(n)] is not None:
                settings.append(stand_in(one))
            else:
                settings += [s for s in row.settings if self._blocks.groups.needs_compose(s)]
        block = self._blocks.get(settings)
        ground.blocks[key] = make_block(
            block.structure,
            self.dimensions,
            ground.structural,
            ground.composed_whole,
            key,
            self._blocks.groups,
            block.problem,
        )
        _check_count(len(ground.blocks))

    def _look(self, ground: Ground, key: Key) -> None:
        """Take note of the dimensions that cannot be patched on the block of ``key``."""
        block = ground.blocks[key]
        if block.problem is not None:
            self._complete(block)
            return
        rows = self._rows(ground, key)
        for n, one in enumerate(self.dimensions):
            if n in self.whole or (n in ground.structural and one.kind is not Kind.OPEN):
                patches = [block.patches[rows[n]]]
            elif self._absent(ground, key, n):
                continue
            else:
                patches = [block.make(row) for row in _trial_rows(one)]
            if all(map(block.patchable, patches)):
                continue
            if one.kind is Kind.OPEN:
                raise _unpatchable(one, self.study.conf)
            self.whole.add(n)

    def _absent(self, ground: Ground, key: Key, n: int) -> bool:
        if n in ground.structural:
            return key[ground.structural.index(n)] is None
        return self._decided(ground, key, self.dimensions[n].when) is False

    def _complete(self, block: Block) -> None:
        """Compose what the conf leaves open (``???``) and other keys refer to.

        Raises:
            ConfigError: nothing that was typed would help.
        """
        before = len(self.whole), len(self.held)
        for n, one in enumerate(self.dimensions):
            if any(block.leaves.unresolved.get(key) == MISSING for key in _names(one)):
                (self.held if one.kind is Kind.OPEN else self.whole).add(n)
        if before == (len(self.whole), len(self.held)):
            assert block.problem is not None
            raise block.problem


def _trial_rows(one: Dimension) -> Sequence[Row]:
    if one.interval is None:
        return one.rows
    ends = (one.interval.low, one.interval.high)
    return [Row((Setting(one.name, end),)) for end in ends]


def _names(one: Dimension) -> set[str]:
    return {setting.name for row in one.rows for setting in row.settings} or {one.name}


def _width(one: Dimension) -> int:
    return len(one.rows) if one.kind is not Kind.OPEN else 1


def _check_count(count: int) -> None:
    if count > MOST_STRUCTURES:
        raise ConfigError(
            f"the choices of groups and other values that need composing make {count:,} structures, "
            f"more than the {MOST_STRUCTURES:,} that one search may have",
            next="fewer options, or a sweep for each",
        )


def _unpatchable(one: Dimension, conf: str) -> ConfigError:
    name = safe_text(one.name)
    return ConfigError(
        f"`{name}` is an open range, and what its numbers change in conf={safe_text(conf)} "
        "is known only after composing: a list is indexed, or an interpolation is not a plain ${key}",
        next=f"give {name} values ({name}=0.1,0.2), or let plain keys refer to it",
    )
