"""What readers get: one value per sweep, run and attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agilml.model import SweepState, TrialState


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One sweep as the ledger stores it: ``state`` is never ``interrupted``; times in Unix seconds.

    Attributes:
        here: its state in the hands of this ledger's own controllers; None where only others planned it.
        elsewhere: whether ``state`` and the controller are those of another origin.
    """

    id: str
    conf: str
    recipe: str
    metric: str
    mode: str
    executor: str
    state: SweepState
    total: int
    epoch: int
    controller_host: str | None
    controller_pid: int | None
    planned: float
    started: float | None
    ended: float | None
    user: str | None
    git_commit: str | None
    git_branch: str | None
    spec: Mapping[str, Any]
    provenance: Mapping[str, Any]
    here: SweepState | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class RunRow:
    """One trial with its latest attempt.

    Attributes:
        metrics: final value by metric name; a non-finite one is the float it was.
        best: best value of the sweep's metric so far, and the step it was seen at.
        metric: name of that metric; ``mode`` says whether ``max`` or ``min`` is best.
        seconds: duration of the latest attempt, up to now where it still runs.
        note: what people wrote about it, or None.
    """

    run: str
    sweep: str
    index: int
    state: TrialState
    params: Mapping[str, Any]
    metrics: Mapping[str, float | int]
    best: float | None
    best_step: int | None
    attempt: str | None
    attempts: int
    cause: str | None
    error: str | None
    slot: str | None
    executor: str
    folder: str | None
    planned: float
    started: float | None
    ended: float | None
    seconds: float | None
    kept: bool = False
    tags: Sequence[str] = field(default_factory=list)
    metric: str = ""
    mode: str = "max"
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One execution of a trial."""

    id: str
    n: int
    state: str
    cause: str | None
    slot: str
    host: str | None
    pid: int | None
    isolation: str | None
    start_ms: float | None
    resumed_from: str | None
    resumed_step: int | None
    leased: float
    started: float | None
    ended: float | None
    seconds: float | None
    cpu_seconds: float | None
    max_rss_mb: float | None
    exit_code: int | None
    signal: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of one attempt: its last, lowest and highest value, and the steps they were logged at."""

    name: str
    n: int
    last: float | int
    last_step: int | None
    low: float | None
    low_step: int | None
    high: float | None
    high_step: int | None
