"""Ledgers with searches in them, written the way controllers write them.

``search_ledger(path)`` holds three adaptive sweeps: one that goes on, with runs that were pruned at rungs;
one that has used up its time; and one with two objectives and a constraint.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agilml.ledger.control import Control, Turn
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, SweepState, TrialState, digest
from agilml.testing.ledgers import (
    HOST,
    SPEC,
    START,
    SampleSweep,
    log_sample,
    plan_sample,
    planned_sample,
    sample_clock,
    sample_origin,
    sample_structure,
    start_sample,
)

TICK = 40.0
"""Seconds between two facts of these ledgers."""

STEPS, RUNGS, FACTOR = 27, (2, 8), 3
OBJECTIVES = {"val_acc": "max", "size_mb": "min"}
Curves = Mapping[str, Sequence[float | int | str]]


@dataclass(slots=True)
class _Search:
    """A sweep that is being written, with the values that its runs had at each rung."""

    name: str
    sweep: str
    turn: Turn
    slots: int = 4
    trials: list[str] = field(default_factory=list)
    rungs: dict[int, list[float]] = field(default_factory=dict)

    @property
    def made(self) -> SampleSweep:
        """The sweep, with its trials as they were proposed."""
        return SampleSweep(self.sweep, self.trials)

    def propose(self, point: Mapping[str, Any]) -> str:
        """Put one candidate on the plan."""
        trial = planned_sample(self.name, sample_structure(self.name), point)
        self.turn.propose(len(self.trials), dict(point), [trial], "sampler")
        self.trials.append(trial[0])
        return trial[0]

    def run(self, trial: str, curves: Curves, *, upto: int | None = None) -> None:
        """Execute a trial: to its end, to the rung that it does not pass, or for ``upto`` steps by now."""
        lease = start_sample(self.turn, trial, f"local:{len(self.trials) % self.slots}")
        stop = None if upto is not None else self._rung(curves["val_acc"])
        steps = upto if upto is not None else STEPS if stop is None else stop[0] + 1
        log_sample(self.turn, lease, {name: values[:steps] for name, values in curves.items()})
        if upto is not None:
            return
        state, final = AttemptState.SUCCEEDED, TrialState.SUCCEEDED
        if stop is not None:
            value = float(curves["val_acc"][stop[0]])
            self.turn.decided(lease, "prune", "asha", stop[0], value, stop[1])
            state, final = AttemptState.PRUNED, TrialState.PRUNED
        self.turn.ended(lease, state, final, usage={"seconds": 20.0 + 16.0 * steps})

    def fail(self, trial: str, error: str) -> None:
        """Execute a trial that fails at once."""
        lease = start_sample(self.turn, trial)
        failed = (AttemptState.FAILED, TrialState.FAILED)
        self.turn.ended(lease, *failed, cause=Cause.USER, error=error, usage={"seconds": 4.0})

    def _rung(self, values: Sequence[float | int | str]) -> tuple[int, str] | None:
        """Return the step of the rung that a run with these values does not pass, and why, or None."""
        for step in RUNGS:
            value = float(values[step])
            seen = self.rungs.setdefault(step, [])
            seen.append(value)
            rank = sum(other > value for other in seen) + 1
            if rank > max(1, len(seen) // FACTOR):
                best = max(seen)
                return (
                    step,
                    f"ranks {rank} of {len(seen)} at step {step}: {value:.4g}, best {best:.4g}",
                )
        return None


def search_ledger(path: Path) -> dict[str, SampleSweep]:
    """Write a ledger at ``path`` and return its sweeps by name: ``searching``, ``drained``, ``pareto``.

    The same call gives the same ids, values and times.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with sample_origin(), sample_clock(START, TICK), Ledger.open(path) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        return {
            "pareto": _pareto(ledger),
            "drained": _drained(ledger),
            "searching": _searching(ledger),
        }


def search_points(count: int, seed: str) -> Iterator[dict[str, Any]]:
    """Yield points with a learning rate between 1e-4 and 1, a width and a depth."""
    for number in range(count):
        lr, width = (int(digest([seed, number, key])[:6], 16) / 0xFFFFFF for key in "ab")
        depth = (8, 14, 20)[int(digest([seed, number])[0], 16) % 3]
        yield {
            "optim.lr": 10 ** (-4 + 4 * lr),
            "model.width": 8 + int(56 * width),
            "model.depth": depth,
        }


def search_curves(point: Mapping[str, Any]) -> dict[str, list[float | int | str]]:
    """Return curves that depend on ``point`` alone: best at a learning rate of 0.02, wider is better."""
    off = math.log10(point["optim.lr"]) + 1.7
    top = 0.985 - 0.06 * off * off - 0.3 / point["model.width"] + 0.001 * point["model.depth"]
    top = max(0.1, min(top, 0.995))
    values = [round(top * (1 - 0.72 ** (step + 1)), 5) for step in range(STEPS)]
    size = round(point["model.width"] ** 2 * point["model.depth"] / 4000, 3)
    return {
        "val_acc": list(values),
        "loss": [round(1.2 - value, 5) for value in values],
        "size_mb": [size],
    }


def _searching(ledger: Ledger) -> SampleSweep:
    """A search of 64 candidates: 41 have ended, one of them failed, and three are running."""
    spec = _spec("tpe", "asha", trials=64, hours=1.5)
    with _sweep(ledger, "searching", spec) as search:
        for number, point in enumerate(search_points(44, "searching")):
            trial = search.propose(point)
            if number == 17:
                search.fail(trial, "Traceback\nRuntimeError: CUDA out of memory at step 4")
            else:
                upto = {41: 20, 42: 9, 43: 4}.get(number)
                search.run(trial, search_curves(point), upto=upto)
        search.turn.budget_reached("hours", 0.8, 1.21, 1.5)
    return search.made


def _drained(ledger: Ledger) -> SampleSweep:
    """A search that was ended after 24 candidates, when its hours were used up."""
    with _sweep(ledger, "drained", _spec("tpe", "asha", trials=64, hours=1.1)) as search:
        for point in search_points(24, "drained"):
            search.run(search.propose(point), search_curves(point))
        search.turn.budget_reached("hours", 0.8, 0.89, 1.1)
        search.turn.budget_reached("hours", 1.0, 1.12, 1.1)
        waiting = search.propose({"optim.lr": 0.5, "model.width": 8, "model.depth": 8})
        search.turn.cancel(waiting, "102 % of budget.hours used: 1.12 hours of 1.1")
        search.turn.finish(SweepState.STOPPED)
    return search.made


def _pareto(ledger: Ledger) -> SampleSweep:
    """A search for accurate and small models, of which none may take more than 10 MB."""
    spec = _spec("nsga2", "none", trials=40)
    spec["sampler"]["constraints"] = ["size_mb <= 10"]
    with _sweep(ledger, "pareto", {**spec, "objectives": dict(OBJECTIVES)}) as search:
        for point in search_points(40, "pareto"):
            search.rungs.clear()  # the first run at a rung passes it
            search.run(search.propose(point), search_curves(point))
        search.turn.budget_reached("trials", 0.8, 32, 40)
        search.turn.budget_reached("trials", 1.0, 40, 40)
        search.turn.finish(SweepState.DONE)
    return search.made


@contextmanager
def _sweep(ledger: Ledger, name: str, spec: Mapping[str, Any]) -> Iterator[_Search]:
    """Yield a search that is planned and taken by a controller; it is committed at the end of the block."""
    made = plan_sample(ledger, [], name=name, spec=spec)
    with Control.take(ledger, made.id, HOST, 4120).turn() as turn:
        yield _Search(name, made.id, turn)


def _spec(sampler: str, stopper: str, **limits: float) -> dict[str, Any]:
    keys = ("trials", "hours", "slot_hours", "usd", "target")
    return {
        **SPEC,
        "metric": "val_acc",
        "mode": "max",
        "objectives": {"val_acc": "max"},
        "sampler": {"name": sampler, "seed": 0},
        "stopper": {"name": stopper},
        "budget": {key: limits.get(key) for key in keys},
        "search": {"repeats": 1, "space": {}},
        "words": ["conf=resnet", "optim.lr=tag(log,interval(1e-4,1))"],
    }
