from __future__ import annotations

from typing import Any

import pytest

from agilml.model import Cause
from agilml.sweep.policy import Asked, Tries, outcome
from agilml.worker.slot import Exit

KILLED = Exit(None, 9, Cause.NODE)
FAILED = Exit(1, None)


def decide(
    end: dict[str, Any] | None = None,
    exit: Exit = FAILED,
    asked: Asked | None = None,
    counted: int = 0,
    lost: int = 0,
    most: int = 1,
    alone: bool = False,
) -> tuple[str, str, str | None]:
    """Return attempt state, trial state and cause."""
    tries = Tries(user=most)
    found = outcome(end, exit, asked, counted=counted, lost=lost, tries=tries, alone=alone)
    return found.attempt, found.trial, found.cause


def said(state: str, cause: str | None = None) -> dict[str, Any]:
    return {"e": "end", "state": state, "cause": cause, "error": "x"}


@pytest.mark.parametrize("asked", [None, *Asked])
def test_finished_work_is_kept_whatever_we_asked_for(asked: Asked | None) -> None:
    assert ("succeeded", "succeeded", None) == decide(said("succeeded"), KILLED, asked)
    assert ("pruned", "pruned", None) == decide(said("pruned"), KILLED, asked)


def test_a_recipe_that_raised_uses_up_an_attempt() -> None:
    assert ("failed", "failed", "user") == decide(said("failed", "user"))
    assert ("failed", "pending", "user") == decide(said("failed", "user"), most=2)
    assert ("failed", "failed", "oom") == decide(said("failed", "oom"), most=2, counted=1)


def test_out_of_memory_is_tried_once_more_alone_and_never_again_at_the_same_size() -> None:
    ended = said("failed", "oom")
    found = outcome(ended, FAILED, None, counted=0, lost=0, tries=Tries())
    assert (found.trial, found.alone) == ("pending", True)
    assert ("failed", "failed", "oom") == decide(ended, counted=1)
    assert ("failed", "failed", "oom") == decide(ended, most=9, alone=True)
    killed = Exit(None, 9, Cause.OOM)
    assert ("failed", "pending", "oom") == decide(None, killed)


def test_a_pruned_trial_is_pruned_however_its_process_ends() -> None:
    assert ("pruned", "pruned", None) == decide(None, KILLED, Asked.PRUNE)
    assert ("pruned", "pruned", None) == decide(said("failed", "user"), asked=Asked.PRUNE)


def test_a_trial_that_may_finish_early_has_its_own_end() -> None:
    assert ("failed", "failed", "user") == decide(said("failed", "user"), asked=Asked.FINISH)
    assert ("lost", "pending", "node") == decide(None, KILLED, Asked.FINISH)


def test_a_machine_that_failed_uses_up_nothing_until_it_is_too_much() -> None:
    assert ("lost", "pending", "node") == decide(None, KILLED)
    assert ("lost", "failed", "node") == decide(None, KILLED, lost=Tries().lost - 1)


def test_what_we_asked_for_decides_the_cause() -> None:
    assert ("cancelled", "cancelled", None) == decide(said("cancelled"), KILLED, Asked.CANCEL)
    assert ("lost", "pending", "controller") == decide(said("cancelled"), KILLED, Asked.LEAVE)
    assert ("lost", "pending", "stuck") == decide(None, KILLED, Asked.STUCK)
    assert ("failed", "failed", "timeout") == decide(None, KILLED, Asked.TIMEOUT, most=5)


def test_to_leave_politely_is_no_failure_however_often() -> None:
    assert ("lost", "pending", "controller") == decide(None, KILLED, Asked.LEAVE, lost=99)


def test_a_signal_from_someone_else_preempts() -> None:
    assert ("lost", "pending", "preempted") == decide(said("cancelled", "preempted"), Exit(1, None))


def test_a_crash_of_native_code_counts() -> None:
    assert ("failed", "failed", "user") == decide(None, Exit(None, 11, Cause.USER))
    assert ("failed", "failed", "user") == decide(None, Exit(0, None))


def test_a_recipe_that_cannot_be_loaded_is_not_tried_again() -> None:
    assert ("failed", "failed", "user") == decide(
        None, Exit(None, None, error="x", fatal=True), most=5
    )
