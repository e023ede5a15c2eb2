"""The facts that can happen, as frozen dataclasses, and their JSON.

A fact is an event that was given a place in the ledger: an origin, a gapless number, a time and the digest
of its predecessor. Tables are folded from facts and from nothing else, so every fact carries all that its
tables need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events: a kind, a subject, and a JSON body."""

    kind: ClassVar[str] = ""

    @property
    def subject(self) -> str:
        """The id that the event is about."""
        raise TypeError(f"{type(self).__name__} names no subject")

    def body(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        names = _FIELDS.get(self.kind)
        if names is None:
            names = _FIELDS[self.kind] = tuple(item.name for item in fields(self))
        return {name: getattr(self, name) for name in names}


_FIELDS: dict[str, tuple[str, ...]] = {}
"""Names of the fields by kind: to ask the dataclass takes as long as to digest the fact."""


@dataclass(frozen=True, slots=True)
class _SweepEvent(Event):
    sweep: str

    @property
    def subject(self) -> str:
        return self.sweep


@dataclass(frozen=True, slots=True)
class _TrialEvent(Event):
    trial: str

    @property
    def subject(self) -> str:
        return self.trial


@dataclass(frozen=True, slots=True)
class _AttemptEvent(Event):
    attempt: str

    @property
    def subject(self) -> str:
        return self.attempt


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
class SweepPlanned(_SweepEvent):
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
class TrialsPlanned(_SweepEvent):
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
class CandidateProposed(_SweepEvent):
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
class SweepRespecified(_SweepEvent):
    """A person asked for the same sweep with other limits or slots; ``spec`` replaces these settings."""

    kind: ClassVar[str] = "sweep.respecified"
    spec: Mapping[str, Any]
    by: str


@dataclass(frozen=True, slots=True)
class BudgetReached(_SweepEvent):
    """A limit of the sweep is used up to ``share`` (0.8 warns, 1.0 drains the sweep); in the limit's unit."""

    kind: ClassVar[str] = "budget.reached"
    name: str
    share: float
    used: float
    limit: float


@dataclass(frozen=True, slots=True)
class ControllerStarted(_SweepEvent):
    """A controller took the sweep; writers with an older ``epoch`` are refused from now on."""

    kind: ClassVar[str] = "controller.started"
    epoch: int
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class StopRequested(_SweepEvent):
    """A person asked for the sweep to end; its controller obeys at its next turn."""

    kind: ClassVar[str] = "sweep.stop_requested"
    by: str


@dataclass(frozen=True, slots=True)
class SweepResumed(_SweepEvent):
    """A person asked for an ended or interrupted sweep to go on."""

    kind: ClassVar[str] = "sweep.resumed"
    by: str


@dataclass(frozen=True, slots=True)
class SweepEnded(_SweepEvent):
    """The sweep has no open work: ``done`` or ``stopped``."""

    kind: ClassVar[str] = "sweep.ended"
    state: str


@dataclass(frozen=True, slots=True)
class TrialCancelRequested(_TrialEvent):
    """A person asked for one trial to end."""

    kind: ClassVar[str] = "trial.cancel_requested"
    by: str


@dataclass(frozen=True, slots=True)
class TrialCancelled(_TrialEvent):
    """A trial that no attempt held was taken off the plan."""

    kind: ClassVar[str] = "trial.cancelled"
    reason: str


@dataclass(frozen=True, slots=True)
class TrialReopened(_TrialEvent):
    """A person's request made an ended trial pending again (retry, rerun, resume)."""

    kind: ClassVar[str] = "trial.reopened"
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptLeased(_AttemptEvent):
    """A slot may now execute the trial; whoever holds an older fence is refused."""

    kind: ClassVar[str] = "attempt.leased"
    trial: str
    n: int
    fence: int
    sweep: str
    epoch: int
    slot: str
    folder: str


@dataclass(frozen=True, slots=True)
class AttemptStarted(_AttemptEvent):
    """The recipe is about to run in a process of its own.

    ``began`` is that moment by the clock of its machine (Unix seconds); the fact itself is written a little
    later by another clock.
    """

    kind: ClassVar[str] = "attempt.started"
    host: str
    pid: int
    pid_started: int
    isolation: str
    start_ms: float | None = None
    began: float | None = None


@dataclass(frozen=True, slots=True)
class AttemptResumed(_AttemptEvent):
    """The attempt continues from a checkpoint of an earlier one; later points of that one are void."""

    kind: ClassVar[str] = "attempt.resumed"
    source: str
    step: int


@dataclass(frozen=True, slots=True)
class MetricsLogged(_AttemptEvent):
    """One flush of metric points.

    ``series`` maps a metric name to ``[steps, values, times]`` of equal length; a step may be None, a
    non-finite value is the string ``nan``, ``inf`` or ``-inf``, times are seconds since the attempt began.
    ``offset`` is the spool offset behind the last point, which makes a repeated flush harmless.
    """

    kind: ClassVar[str] = "metrics.logged"
    offset: int
    series: Mapping[str, Sequence[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class CheckpointSaved(_AttemptEvent):
    """A checkpoint is complete on disk and may be resumed from."""

    kind: ClassVar[str] = "checkpoint.saved"
    trial: str
    step: int
    folder: str
    sha256: str
    size: int
    value: Any = None
    dropped: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class StopDecided(_AttemptEvent):
    """A stopper decided that the attempt shall end now: ``prune`` or ``finish``.

    ``value`` is what it saw at ``step``; a non-finite one is the string ``nan``, ``inf`` or ``-inf``.
    """

    kind: ClassVar[str] = "stop.decided"
    trial: str
    action: str
    stopper: str
    step: int | None
    value: Any
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptWarned(_AttemptEvent):
    """Something was odd and the attempt went on."""

    kind: ClassVar[str] = "attempt.warned"
    text: str


@dataclass(frozen=True, slots=True)
class AttemptEnded(_AttemptEvent):
    """Result, attempt state and trial state, in one fact.

    ``trial_state`` is where the trial goes: a terminal state, or ``pending`` when it will be tried again.
    ``usage`` holds seconds, cpu_seconds and max_rss_mb.
    """

    kind: ClassVar[str] = "attempt.ended"
    trial: str
    state: str
    trial_state: str
    cause: str | None = None
    error: str | None = None
    exit_code: int | None = None
    signal: int | None = None
    usage: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LateRefused(_AttemptEvent):
    """Something arrived from an attempt that no longer holds its trial; it was not recorded."""

    kind: ClassVar[str] = "late.refused"
    fence: int
    what: str


@dataclass(frozen=True, slots=True)
class Tagged(Event):
    """A tag was put on (or, with ``on`` false, taken off) a run or a sweep."""

    kind: ClassVar[str] = "tag.set"
    target: str
    tag: str
    on: bool
    by: str

    @property
    def subject(self) -> str:
        return self.target
