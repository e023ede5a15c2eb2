"""Sweeps whose runs are repetitions, written into real ledgers the way controllers write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agilml.ledger.control import Control, Turn
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, SweepState
from agilml.testing.ledgers import (
    CONFIG,
    HOST,
    SPEC,
    Outcome,
    SampleSweep,
    plan_sample,
    planned_sample,
    run_sample,
    sample_clock,
    sample_structure,
    start_sample,
)

REPEATED = {**SPEC, "repeats": ["seed"]}
PRUNED, FAILED = AttemptState.PRUNED, AttemptState.FAILED
Value = float | str | None | tuple[float, AttemptState]


def end(turn: Turn, trial: str, value: Value, metric: str = "val_acc") -> None:
    """Record how a repetition ends: at its best value, in another way than it should, or not at all yet."""
    if value is None:
        return
    if value == "running":
        start_sample(turn, trial)
        return
    best, state = value if isinstance(value, tuple) else (value, AttemptState.SUCCEEDED)
    error = "Traceback\nRuntimeError: the loss exploded" if state is FAILED else None
    run_sample(turn, trial, Outcome({metric: [best, "nan"], "size_mb": [4]}, state, error))


@contextmanager
def writing(path: Path) -> Iterator[Ledger]:
    """Yield the ledger at ``path``; the same writes give the same ids and times."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with sample_clock(), Ledger.open(path) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        yield ledger


def write_grid(
    path: Path,
    results: Mapping[float, Sequence[Value]],
    *,
    spec: Mapping[str, Any] = REPEATED,
    mode: str = "max",
    done: bool = True,
) -> SampleSweep:
    """Write a fixed plan: by learning rate, how the run of each seed ends. The seeds lie far apart."""
    seeds = max(map(len, results.values()))
    planned = [
        ({"optim.lr": lr, "seed": seed}, values[seed])
        for seed in range(seeds)
        for lr, values in results.items()
        if seed < len(values)
    ]
    with writing(path) as ledger:
        config = {**CONFIG, "mode": mode}
        made = plan_sample(ledger, [point for point, _ in planned], spec=spec, config=config)
        with Control.take(ledger, made.id, HOST, 4120).turn() as turn:
            for trial, (_, value) in zip(made.trials, planned, strict=True):
                end(turn, trial, value)
            if done:
                turn.finish(SweepState.DONE)
    return made


def write_search(
    path: Path, results: Mapping[float, Sequence[Value]], spec: Mapping[str, Any] = REPEATED
) -> SampleSweep:
    """Write a search that proposed a candidate after the other: the same as :func:`write_grid`."""
    trials: list[str] = []
    with writing(path) as ledger:
        made = plan_sample(ledger, [], name="seeds", spec={**spec, "search": {"space": {}}})
        structure = sample_structure("seeds")
        with Control.take(ledger, made.id, HOST, 4120).turn() as turn:
            for number, (lr, values) in enumerate(results.items()):
                points = [{"optim.lr": lr, "seed": seed} for seed in range(len(values))]
                planned = [planned_sample("seeds", structure, point) for point in points]
                turn.propose(number, {"optim.lr": lr}, planned, "sampler")
                trials += [trial[0] for trial in planned]
                for trial, value in zip(planned, values, strict=True):
                    end(turn, trial[0], value)
            turn.finish(SweepState.DONE)
    return SampleSweep(made.id, trials)


LUCKY: Mapping[float, Sequence[Value]] = {
    0.1: [0.81, 0.99, 0.80],
    0.03: [0.92, 0.93, 0.91],
    0.01: [0.90, (0.85, PRUNED), (0.97, PRUNED)],
    0.003: [0.88, 0.89, (0.2, FAILED)],
    0.001: [(0.1, PRUNED), (0.12, PRUNED), (0.11, PRUNED)],
}
"""The best single run belongs to the second best candidate; three candidates lack repetitions."""
