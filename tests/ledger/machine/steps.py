"""What a controller can do within a turn: for real, and what the model says is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agilml.ledger.control import Control, Lease, Turn
from agilml.ledger.ledger import PlannedTrial
from agilml.model import AttemptState, Cause, SweepState, TrialState
from tests.ledger.machine.model import Model

MOST = 3
"""Counting failures that a trial may have."""

Ending = tuple[AttemptState, TrialState | None, Cause | None]

Held = Callable[[], Lease | None]
"""A lease that may be handed out only in the course of the turn."""


@dataclass(frozen=True)
class Step:
    """One call of a turn.

    Attributes:
        real: makes the call, and returns its answer.
        right: lets the model do the same, and returns the right answer.
        result: the lease whose success is recorded, should the answer be True.
    """

    real: Callable[[Control, Turn], Any]
    right: Callable[[], Any]
    result: Held | None = None


def planned(trial: str) -> PlannedTrial:
    """Return a trial with a config of its own."""
    return trial, "base", {"x": trial}, {"x": trial}


def _with(held: Held, do: Callable[[Lease], Any]) -> Any:
    """Do something with a lease; nothing where there is none."""
    lease = held()
    return None if lease is None else do(lease)


def leasing(model: Model, sweep: str, trial: str, got: list[Lease]) -> Step:
    """Hand out ``trial``; the lease, if any, is appended to ``got``."""

    def real(_: Control, turn: Turn) -> int | None:
        lease = turn.lease(trial, "slot", "runs")
        got.extend([lease] if lease else [])
        return lease.n if lease else None

    return Step(real, lambda: model.lease(sweep, trial, got[0].fence if got else 0))


def starting(model: Model, held: Held) -> Step:
    """Hear that the attempt's process runs."""
    return Step(
        lambda _, turn: _with(
            held,
            lambda it: turn.started(it, host="h", pid=1, pid_started=1, isolation="fork"),
        ),
        lambda: _with(held, model.started),
    )


def reporting(model: Model, held: Held, offset: int, steps: Sequence[int]) -> Step:
    """Hear points, up to an offset."""
    series: dict[str, list[list[Any]]] = {
        "loss": [list(steps), [float(step) for step in steps], [0.1] * len(steps)]
    }
    return Step(
        lambda _, turn: _with(held, lambda it: turn.metrics(it, offset, series)),
        lambda: _with(held, lambda it: model.metrics(it, offset, steps)),
    )


def saving(model: Model, held: Held, step: int, sha: str) -> Step:
    """Hear that a checkpoint is complete."""
    return Step(
        lambda _, turn: _with(held, lambda it: turn.checkpoint(it, step, f"{step}", sha, 1, 0.5)),
        lambda: _with(held, lambda it: model.checkpoint(it, step, sha)),
    )


def going_on(model: Model, held: Held, source: str, step: int) -> Step:
    """Hear that the attempt goes on from a checkpoint of ``source``, or says so."""
    return Step(
        lambda _, turn: _with(held, lambda it: turn.resumed(it, source, step)),
        lambda: _with(held, lambda it: model.resumed(it, source, step)),
    )


def deciding(model: Model, held: Held, action: str) -> Step:
    """Let a stopper decide."""
    return Step(
        lambda _, turn: _with(
            held, lambda it: turn.decided(it, action, "asha", 1, float("nan"), "low")
        ),
        lambda: _with(held, lambda it: model.decided(it, action)),
    )


def ending(model: Model, held: Held, how: Ending) -> Step:
    """Hear how the attempt ended; where no trial state is given, its failures so far decide."""
    state, trial_state, cause = how
    goal: list[TrialState] = [trial_state] if trial_state else []

    def real(control: Control, turn: Turn, lease: Lease) -> bool:
        if not goal:
            counted, _ = control.counted(lease.trial)
            goal.append(TrialState.PENDING if counted + 1 < MOST else TrialState.FAILED)
        try:
            return turn.ended(lease, state, goal[0], cause=cause)
        except ValueError:
            # A pair that there is not is our own mistake: raised or refused, nothing is recorded.
            return False

    return Step(
        lambda control, turn: _with(held, lambda it: real(control, turn, it)),
        lambda: _with(held, lambda it: model.ended(it, state, goal[0], cause)),
        held if state is AttemptState.SUCCEEDED else None,
    )


def proposing(model: Model, sweep: str, number: int, names: Sequence[str]) -> Step:
    """Let a sampler choose."""
    chosen = [planned(name) for name in names]

    def real(_: Control, turn: Turn) -> set[str]:
        waiting = turn.propose(number, {"x": 1.0}, chosen, "sampler")
        assert len(waiting) == len(set(waiting)), "a proposed trial waits twice"
        return set(waiting)

    return Step(real, lambda: model.propose(sweep, number, chosen))


def cancelling(model: Model, sweep: str, trial: str) -> Step:
    """Take a trial off the plan."""
    return Step(
        lambda _, turn: turn.cancel(trial, "budget spent"), lambda: model.cancel(sweep, trial)
    )


def finishing(model: Model, sweep: str, state: SweepState) -> Step:
    """End the sweep."""
    return Step(lambda _, turn: turn.finish(state), lambda: model.finish(sweep, state))
