"""The values AgilML speaks of: ids, states, resources. Standard library only."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

JSON: TypeAlias = "None | bool | int | float | str | list[JSON] | dict[str, JSON]"


class DamagedValue(ValueError):
    """A stored value is none that was ever written: what it was read from is damaged."""


class _State(StrEnum):
    @classmethod
    def _missing_(cls, value: object) -> None:
        raise DamagedValue(f"{value!r} is no {cls.__name__}")


class SweepState(_State):
    """Stored states of a sweep; ``interrupted`` is derived by readers and never stored."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen without a person asking for it."""
        return self in (SweepState.DONE, SweepState.STOPPED)


class TrialState(_State):
    """States of a trial. Terminal is final; only a person's request reopens a trial."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PRUNED = "pruned"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether the trial has its final answer."""
        return self not in (TrialState.PENDING, TrialState.RUNNING)


class AttemptState(_State):
    """States of one execution of a trial."""

    LEASED = "leased"
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PRUNED = "pruned"
    LOST = "lost"
    CANCELLED = "cancelled"

    @property
    def open(self) -> bool:
        """Whether the attempt may still report."""
        return self in (AttemptState.LEASED, AttemptState.STARTED)


class Cause(StrEnum):
    """Why an attempt did not succeed."""

    USER = "user"
    OOM = "oom"
    NODE = "node"
    PREEMPTED = "preempted"
    TIMEOUT = "timeout"
    STUCK = "stuck"
    CONTROLLER = "controller"

    @property
    def counts(self) -> bool:
        """Whether an attempt that ended so uses up one of ``max_attempts``."""
        return self in (Cause.USER, Cause.OOM)


TRIAL_MOVES: Mapping[TrialState, frozenset[TrialState]] = {
    TrialState.PENDING: frozenset({TrialState.RUNNING, TrialState.CANCELLED}),
    TrialState.RUNNING: frozenset(
        {
            TrialState.PENDING,
            TrialState.SUCCEEDED,
            TrialState.FAILED,
            TrialState.PRUNED,
            TrialState.CANCELLED,
        }
    ),
}
"""Moves a controller may make. A terminal state has none; reopening is a separate, explicit fact."""

ATTEMPT_MOVES: Mapping[AttemptState, frozenset[AttemptState]] = {
    AttemptState.LEASED: frozenset(
        {AttemptState.STARTED, AttemptState.FAILED, AttemptState.LOST, AttemptState.CANCELLED}
    ),
    AttemptState.STARTED: frozenset(
        {
            AttemptState.SUCCEEDED,
            AttemptState.FAILED,
            AttemptState.PRUNED,
            AttemptState.LOST,
            AttemptState.CANCELLED,
        }
    ),
}


ATTEMPT_ENDS: Mapping[AttemptState, frozenset[TrialState]] = {
    AttemptState.SUCCEEDED: frozenset({TrialState.SUCCEEDED}),
    AttemptState.PRUNED: frozenset({TrialState.PRUNED}),
    AttemptState.FAILED: frozenset({TrialState.PENDING, TrialState.FAILED}),
    AttemptState.LOST: frozenset({TrialState.PENDING, TrialState.FAILED}),
    AttemptState.CANCELLED: frozenset({TrialState.PENDING, TrialState.CANCELLED}),
}
"""Where a trial may go when its attempt ends so."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What one trial occupies.

    Attributes:
        cpus: CPU cores; also the number of threads that numeric libraries may use.
        gpus: whole GPUs, or a fraction of one.
        memory_gb: memory to set aside, in GiB; 0 means not limited.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    memory_gb: float = 0.0

    def as_json(self) -> dict[str, JSON]:
        """Return the plain form that goes into the ledger."""
        return {"cpus": self.cpus, "gpus": self.gpus, "memory_gb": self.memory_gb}


def canonical(value: Any) -> str:
    """Return the one JSON text of ``value``: sorted keys, no spaces, NaN and infinities as strings."""
    return json.dumps(_finite(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """Return the hex sha256 of the canonical JSON of ``value``."""
    import hashlib  # not at the top: `agil runs` needs no digest and waits for no OpenSSL

    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


TRIAL_ID_HEX = 16
SWEEP_ID_HEX = 12


def trial_id(hexdigest: str) -> str:
    """Return ``t-…`` for the digest of a whole config, its code and its data."""
    return f"t-{hexdigest[:TRIAL_ID_HEX]}"


def sweep_id(hexdigest: str) -> str:
    """Return ``s-…`` for the digest of a sweep's plan."""
    return f"s-{hexdigest[:SWEEP_ID_HEX]}"


MARK_HEX = 6


def attempt_id(trial: str, n: int, origin: str) -> str:
    """Return the id of the ``n``-th execution (from 1) of ``trial``, by a ledger's ``origin``.

    Two clones of a project may execute the same trial before they hear of each other.
    """
    return f"{trial}.{n}-{origin[:MARK_HEX]}"


def attempt_number(attempt: str) -> int:
    """Return ``n`` of an attempt's id, with or without the mark of its origin (releases up to schema 2).

    Raises:
        ValueError: it is no attempt's id.
    """
    return int(attempt.rpartition(".")[2].partition("-")[0])


def marked_attempt(attempt: str, origin: str) -> str:
    """Return the attempt's id with the mark of ``origin``, unless it carries one."""
    number = attempt.rpartition(".")[2]
    return attempt if "-" in number else f"{attempt}-{origin[:MARK_HEX]}"


def short(identifier: str) -> str:
    """Return an id short enough for a table: ``t-0077fc21``. Any unique prefix is accepted back."""
    kind, dash, rest = identifier.partition("-")
    return f"{kind}{dash}{rest[:8]}"


def parse_metric(value: Any) -> float | int:
    """Return ``value`` as a plain number.

    Raises:
        TypeError: ``value`` is not a real number (a complex, a string, an array of many).
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    item = getattr(value, "item", None)
    if callable(item):
        return parse_metric(item())
    raise TypeError(f"a metric is a real number, not {type(value).__name__}")
