"""What happens to a sweep: planned, taken by a controller, changed, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from agilml.events.base import Event, SweepEvent


@dataclass(frozen=True, slots=True)
class StructureComposed(Event):
    """A full compose, stored once; points refer to it."""

    kind: ClassVar[str] = "structure.composed"
    structure: str
    conf: str
    choices: Mapping[str, str]
    unresolved: Mapping[str, Any]
    resolved: Mapping[str, Any]

    @property
    def subject(self) -> str:
        return self.structure


@dataclass(frozen=True, slots=True)
class SweepPlanned(SweepEvent):
    """A person asked for a sweep, and all of it is durable. ``spec`` holds its settings."""

    kind: ClassVar[str] = "sweep.planned"
    conf: str
    recipe: str
    metric: str
    mode: str
    total: int
    spec: Mapping[str, Any]
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrialsPlanned(SweepEvent):
    """A run of consecutive trials of one sweep.

    ``trials`` holds ``[id, delta, params]`` from index ``first`` on; ``kept`` the ids that had already
    succeeded when the sweep was planned.
    """

    kind: ClassVar[str] = "trials.planned"
    first: int
    structure: str
    trials: Sequence[Sequence[Any]]
    kept: Sequence[str]


@dataclass(frozen=True, slots=True)
class CandidateProposed(SweepEvent):
    """A sampler, or a person, chose what to try next; its trials are planned in the same transaction.

    ``choice`` is the point in terms of the sweep's search space; ``trials`` are its repetitions in order,
    those included that the ledger knew before. ``by`` is ``sampler`` or ``enqueue``.
    """

    kind: ClassVar[str] = "candidate.proposed"
    number: int
    choice: Mapping[str, Any]
    trials: Sequence[str]
    by: str


@dataclass(frozen=True, slots=True)
class SweepRespecified(SweepEvent):
    """A person asked for the same sweep with other limits or slots; ``spec`` replaces these settings."""

    kind: ClassVar[str] = "sweep.respecified"
    spec: Mapping[str, Any]
    by: str


@dataclass(frozen=True, slots=True)
class BudgetReached(SweepEvent):
    """A limit of the sweep is used up to ``share`` (0.8 warns, 1.0 drains the sweep); in the limit's unit."""

    kind: ClassVar[str] = "budget.reached"
    name: str
    share: float
    used: float
    limit: float


@dataclass(frozen=True, slots=True)
class ControllerStarted(SweepEvent):
    """A controller took the sweep; writers with an older ``epoch`` are refused from now on."""

    kind: ClassVar[str] = "controller.started"
    epoch: int
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class StopRequested(SweepEvent):
    """A person asked for the sweep to end, here or in another clone; its controller obeys at its next turn.

    ``clock`` is later than that of every request to go on that the person's ledger knew; 0 in old facts.
    """

    kind: ClassVar[str] = "sweep.stop_requested"
    by: str
    clock: float = 0.0


@dataclass(frozen=True, slots=True)
class SweepResumed(SweepEvent):
    """A person asked for an ended or interrupted sweep to go on; ``clock`` as in a stop request."""

    kind: ClassVar[str] = "sweep.resumed"
    by: str
    clock: float = 0.0


@dataclass(frozen=True, slots=True)
class SweepEnded(SweepEvent):
    """The sweep has no open work: ``done`` or ``stopped``."""

    kind: ClassVar[str] = "sweep.ended"
    state: str
