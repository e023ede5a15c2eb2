"""The seams of searching: what a sampler and a stopper see, and what they answer.

Samplers come from the group ``sampler/`` and the entry points ``agilml.samplers``, stoppers from ``stopper/``
and ``agilml.stoppers``. Whoever writes one runs the contract tests in :mod:`agilml.testing` against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from agilml.model import TrialState

if TYPE_CHECKING:
    from agilml.ledger.history import Happening
    from agilml.ledger.ledger import PlannedTrial
    from agilml.sweep.search.space import SearchSpace

Choice: TypeAlias = Mapping[str, float | int]
"""A candidate in terms of its space: by name of each dimension, a number or the index of a row."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A metric and which way is better."""

    metric: str
    mode: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of a candidate.

    Attributes:
        state: ``succeeded``, ``pruned``, ``failed`` or ``cancelled``.
        values: one per objective, the mean over repetitions; None where it has no such result.
        violations: one per constraint; 0 or less is kept, more than 0 is how far it is missed.
    """

    state: TrialState
    values: tuple[float, ...] | None
    violations: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """What to try next.

    Attributes:
        number: in its sweep, from 0 without gaps.
        choice: where it is in the space.
        trials: one, or one for each repetition.
        by: ``sampler`` or ``enqueue``.
    """

    number: int
    choice: Choice
    trials: Sequence[PlannedTrial]
    by: str


class Exhausted(Exception):
    """The sampler has nothing left to propose."""


class Sampler(Protocol):
    """Proposes candidates of one space. It is told everything in the order of the ledger."""

    def ask(self, number: int, *, again: int = 0) -> Choice:
        """Return candidate ``number`` (from 0, without gaps).

        The answer depends on the settings, the seed, ``number``, ``again`` and what was told before, and on
        nothing else. Asking leaves no trace: only what was :meth:`proposed` counts. Nothing is told between
        an ask and the :meth:`proposed` that follows it.

        Args:
            number: which candidate.
            again: how many answers for this number were refused (excluded ones); another one is wanted.

        Raises:
            Exhausted: there is nothing new to try.
        """

    def proposed(self, number: int, choice: Choice) -> None:
        """Hear that the candidate is on the plan: from :meth:`ask`, from a person, or from a replay."""

    def saw(self, number: int, step: int, value: float) -> None:
        """Hear an intermediate value of the first objective (the mean over repetitions at that step)."""

    def ended(self, number: int, observation: Observation) -> None:
        """Hear what became of the candidate; one that failed may end again, after another attempt."""


class Action(StrEnum):
    """What a stopper wants done with a running trial."""

    PRUNE = "prune"
    """It is not worth going on with: the trial becomes ``pruned``."""
    FINISH = "finish"
    """It is as good as it needs to be: the trial ends early and becomes ``succeeded``."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a trial shall end now.

    Attributes:
        trial: id of the trial.
        stopper: name of the rule that decided.
        step: the step of the value that it saw, or None.
        value: that value; may be NaN.
        reason: for people, one clause without a full stop: ``ranks 12 of 14 at step 9, best 0.931``.
    """

    trial: str
    action: Action
    stopper: str
    step: int | None
    value: float | None
    reason: str


class Stopper(Protocol):
    """Watches running trials. It is told everything in the order of the ledger, and decides about any."""

    def planned(self, trial: str, number: int, repeat: int) -> None:
        """Hear of a trial: repetition ``repeat`` (from 0) of candidate ``number``."""

    def saw(self, trial: str, step: int, value: float) -> Sequence[Decision]:
        """Hear a value of the sweep's metric at ``step``; a step may come again after a resume."""

    def ended(self, trial: str, state: TrialState, value: float | None) -> Sequence[Decision]:
        """Hear that a trial has ended, with its final value of the sweep's metric if it has one."""


class SamplerFactory(Protocol):
    """Makes a sampler; what an entry point in the group ``agilml.samplers`` names."""

    def __call__(
        self,
        settings: Mapping[str, object],
        space: SearchSpace,
        objectives: Sequence[Objective],
    ) -> Sampler:
        """Return a sampler for ``settings`` (the config node ``sampler``)."""


class StopperFactory(Protocol):
    """Makes a stopper; what an entry point in the group ``agilml.stoppers`` names."""

    def __call__(self, settings: Mapping[str, object], objective: Objective) -> Stopper:
        """Return a stopper for ``settings`` (the config node ``stopper``)."""


class Searching(Protocol):
    """What the controller knows of a search; :class:`agilml.sweep.search.search.Search` is one."""

    @property
    def exhausted(self) -> bool:
        """Whether there will be no more candidates."""

    def ask(self, wanted: int) -> Sequence[Candidate]:
        """Return at most ``wanted`` new candidates, which count as running from now on."""

    def told(self, happening: Happening) -> Sequence[Decision]:
        """Take in what was committed; return what the stopper makes of it."""
