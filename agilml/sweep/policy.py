"""What becomes of an attempt and of its trial when the attempt's process has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agilml.model import AttemptState, Cause, TrialState
from agilml.worker.slot import Exit


class Asked(StrEnum):
    """Why the controller itself ended an attempt."""

    CANCEL = "cancel"
    LEAVE = "leave"
    TIMEOUT = "timeout"
    STUCK = "stuck"
    PRUNE = "prune"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a trial is tried.

    Attributes:
        user: attempts that its own failures may use up.
        oom: attempts that running out of memory may use up, if more; all but the first run alone.
        lost: attempts that it may lose to machines before it is given up.
    """

    user: int = 1
    oom: int = 2
    lost: int = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the attempt and its trial go."""

    attempt: AttemptState
    trial: TrialState
    cause: Cause | None = None
    error: str | None = None
    alone: bool = False
    """Whether the next attempt needs the machine for itself."""


def outcome(
    end: Mapping[str, Any] | None,
    exit: Exit,
    asked: Asked | None,
    *,
    counted: int,
    lost: int,
    tries: Tries,
    alone: bool = False,
) -> Outcome:
    """Decide from what the child said (``end``), what its machine saw, and what we asked for.

    Args:
        end: the child's last event, or None when it ended without a word.
        exit: how the process ended.
        asked: why we ended it, if we did.
        counted: earlier attempts of the trial that count against it.
        lost: earlier attempts of the trial that a machine has lost.
        tries: how often a trial is tried.
        alone: whether nothing else ran beside it.
    """
    said = end.get("state") if end else None
    if said == "succeeded":
        # It finished before our signal reached it: finished work is kept.
        return Outcome(AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
    if said == "pruned" or asked is Asked.PRUNE:
        return Outcome(AttemptState.PRUNED, TrialState.PRUNED)
    if asked is Asked.CANCEL:
        return Outcome(AttemptState.CANCELLED, TrialState.CANCELLED)
    if asked is Asked.TIMEOUT:
        return Outcome(
            AttemptState.FAILED,
            TrialState.FAILED,
            Cause.TIMEOUT,
            "ran longer than attempts.timeout_minutes",
        )
    cause, error = _cause(end, exit, asked)
    if cause.counts:
        return _failed(cause, error, counted + 1, tries, alone=alone, fatal=exit.fatal)
    # To leave and to make room for others is no failure of anybody, however often it happens.
    again = cause not in (Cause.NODE, Cause.STUCK) or lost + 1 < tries.lost
    return Outcome(
        AttemptState.LOST, TrialState.PENDING if again else TrialState.FAILED, cause, error
    )


def _failed(
    cause: Cause, error: str | None, used: int, tries: Tries, *, alone: bool, fatal: bool
) -> Outcome:
    """Return what follows the ``used``-th failure of the trial itself."""
    again = not fatal and used < tries.user
    if cause is Cause.OOM:
        # What did not fit beside others may fit alone; what did not fit alone will not fit a second time.
        again = not fatal and not alone and used < max(tries.user, tries.oom)
    state = TrialState.PENDING if again else TrialState.FAILED
    return Outcome(AttemptState.FAILED, state, cause, error, alone=again and cause is Cause.OOM)


def _cause(
    end: Mapping[str, Any] | None, exit: Exit, asked: Asked | None
) -> tuple[Cause, str | None]:
    if asked is Asked.STUCK:
        return Cause.STUCK, "no sign of life"
    if asked is Asked.LEAVE:
        return Cause.CONTROLLER, "the controller was asked to leave"
    if end is not None and end.get("state") == "cancelled":
        return Cause.PREEMPTED, None
    if end is not None:
        return Cause(end.get("cause") or "user"), end.get("error")
    if exit.error is not None:
        return exit.cause or Cause.USER, exit.error
    if exit.signal is not None:
        return exit.cause or Cause.USER, f"ended by signal {exit.signal}"
    return Cause.USER, f"the process ended with code {exit.code} and without a word"
