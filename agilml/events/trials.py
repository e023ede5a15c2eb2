"""What happens to a trial and to its attempts: leased, started, logged, ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from agilml.events.base import AttemptEvent, TrialEvent


@dataclass(frozen=True, slots=True)
class TrialCancelRequested(TrialEvent):
    """A person asked, here or in another clone, for one trial to end that was reopened ``round`` times."""

    kind: ClassVar[str] = "trial.cancel_requested"
    by: str
    round: int | None = None


@dataclass(frozen=True, slots=True)
class TrialCancelled(TrialEvent):
    """A trial that no attempt held was taken off the plan."""

    kind: ClassVar[str] = "trial.cancelled"
    reason: str


@dataclass(frozen=True, slots=True)
class TrialReopened(TrialEvent):
    """A person's request made an ended trial pending again (retry, rerun, resume).

    ``round`` is one more than that of any reopening that the ledger knew, from whatever origin, so that
    what was known of the trial before counts for less everywhere; None in facts of older releases.
    """

    kind: ClassVar[str] = "trial.reopened"
    reason: str
    round: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptLeased(AttemptEvent):
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
class AttemptStarted(AttemptEvent):
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
class AttemptResumed(AttemptEvent):
    """The attempt continues from a checkpoint of an earlier one; later points of that one are void."""

    kind: ClassVar[str] = "attempt.resumed"
    source: str
    step: int


@dataclass(frozen=True, slots=True)
class MetricsLogged(AttemptEvent):
    """One flush of metric points.

    ``series`` maps a metric name to ``[steps, values, times]`` of equal length; a step may be None, a
    non-finite value is the string ``nan``, ``inf`` or ``-inf``, times are seconds since the attempt began.
    ``offset`` is the spool offset behind the last point, which makes a repeated flush harmless.
    """

    kind: ClassVar[str] = "metrics.logged"
    offset: int
    series: Mapping[str, Sequence[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class CheckpointSaved(AttemptEvent):
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
class HardwareSampled(AttemptEvent):
    """What an attempt used of its machine, sampled over ``seconds``; a later one replaces an earlier one.

    ``series`` maps a name such as ``cpu_percent`` or ``gpu0_watts`` to values ``interval`` seconds apart.
    """

    kind: ClassVar[str] = "hardware.sampled"
    seconds: float
    interval: float
    series: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class DataRead(AttemptEvent):
    """An attempt read a split of a data set; ``digest`` is that of what it read."""

    kind: ClassVar[str] = "data.read"
    dataset: str
    level: str
    split: str
    digest: str
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class StopDecided(AttemptEvent):
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
class AttemptWarned(AttemptEvent):
    """Something was odd and the attempt went on."""

    kind: ClassVar[str] = "attempt.warned"
    text: str


@dataclass(frozen=True, slots=True)
class AttemptEnded(AttemptEvent):
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
class LateRefused(AttemptEvent):
    """Something arrived from an attempt that no longer holds its trial; it was not recorded."""

    kind: ClassVar[str] = "late.refused"
    fence: int
    what: str
