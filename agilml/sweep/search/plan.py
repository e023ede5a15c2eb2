"""The plan of a search: everything that turns a choice into trials, with no need of Hydra or a conf file.

It is made once, from the words, and recorded with the sweep; the controller works from the record, so that a
sweep resumed next week goes on in the space that was planned, whatever has become of the files since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agilml.ledger.ledger import PlannedTrial
from agilml.model import JSON
from agilml.points import Structure
from agilml.sweep.grammar import Kind
from agilml.sweep.identity import Identities
from agilml.sweep.search.base import Choice
from agilml.sweep.search.choosing import choose
from agilml.sweep.search.place import Ground, recall
from agilml.sweep.search.space import Range, SearchSpace


class Excluded(Exception):
    """Every trial of a candidate is left out by an ``exclude`` expression."""


class SearchPlan:
    """A space, and what each of its candidates is made of.

    Args:
        ground: the structures and what is patched onto them.
        space: the dimensions of it that are chosen.
        identities: gives trials their ids.
        enqueued: choices that people asked for, in this order; what they leave open is the sampler's.
        warm_start: ids of earlier sweeps to learn from.

    Attributes:
        space: what a sampler is shown.
    """

    def __init__(
        self,
        ground: Ground,
        space: SearchSpace,
        identities: Identities,
        enqueued: Sequence[Choice] = (),
        warm_start: Sequence[str] = (),
    ) -> None:
        self._ground = ground
        self.identities = identities
        self.space = SearchSpace(space.dimensions, ground.reads)
        self.enqueued = tuple(enqueued)
        self.warm_start = tuple(warm_start)

    @property
    def repeats(self) -> int:
        """Most trials of one candidate."""
        found = 1
        for one in self._ground.dimensions:
            found *= len(one.rows) if one.kind is Kind.REPEAT else 1
        return found

    @property
    def repeated(self) -> list[str]:
        """The keys that only repeat a candidate."""
        return [one.name for one in self._ground.dimensions if one.kind is Kind.REPEAT]

    @property
    def size(self) -> int | None:
        """How many candidates there are, excluded ones among them; None where there is no end of them."""
        return self.space.size

    @property
    def structures(self) -> Mapping[str, Structure]:
        """Every structure that a candidate can need, by id."""
        return {block.structure.id: block.structure for block in self._ground.blocks.values()}

    def place(self, choice: Choice) -> list[PlannedTrial]:
        """Return the trials of a candidate: one, or one for each repetition, each once.

        Raises:
            Excluded: none of them is wanted.
            ConfigError: ``choice`` is no candidate of the space.
        """
        self.space.check(choice)
        found: dict[str, PlannedTrial] = {}
        for rows in self._ground.repetitions(self._numbers(choice)):
            if self._ground.excluded(rows):
                continue
            assembly, point = self._ground.put(rows)
            trial = self.identities.trial(assembly.structure, point)
            made = (trial, point.structure, dict(point.delta), dict(point.params))
            found.setdefault(trial, made)
        if not found:
            raise Excluded
        return list(found.values())

    def choose(self, values: Mapping[str, Any]) -> Choice | None:
        """Return the candidate that a trial was, or None where it does not fit the space.

        Args:
            values: leaves of its config by dotted key, and its choices of groups.
        """
        return choose(self._ground, self.space, values)

    def _numbers(self, choice: Choice) -> Choice:
        """Return ``choice`` with whole numbers as such: a sampler may say 3.0."""
        integers = {
            one.name for one in self.space.dimensions if not isinstance(one, Range) or one.integer
        }
        return {name: int(value) if name in integers else value for name, value in choice.items()}

    def as_json(self) -> dict[str, JSON]:
        """Return the plain form that is recorded; the structures are recorded by themselves."""
        return {
            **self._ground.as_json(),
            "space": self.space.as_json(),
            "identity": self.identities.as_json(),
            "enqueue": [dict(one) for one in self.enqueued],
            "warm_start": list(self.warm_start),
        }

    @staticmethod
    def structure_ids(data: Mapping[str, Any]) -> list[str]:
        """Return the ids of the structures that the plan with the plain form ``data`` needs."""
        return list(dict.fromkeys(name for _, name in data["blocks"]))

    @classmethod
    def from_json(
        cls,
        data: Mapping[str, Any],
        structures: Mapping[str, Structure],
        root: Path | None = None,
    ) -> SearchPlan:
        """Return the plan as recorded.

        Args:
            data: its plain form.
            structures: those that it needs, by id.
            root: the project's folder; without it, a candidate whose code or data nobody could foresee (a
                number written into a command's words) cannot be placed.
        """
        return cls(
            recall(data, structures),
            SearchSpace.from_json(data["space"]),
            Identities.from_json(root, data["identity"]),
            data["enqueue"],
            data["warm_start"],
        )
