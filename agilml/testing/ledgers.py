"""Ledgers with known content, written the way controllers write them.

``sample_ledger(path, trials=12)`` is a small sweep with everything in it: seeds, a failure, a retry that
goes on from a checkpoint, a NaN, a warning, tags. ``sample_ledger(path, trials=100_000)`` is a large ledger.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agilml import events as e
from agilml.ledger.control import Control, Lease, Turn
from agilml.ledger.ledger import Ledger, PlannedTrial
from agilml.model import AttemptState, Cause, SweepState, TrialState, digest, sweep_id, trial_id

START = 1_780_000_000.0
"""Unix seconds of the first fact of a sample: 2026-05-28T20:26:40Z."""

HOST = "sample-host"
ORIGIN = "5a3c7e" + "0" * 26
"""Origin of a sample ledger."""

TRIALS_OF_A_SWEEP = 1_000

CONFIG: dict[str, Any] = {
    "recipe": "resnet",
    "seed": 0,
    "metric": "val_acc",
    "mode": "max",
    "epochs": 3,
    "model": {"name": "resnet", "depth": 8},
    "optim": {"name": "sgd", "lr": 0.1},
    "data": {"name": "digits", "root": "${oc.env:DATA_ROOT,data}"},
}
SPEC: dict[str, Any] = {
    "executor": {"name": "local", "slots": 2},
    "budget": {"trials": None, "hours": None},
}
PROVENANCE: dict[str, Any] = {
    "git": {"commit": "3f786850e387550fdab836ed7e6dc881de23001b", "branch": "main", "dirty": False},
    "code": {
        "digest": "89e6c98d92887913cadf06b2adb97f26cde4849b",
        "files": {"recipes/resnet.py": "1a"},
    },
    "argv": ["agil", "sweep", "conf=resnet"],
    "user": "ada",
    "host": HOST,
    "python": "3.11.7",
    "agilml": "0.1.0",
    "packages": {"torch": "2.13.0", "numpy": "2.3.0"},
}


@dataclass(frozen=True, slots=True)
class SampleSweep:
    """A sweep that was planned: its id, and its trials' ids in plan order."""

    id: str
    trials: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sample trial ends: its curves by metric name, one value per step from 0, and its state."""

    curves: Mapping[str, Sequence[float | int | str]] = field(default_factory=dict)
    state: AttemptState = AttemptState.SUCCEEDED
    error: str | None = None
    seconds: float = 1.5


def plan_sample(
    ledger: Ledger,
    points: Sequence[Mapping[str, Any]],
    *,
    name: str = "sample",
    config: Mapping[str, Any] = CONFIG,
    provenance: Mapping[str, Any] = PROVENANCE,
    spec: Mapping[str, Any] = SPEC,
) -> SampleSweep:
    """Plan a sweep over ``points`` (dotted key to value), distinguished from others by ``name``."""
    structure = sample_structure(name, config)
    planned = [planned_sample(name, structure, point) for point in points]
    sweep = sweep_id(digest([name, [trial[0] for trial in planned]]))
    event = e.SweepPlanned(
        sweep,
        str(config["recipe"]),
        str(config["recipe"]),
        str(config["metric"]),
        str(config["mode"]),
        len(planned),
        spec,
        provenance,
    )
    ledger.plan(event, [structure], planned)
    return SampleSweep(sweep, [trial[0] for trial in planned])


def sample_structure(name: str, config: Mapping[str, Any] = CONFIG) -> e.StructureComposed:
    """Return the composed config of the sweep called ``name``."""
    return e.StructureComposed(
        digest([name, config]), str(config["recipe"]), {"model": "resnet8"}, config, config
    )


def planned_sample(
    name: str, structure: e.StructureComposed, point: Mapping[str, Any]
) -> PlannedTrial:
    """Return the trial of the sweep called ``name`` that has the values of ``point``."""
    trial = trial_id(digest([name, dict(point)]))
    return trial, structure.structure, dict(point), dict(point)


def run_sample(turn: Turn, trial: str, outcome: Outcome) -> Lease:
    """Record that ``trial`` was executed once and ended as ``outcome`` says."""
    lease = start_sample(turn, trial)
    log_sample(turn, lease, outcome.curves)
    state = outcome.state
    ends = {AttemptState.LOST: TrialState.PENDING}
    cause = {AttemptState.FAILED: Cause.USER, AttemptState.LOST: Cause.NODE}.get(state)
    turn.ended(
        lease,
        state,
        ends.get(state) or TrialState(state.value),
        cause=cause,
        error=outcome.error,
        exit_code=1 if state == AttemptState.FAILED else None,
        usage={"seconds": outcome.seconds, "cpu_seconds": outcome.seconds, "max_rss_mb": 210.0},
    )
    return lease


def start_sample(turn: Turn, trial: str, slot: str = "local:0") -> Lease:
    """Record that ``trial`` runs in ``slot``."""
    lease = turn.lease(trial, slot, "runs")
    if lease is None:
        raise ValueError(f"{trial} is not waiting")
    turn.started(lease, host=HOST, pid=4121, pid_started=1, isolation="fork", start_ms=9.5)
    return lease


def log_sample(
    turn: Turn, lease: Lease, curves: Mapping[str, Sequence[float | int | str]], first: int = 0
) -> None:
    """Record one flush of points, from step ``first`` on."""
    series: dict[str, list[list[Any]]] = {
        name: [list(range(first, first + len(values))), list(values), [0.1] * len(values)]
        for name, values in curves.items()
        if values
    }
    turn.metrics(lease, 100 * (first + 1), series)


def sample_ledger(path: Path, trials: int = 12) -> list[SampleSweep]:
    """Write a ledger at ``path`` with ``trials`` trials in sweeps of at most a thousand.

    The same arguments give the same ids, values and times. Up to twelve trials it is made for reading: see
    the module. A hundred thousand take about a quarter of a minute, because nothing is synced to the disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with sample_clock(), sample_origin(), Ledger.open(path) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        sweeps = [
            _sweep(ledger, first, min(TRIALS_OF_A_SWEEP, trials - first))
            for first in range(0, trials, TRIALS_OF_A_SWEEP)
        ]
        ledger.tag(sweeps[0].trials[0], "baseline", on=True, by="ada")
    return sweeps


@contextmanager
def sample_clock(start: float = START, tick: float = 0.25) -> Iterator[None]:
    """Let every fact recorded in the block be ``tick`` seconds later than the one before."""
    ticks = itertools.count()
    with patch.object(time, "time", lambda: start + tick * next(ticks)):
        yield


@contextmanager
def sample_origin(origin: str = ORIGIN) -> Iterator[None]:
    """Let a ledger that is made in the block write under ``origin``."""
    with patch.object(secrets, "token_hex", lambda _bytes: origin):
        yield


def sample_points(first: int, count: int) -> list[dict[str, Any]]:
    """Return points over a learning rate, a depth and seeds that count from 0."""
    axes = itertools.product((0.05, 0.2), (8, 14))
    groups = list(itertools.islice(itertools.cycle(axes), count))
    seeds = [(first + i) // 4 for i in range(count)]
    return [
        {"optim.lr": lr, "model.depth": depth, "seed": seed}
        for (lr, depth), seed in zip(groups, seeds, strict=True)
    ]


def sample_curves(point: Mapping[str, Any]) -> dict[str, list[float | int | str]]:
    """Return curves that depend on ``point`` alone: deeper is better, seeds differ by a little."""
    noise = int(digest(dict(point))[:4], 16) / 0xFFFF - 0.5
    top = 0.9 + 0.03 * (point["model.depth"] == 14) + 0.01 * (point["optim.lr"] == 0.05)
    top += 0.008 * noise
    return {
        "loss": [round(2.0 - top, 4), round(1.5 - top, 4), round(1.1 - top, 4)],
        "val_acc": [round(top - 0.2, 4), round(top, 4), round(top - 0.004, 4)],
        "test_acc": [round(top - 0.01, 4)],
    }


def _sweep(ledger: Ledger, first: int, count: int) -> SampleSweep:
    points = sample_points(first, count)
    made = plan_sample(ledger, points, name=f"sample {first}")
    control = Control.take(ledger, made.id, HOST, 4120)
    with control.turn() as turn:
        for i, (trial, point) in enumerate(zip(made.trials, points, strict=True)):
            _trial(turn, first + i, trial, Outcome(sample_curves(point)))
        turn.finish(SweepState.DONE)
    return made


def _trial(turn: Turn, i: int, trial: str, outcome: Outcome) -> None:
    """Record one trial; the first few of a ledger have something special about them."""
    curves = outcome.curves
    if i == 1:
        lost = start_sample(turn, trial)
        log_sample(turn, lost, {"loss": curves["loss"][:1], "val_acc": curves["val_acc"][:1]})
        turn.checkpoint(lost, 0, f"{lost.folder}/checkpoints/0", "ab" * 32, 1 << 20, 0.7)
        turn.ended(
            lost,
            AttemptState.LOST,
            TrialState.PENDING,
            cause=Cause.CONTROLLER,
            error="the controller died",
        )
        lease = start_sample(turn, trial, "local:1")
        turn.resumed(lease, lost.attempt, 0)
        log_sample(turn, lease, {name: values[1:] for name, values in curves.items()}, 1)
        log_sample(turn, lease, {"test_acc": curves["test_acc"]}, 2)
        turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED, usage={"seconds": 1.0})
    elif i == 2:
        lease = start_sample(turn, trial)
        log_sample(turn, lease, {**curves, "loss": [1.1, 0.9, "nan"]})
        turn.warned(lease, "loss is NaN at step 2")
        turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED, usage={"seconds": 1.5})
    elif i == 3:
        error = "RuntimeError: the loss exploded"
        run_sample(turn, trial, Outcome({"loss": [2.3]}, AttemptState.FAILED, error))
    else:
        run_sample(turn, trial, outcome)
