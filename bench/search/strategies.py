"""Ways to choose configurations and to give up on them, all driven alike."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any, Protocol

import optuna
from optuna.trial import Trial
from optuna.trial import TrialState as Told

from agilml.model import TrialState
from agilml.sweep.search.base import Action, Exhausted, Objective, Observation
from agilml.sweep.search.samplers import make_sampler
from agilml.sweep.search.space import Choices, Range, SearchSpace
from agilml.sweep.search.stoppers import make_stopper
from bench.search.digits import EPOCHS, Config

WIDTHS = (16, 32, 64, 128)
SPACE = SearchSpace(
    [
        Range("lr", 1e-3, 3.0, log=True),
        Range("momentum", 0.0, 0.99),
        Range("wd", 1e-6, 1e-1, log=True),
        Choices("width", WIDTHS),
    ]
)


class Strategy(Protocol):
    """Chooses configurations; each is known by the number under which it was chosen."""

    def choose(self, number: int) -> Config | None:
        """Return the configuration ``number``, or None when there are no more."""

    def goes_on(self, number: int, epoch: int, loss: float) -> bool:
        """Return whether it is worth another epoch; an epoch that was its last is none."""


class Grid:
    """A lattice of 64 cell centres of the space, in product order or shuffled; trials run to their end."""

    def __init__(self, seed: int, *, shuffle: bool) -> None:
        found = list(self._lattice())
        if shuffle:
            random.Random(seed).shuffle(found)
        self._points = iter(found)

    def choose(self, number: int) -> Config | None:  # noqa: ARG002  one signature for all
        """Return the next point."""
        return next(self._points, None)

    def goes_on(self, number: int, epoch: int, loss: float) -> bool:  # noqa: ARG002  as above
        """Return whether the trial is neither at its end nor diverged."""
        return epoch + 1 < EPOCHS and math.isfinite(loss)

    def _lattice(self) -> Iterator[Config]:
        for lr in _centres(1e-3, 3.0, 4, log=True):
            for momentum in _centres(0.0, 0.99, 4):
                for wd in _centres(1e-6, 1e-1, 2, log=True):
                    for width in (32, 128):
                        yield {"lr": lr, "momentum": momentum, "wd": wd, "width": width}


class Ours:
    """AgilML's samplers and stoppers, told what a controller tells them, in the same order."""

    def __init__(self, seed: int, sampler: dict[str, Any], stopper: dict[str, Any]) -> None:
        objective = Objective("val_loss", "min")
        self._sampler = make_sampler({**sampler, "seed": seed}, SPACE, [objective])
        self._stopper = make_stopper(stopper, objective)

    def choose(self, number: int) -> Config | None:
        """Return the sampler's next candidate."""
        try:
            choice = self._sampler.ask(number)
        except Exhausted:
            return None
        self._sampler.proposed(number, choice)
        self._stopper.planned(str(number), number, 0)
        return {**choice, "width": WIDTHS[int(choice["width"])]}

    def goes_on(self, number: int, epoch: int, loss: float) -> bool:
        """Return whether neither the stopper nor the end of the trial is against it."""
        decisions = self._stopper.saw(str(number), epoch, loss)
        self._sampler.saw(number, epoch, loss)
        if decisions:
            pruned = decisions[0].action is Action.PRUNE
            self._end(number, TrialState.PRUNED if pruned else TrialState.SUCCEEDED, loss)
            return False
        if epoch + 1 == EPOCHS or not math.isfinite(loss):
            self._end(number, TrialState.SUCCEEDED, loss)
            return False
        return True

    def _end(self, number: int, state: TrialState, loss: float) -> None:
        self._stopper.ended(str(number), state, loss)
        self._sampler.ended(number, Observation(state, (loss,)))


class Optunas:
    """Optuna's own loop in one process: TPE with its pruner, the settings being ours."""

    def __init__(self, seed: int, pruner: optuna.pruners.BasePruner) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = optuna.samplers.TPESampler(seed=seed)
        self._study = optuna.create_study(sampler=sampler, pruner=pruner)
        self._trials: dict[int, Trial] = {}

    def choose(self, number: int) -> Config | None:
        """Return the study's next trial."""
        trial = self._trials[number] = self._study.ask()
        return {
            "lr": trial.suggest_float("lr", 1e-3, 3.0, log=True),
            "momentum": trial.suggest_float("momentum", 0.0, 0.99),
            "wd": trial.suggest_float("wd", 1e-6, 1e-1, log=True),
            "width": trial.suggest_categorical("width", WIDTHS),
        }

    def goes_on(self, number: int, epoch: int, loss: float) -> bool:
        """Return whether neither the pruner nor the end of the trial is against it."""
        trial = self._trials[number]
        trial.report(loss, epoch + 1)
        if not math.isfinite(loss) or (epoch + 1 < EPOCHS and trial.should_prune()):
            self._study.tell(trial, state=Told.PRUNED)
            return False
        if epoch + 1 == EPOCHS:
            self._study.tell(trial, loss)
            return False
        return True


def _centres(low: float, high: float, n: int, *, log: bool = False) -> list[float]:
    shares = [(i + 0.5) / n for i in range(n)]
    if log:
        return [low * (high / low) ** share for share in shares]
    return [low + (high - low) * share for share in shares]
