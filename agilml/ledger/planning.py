"""What a plan finds in the ledger, and the facts that it becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agilml import events as e
from agilml.model import TrialState

CHUNK = 500
"""Trials that go into one fact."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan found and made: every list holds trial ids."""

    sweep: str
    created: bool
    new: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


PlannedTrial = tuple[str, str, dict[str, object], dict[str, object]]
"""Trial id, structure id, delta, params."""


def why_again(state: TrialState, rerun: bool) -> str:
    """Return why a trial in ``state`` is run again, as its fact says it."""
    if rerun:
        return "rerun"
    reasons = {TrialState.FAILED: "retry", TrialState.PRUNED: "without a stopper"}
    return reasons.get(state, "asked again")


def sort_out(
    sweep: str,
    created: bool,
    trials: Sequence[PlannedTrial],
    known: Mapping[str, TrialState],
    retry: bool,
    rerun: bool,
    unpruned: bool,
) -> Planned:
    """Return what becomes of each trial, by the states of those that are ``known``."""
    planned = Planned(sweep, created)
    for trial, *_ in trials:
        state = known.get(trial)
        if state is None:
            planned.new.append(trial)
        elif state == TrialState.RUNNING:
            planned.adopted.append(trial)
        elif state == TrialState.PENDING:
            planned.waiting.append(trial)
        elif state.ended and (rerun or (unpruned and state is TrialState.PRUNED)):
            planned.reopened.append(trial)
        elif state in (TrialState.SUCCEEDED, TrialState.PRUNED):
            planned.kept.append(trial)
        elif state == TrialState.CANCELLED or (retry and state == TrialState.FAILED):
            planned.reopened.append(trial)
        elif state == TrialState.FAILED:
            planned.failed.append(trial)
    return planned


def trial_events(
    sweep: str, trials: Sequence[PlannedTrial], kept: set[str], *, first: int = 0
) -> Iterator[e.TrialsPlanned]:
    """Yield runs of consecutive trials that share a structure, at most ``CHUNK`` each.

    ``first`` is the index of the first one in the sweep.
    """
    at = 0
    while at < len(trials):
        structure = trials[at][1]
        end = at
        while end < len(trials) and end - at < CHUNK and trials[end][1] == structure:
            end += 1
        part = trials[at:end]
        yield e.TrialsPlanned(
            sweep,
            first + at,
            structure,
            [(trial, delta, params) for trial, _, delta, params in part],
            [trial for trial, *_ in part if trial in kept],
        )
        at = end
