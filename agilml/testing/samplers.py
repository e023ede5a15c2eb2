"""What every sampler must do: a test class for whoever writes one.

class TestMine(SamplerContract):
    def make(self, seed, space, objectives):
        return my_sampler({"name": "mine", "seed": seed}, space, objectives)
"""

from __future__ import annotations

import itertools
import math
import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agilml.model import TrialState, digest
from agilml.sweep.grammar_condition import condition
from agilml.sweep.search.base import Choice, Objective, Observation, Sampler
from agilml.sweep.search.space import Choices, Range, SearchSpace

ONE = (Objective("loss", "min"),)

SPACE = SearchSpace(
    [
        Range("lr", 1e-4, 1.0, log=True),
        Range("momentum", 0.0, 0.99),
        Range("layers", 1, 6, integer=True),
        Choices("model", ["mlp", "resnet", "vit"]),
        Range("heads", 1, 8, log=True, integer=True, when=condition("model == 'vit'")),
        Choices("norm", ["batch", "layer"], when=condition("model != 'mlp'")),
    ]
)
"""Something of everything: real and whole, linear and logarithmic, rows, and parts with a condition."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a sampler was told; exactly one of the last three is given."""

    number: int
    choice: Choice | None = None
    value: tuple[int, float] | None = None
    observation: Observation | None = None


def drive(
    sampler: Sampler, seed: int, n: int, *, objectives: int = 1, parallel: int = 4
) -> list[Told]:
    """Let ``sampler`` propose ``n`` candidates that end in any order and in any way; return what it was told.

    Some answers are refused, some candidates come from a person, and some values are NaN.
    """
    rng = random.Random(seed)  # noqa: S311  a repeatable history, not a secret
    told: list[Told] = []
    running: dict[int, Choice] = {}

    def tell(item: Told) -> None:
        told.append(item)
        retell(sampler, [item])

    for number in range(n):
        choice = answer(sampler, number)
        if rng.random() < 0.1 and "lr" in choice:
            choice = {**choice, "lr": rng.uniform(1e-4, 1.0)}
        tell(Told(number, choice=choice))
        running[number] = choice
        while len(running) >= parallel or (running and rng.random() < 0.3):
            ending = rng.choice(sorted(running))
            loss = cost(running.pop(ending))
            for step in range(rng.randrange(4)):
                tell(
                    Told(
                        ending,
                        value=(step, math.nan if rng.random() < 0.05 else loss + 1 / (step + 1)),
                    )
                )
            tell(Told(ending, observation=_end(rng, loss, objectives)))
    return told


def answer(sampler: Sampler, number: int) -> Choice:
    """Return the first answer for ``number`` that is not excluded; about one in five is."""
    answers = (sampler.ask(number, again=again) for again in itertools.count())
    return next(choice for choice in answers if digest(dict(choice))[0] not in "012")


def retell(sampler: Sampler, told: Iterable[Told]) -> None:
    """Tell ``sampler`` what another one was told."""
    for item in told:
        if item.choice is not None:
            sampler.proposed(item.number, item.choice)
        if item.value is not None:
            sampler.saw(item.number, *item.value)
        if item.observation is not None:
            sampler.ended(item.number, item.observation)


def cost(choice: Choice) -> float:
    """Return a loss with its minimum inside of the space."""
    return sum((math.log10(abs(value) + 1e-3) + 1) ** 2 for value in choice.values())


def _end(rng: random.Random, loss: float, objectives: int) -> Observation:
    dice = rng.random()
    if dice < 0.2:
        return Observation(TrialState.PRUNED, None)
    if dice < 0.3:
        return Observation(rng.choice([TrialState.FAILED, TrialState.CANCELLED]), None)
    if dice < 0.4:
        broken = rng.choice([None, (math.nan,) * objectives, (math.inf,) * objectives])
        return Observation(TrialState.SUCCEEDED, broken)
    return Observation(TrialState.SUCCEEDED, tuple(loss * (i + 1) for i in range(objectives)))


class SamplerContract(ABC):
    """Tests that a sampler must pass.

    Attributes:
        candidates: how many a test lets it propose; enough to come behind the random start.
    """

    candidates = 30

    @abstractmethod
    def make(self, seed: int, space: SearchSpace, objectives: Sequence[Objective]) -> Sampler:
        """Return the sampler under test."""

    def test_every_answer_is_a_candidate_of_the_space(self) -> None:
        """Parts with a condition are there where it holds, and values are inside of their ranges."""
        for item in drive(self.make(0, SPACE, ONE), 0, self.candidates):
            if item.choice is not None:
                SPACE.check(item.choice)

    def test_told_the_same_again_it_goes_on_in_the_same_way(self) -> None:
        """A controller that was killed is followed by one that asks the same."""
        for seed in range(3):
            first, second = self.make(seed, SPACE, ONE), self.make(seed, SPACE, ONE)
            retell(second, drive(first, seed, self.candidates))
            assert self._next(first, 10) == self._next(second, 10)

    def test_asking_leaves_no_trace(self) -> None:
        """A question whose answer was never proposed changes no later answer."""
        asked, quiet = self.make(0, SPACE, ONE), self.make(0, SPACE, ONE)
        told = drive(self.make(0, SPACE, ONE), 1, self.candidates)
        for item in told:
            if item.choice is not None:
                asked.ask(item.number)
            retell(asked, [item])
        retell(quiet, told)
        assert self._next(asked, 5) == self._next(quiet, 5)

    def test_the_seed_makes_a_difference(self) -> None:
        """Two seeds are two searches."""
        answers = [self._next(self.make(seed, SPACE, ONE), 5, first=0) for seed in (0, 1)]
        assert answers[0] != answers[1]

    def test_a_refused_answer_is_followed_by_another_one(self) -> None:
        """An excluded candidate does not stop the search."""
        sampler = self.make(0, SPACE, ONE)
        retell(sampler, drive(self.make(0, SPACE, ONE), 2, self.candidates))
        answers = [dict(sampler.ask(self.candidates, again=again)) for again in range(4)]
        assert any(answer != answers[0] for answer in answers[1:])

    def test_what_ends_twice_or_was_never_proposed_does_no_harm(self) -> None:
        """A trial may be tried again; a ledger may hold more than this sampler was shown."""
        sampler = self.make(0, SPACE, ONE)
        told = drive(sampler, 3, self.candidates)
        retell(sampler, [item for item in told if item.observation is not None])
        sampler.saw(10_000, 0, 1.0)
        sampler.ended(10_000, Observation(TrialState.FAILED, None))
        SPACE.check(sampler.ask(self.candidates))

    def _next(self, sampler: Sampler, n: int, first: int | None = None) -> list[Choice]:
        """Return what ``sampler`` proposes next, each candidate being a success before the next."""
        found: list[Choice] = []
        start = self.candidates if first is None else first
        for number in range(start, start + n):
            choice = answer(sampler, number)
            sampler.proposed(number, choice)
            sampler.ended(number, Observation(TrialState.SUCCEEDED, (cost(choice),)))
            found.append(choice)
        return found
