"""What the controller asks and tells: a sampler and a stopper, kept in step with the ledger.

Everything told here was committed before, in that order; :meth:`Search.replay` tells it again after a crash.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agilml.ledger.history import Ended, Happening, Logged, Planned
from agilml.model import TrialState
from agilml.sweep.search.base import (
    Candidate,
    Choice,
    Decision,
    Exhausted,
    Objective,
    Observation,
    Sampler,
    Stopper,
)
from agilml.sweep.search.constraints import Constraint
from agilml.sweep.search.plan import Excluded, SearchPlan

TRIES = 200
"""Excluded candidates in a row after which a space counts as empty."""

Results = Callable[[str], Mapping[str, tuple[float | None, ...]]]
"""Gives ``(last, low, high)`` of every metric of a trial, by name."""


@dataclass(slots=True)
class _Group:
    """A candidate on the plan, and what is known of its trials."""

    number: int
    trials: Sequence[str]
    ended: dict[str, TrialState] = field(default_factory=dict)
    at_step: dict[int, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Goals:
    """What candidates are judged by.

    Attributes:
        objectives: the first one is the sweep's metric.
        constraints: what a candidate must keep to be of use.
    """

    objectives: Sequence[Objective]
    constraints: Sequence[Constraint] = ()

    def values(self, results: Mapping[str, tuple[float | None, ...]]) -> tuple[float, ...] | None:
        """Return the best value of every objective, or None where one was never logged."""
        found: list[float] = []
        for one in self.objectives:
            _, low, high = results.get(one.metric, (None, None, None))
            best = high if one.mode == "max" else low
            if best is None:
                return None
            found.append(best)
        return tuple(found)

    def violations(self, results: Mapping[str, tuple[float | None, ...]]) -> tuple[float, ...]:
        """Return how far each constraint is missed; 0 or less is kept."""
        last = {name: value[0] for name, value in results.items() if value[0] is not None}
        return tuple(one.violation(last) for one in self.constraints)


class Search:
    """One sweep's sampler and stopper.

    Args:
        goals: what candidates are judged by.
        results: reads the results of a trial from the ledger.
        plan: turns choices into trials; None for a fixed plan.
        sampler: proposes candidates; None for a fixed plan.
        stopper: ends trials early; None for a sweep that lets all run to their end.
        limit: most candidates; None is no limit.
        enqueued: choices that come first, as people asked; what they leave open is the sampler's.
        groups: for the trials of a fixed plan, the number of the point and which repetition it is.
    """

    def __init__(
        self,
        goals: Goals,
        results: Results,
        *,
        plan: SearchPlan | None = None,
        sampler: Sampler | None = None,
        stopper: Stopper | None = None,
        limit: int | None = None,
        enqueued: Sequence[Choice] = (),
        groups: Mapping[str, tuple[int, int]] | None = None,
    ) -> None:
        self._goals = goals
        self._results = results
        self._plan = plan
        self._sampler = sampler
        self._stopper = stopper
        self.limit = limit
        self._enqueued = enqueued
        self._groups: dict[str, _Group] = {}
        self._next = 0
        self._warm = 0
        self._points = groups or {}
        self._empty = False

    @property
    def adaptive(self) -> bool:
        """Whether candidates are still to come from a sampler."""
        return self._sampler is not None

    @property
    def exhausted(self) -> bool:
        """Whether there will be no more candidates."""
        over = self.limit is not None and self._next >= self.limit
        return self._sampler is None or self._empty or over

    def warm_start(self, observed: Iterable[tuple[Choice, Observation]]) -> None:
        """Show the sampler what earlier sweeps have found; to be called before anything else."""
        assert self._sampler is not None
        for choice, observation in observed:
            self._sampler.proposed(self._warm, choice)
            self._sampler.ended(self._warm, observation)
            self._warm += 1

    def ask(self, wanted: int) -> list[Candidate]:
        """Return at most ``wanted`` new candidates, which are running from now on for the sampler."""
        found: list[Candidate] = []
        while len(found) < wanted and not self.exhausted:
            candidate = self._propose(self._next)
            if candidate is None:
                self._empty = True
                break
            found.append(candidate)
            self._add(candidate.number, candidate.choice, [trial[0] for trial in candidate.trials])
        return found

    def _propose(self, number: int) -> Candidate | None:
        assert self._plan is not None
        for again, (choice, by) in enumerate(self._choices(number)):
            try:
                return Candidate(number, choice, self._plan.place(choice), by)
            except Excluded:
                if again >= TRIES:
                    return None
        return None

    def _choices(self, number: int) -> Iterator[tuple[Choice, str]]:
        assert self._sampler is not None
        fixed = self._enqueued[number] if number < len(self._enqueued) else None
        try:
            for again in range(TRIES + 1):
                asked = self._sampler.ask(self._warm + number, again=again)
                if fixed is None:
                    yield asked, "sampler"
                else:
                    assert self._plan is not None
                    yield self._plan.space.complete(fixed, asked), "enqueue"
        except Exhausted:
            return

    def told(self, happening: Happening) -> list[Decision]:
        """Take in what was committed; return what the stopper makes of it."""
        if isinstance(happening, Planned):
            return self._planned(happening)
        if isinstance(happening, Logged):
            return self._logged(happening)
        return self._ended(happening)

    def replay(
        self, happenings: Iterable[Happening], curve: Callable[[str], Logged]
    ) -> list[Decision]:
        """Take in everything that an earlier controller was told; return decisions it may not have recorded.

        Args:
            happenings: the history of the sweep, oldest first.
            curve: gives the curve of a trial that was done before the sweep was planned.
        """
        decided: list[Decision] = []
        for happening in happenings:
            if isinstance(happening, Planned):
                if happening.number is not None:
                    self._add(happening.number, happening.choice, happening.trials)
                decided += self._planned(happening, curve)
            else:
                decided += self.told(happening)
        return decided

    def _add(self, number: int, choice: Choice, trials: Sequence[str]) -> None:
        assert self._sampler is not None
        self._sampler.proposed(self._warm + number, choice)
        group = _Group(number, list(trials))
        self._groups.update(dict.fromkeys(trials, group))
        self._next = number + 1

    def _planned(
        self, happening: Planned, curve: Callable[[str], Logged] | None = None
    ) -> list[Decision]:
        decided: list[Decision] = []
        for repeat, trial in enumerate(happening.trials):
            if self._stopper is not None:
                number = happening.number
                place = self._points[trial] if number is None else (number, repeat)
                self._stopper.planned(trial, *place)
        for trial, state in happening.known.items():
            if self._stopper is not None and curve is not None:
                # What others found is something to compare with; about them nothing is to be decided.
                self._logged(curve(trial))
            decided += [
                one for one in self._ended(Ended(trial, state)) if one.trial not in happening.known
            ]
        return decided

    def _logged(self, happening: Logged) -> list[Decision]:
        decided: list[Decision] = []
        group = self._groups.get(happening.trial)
        for step, value in zip(happening.steps, happening.values, strict=True):
            if step is None:
                continue
            if self._stopper is not None:
                decided += self._stopper.saw(happening.trial, step, value)
            if group is not None:
                self._show_sampler(group, happening.trial, step, value)
        return decided

    def _show_sampler(self, group: _Group, trial: str, step: int, value: float) -> None:
        """Pass on the mean over repetitions, once all of them that still run have come to this step."""
        assert self._sampler is not None
        seen = group.at_step.setdefault(step, {})
        seen[trial] = value
        if all(other in seen or other in group.ended for other in group.trials):
            del group.at_step[step]
            self._sampler.saw(self._warm + group.number, step, _mean(seen.values()))

    def _ended(self, happening: Ended) -> list[Decision]:
        trial, state = happening.trial, happening.state
        results = self._results(trial)
        decided: list[Decision] = []
        if self._stopper is not None:
            values = self._goals.values(results)
            decided += self._stopper.ended(trial, state, values[0] if values else None)
        group = self._groups.get(trial)
        if group is not None and trial not in group.ended:
            group.ended[trial] = state
            if len(group.ended) == len(set(group.trials)):
                assert self._sampler is not None
                self._sampler.ended(self._warm + group.number, self._observe(group))
        return decided

    def _observe(self, group: _Group) -> Observation:
        return observe(group.ended, self._goals, self._results)


def observe(ended: Mapping[str, TrialState], goals: Goals, results: Results) -> Observation:
    """Return what became of a candidate whose trials have all ended: means over those that succeeded."""
    for state in (TrialState.SUCCEEDED, TrialState.PRUNED):
        trials = [trial for trial, found in ended.items() if found is state]
        if not trials:
            continue
        found = [results(trial) for trial in trials]
        values = [one for one in map(goals.values, found) if one is not None]
        violations = [goals.violations(one) for one in found]
        return Observation(
            state,
            _means(values) if values else None,
            tuple(max(column) for column in zip(*violations, strict=True)),
        )
    state = TrialState.FAILED if TrialState.FAILED in ended.values() else TrialState.CANCELLED
    return Observation(state, None)


def _mean(values: Collection[float]) -> float:
    """Return the mean; NaN where a value is not finite, which `fsum` would refuse."""
    if not all(map(math.isfinite, values)):
        return math.nan
    return math.fsum(values) / len(values)


def _means(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(math.fsum(column) / len(rows) for column in zip(*rows, strict=True))
