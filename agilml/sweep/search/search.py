"""What the controller asks and tells: a sampler and a stopper, kept in step with the ledger.

Everything told here was committed before, in that order; :meth:`Search.replay` tells it again after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agilml.ledger.history import Ended, Happening, Logged, Planned
from agilml.model import TrialState
from agilml.sweep.search.base import (
    Action,
    Candidate,
    Choice,
    Decision,
    Exhausted,
    Observation,
    Sampler,
    Stopper,
)
from agilml.sweep.search.draws import at_random
from agilml.sweep.search.goals import Goals, Results, mean, observe
from agilml.sweep.search.plan import Excluded, SearchPlan
from agilml.sweep.search.space import SearchSpace

TRIES = 200
"""Excluded candidates in a row after which a space counts as empty."""
FILLINGS = 20
"""Ways to fill in what a point asked for leaves open, before it is given up as excluded."""
_LASTING = (TrialState.SUCCEEDED, TrialState.PRUNED)


@dataclass(slots=True)
class _Group:
    """A candidate on the plan, and what is known of its trials.

    Attributes:
        given_up: trials that the stopper wants no more of; those that never ran will not end.
        told: what the sampler heard of its end.
    """

    number: int
    trials: Sequence[str]
    ended: dict[str, TrialState] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    told: TrialState | None = None
    at_step: dict[int, dict[str, float]] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing more is to come that matters, and something has."""
        return bool(self.ended) and all(
            trial in self.ended or trial in self.given_up for trial in self.trials
        )


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
        self._curve: Callable[[str], Logged] | None = None
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
        try:
            asked = self._sampler.ask(self._warm + number)
            if number < len(self._enqueued):
                assert self._plan is not None
                for whole in completed(self._plan.space, self._enqueued[number], asked, number):
                    yield whole, "enqueue"
            yield asked, "sampler"
            for again in range(1, TRIES + 1):
                yield self._sampler.ask(self._warm + number, again=again), "sampler"
        except Exhausted:
            return

    def told(self, happening: Happening) -> list[Decision]:
        """Take in what was committed; return what the stopper makes of it."""
        if isinstance(happening, Planned):
            decided = self._planned(happening)
        elif isinstance(happening, Logged):
            decided = self._logged(happening)
        else:
            decided = self._ended(happening)
        self._give_up(decided)
        return decided

    def replay(
        self, happenings: Iterable[Happening], curve: Callable[[str], Logged]
    ) -> list[Decision]:
        """Take in everything that an earlier controller was told; return decisions it may not have recorded.

        Args:
            happenings: the history of the sweep, oldest first.
            curve: gives the curve of a trial that was done before the sweep was planned.
        """
        self._curve = curve
        decided: list[Decision] = []
        for happening in happenings:
            if isinstance(happening, Planned) and happening.number is not None:
                self._add(happening.number, happening.choice, happening.trials)
            decided += self.told(happening)
        return decided

    def _add(self, number: int, choice: Choice, trials: Sequence[str]) -> None:
        assert self._sampler is not None
        self._sampler.proposed(self._warm + number, choice)
        group = _Group(number, list(trials))
        self._groups.update(dict.fromkeys(trials, group))
        self._next = number + 1

    def _planned(self, happening: Planned) -> list[Decision]:
        decided: list[Decision] = []
        for repeat, trial in enumerate(happening.trials):
            if self._stopper is not None:
                number = happening.number
                place = self._points[trial] if number is None else (number, repeat)
                self._stopper.planned(trial, *place)
        for trial, state in happening.known.items():
            if self._stopper is not None and self._curve is not None:
                # What others found is something to compare with; about them nothing is to be decided.
                self._logged(self._curve(trial))
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
        out = group.ended.keys() | group.given_up
        if all(other in seen or other in out for other in group.trials):
            del group.at_step[step]
            self._sampler.saw(self._warm + group.number, step, mean(seen.values()))

    def _ended(self, happening: Ended) -> list[Decision]:
        trial, state = happening.trial, happening.state
        results = self._results(trial)
        decided: list[Decision] = []
        if self._stopper is not None:
            values = self._goals.values(results)
            decided += self._stopper.ended(trial, state, values[0] if values else None)
        group = self._groups.get(trial)
        if group is not None and group.ended.get(trial) not in _LASTING:
            group.ended[trial] = state
            self._tell_end(group)
        return decided

    def _give_up(self, decided: Iterable[Decision]) -> None:
        """Take note of trials that are to be pruned: their candidate need not wait for all of them."""
        for decision in decided:
            group = self._groups.get(decision.trial)
            if group is not None and decision.action is Action.PRUNE:
                group.given_up.add(decision.trial)
                self._tell_end(group)

    def _tell_end(self, group: _Group) -> None:
        if not group.over or group.told in _LASTING:
            return
        assert self._sampler is not None
        observation = observe(group.ended, self._goals, self._results)
        group.told = observation.state
        self._sampler.ended(self._warm + group.number, observation)


def completed(space: SearchSpace, fixed: Choice, asked: Choice, number: int) -> Iterator[Choice]:
    """Yield candidates that say what ``fixed`` says: first as ``asked`` goes on, then as chance does."""
    yield space.complete(fixed, asked)
    for again in range(FILLINGS):
        yield space.complete(fixed, at_random(space, number, again))
