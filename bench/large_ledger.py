"""A ledger with many finished trials, written the way a controller writes it."""

from __future__ import annotations

from pathlib import Path

from agilml import events as e
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger, PlannedTrial
from agilml.model import AttemptState, SweepState, TrialState, digest, sweep_id, trial_id

_TRIALS_OF_A_SWEEP = 1_000


def fill(path: Path, trials: int) -> None:
    """Make a ledger at ``path`` that holds ``trials`` succeeded trials in sweeps of a thousand."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Ledger.open(path) as ledger:
        # Durability is what the ledger is about, but not what reading it costs.
        ledger.db.execute("PRAGMA synchronous = OFF")
        for first in range(0, trials, _TRIALS_OF_A_SWEEP):
            _sweep(ledger, first, min(_TRIALS_OF_A_SWEEP, trials - first))


def _sweep(ledger: Ledger, first: int, n: int) -> None:
    config = {"recipe": "dry", "x": 0, "lr": 0.1, "seed": 0}
    structure = e.StructureComposed(digest(config), "dry", {"executor": "local"}, config, config)
    sweep = sweep_id(digest(["bench", first]))
    planned: list[PlannedTrial] = []
    for i in range(first, first + n):
        values: dict[str, object] = {"x": i, "lr": 10.0 ** -(i % 5)}
        planned.append((trial_id(digest(["bench", values])), structure.structure, values, values))
    spec = {"executor": {"name": "local", "slots": 2}}
    plan = e.SweepPlanned(sweep, "dry", "dry", "score", "max", n, spec, {"argv": ["agil", "sweep"]})
    ledger.plan(plan, [structure], planned)
    control = Control.take(ledger, sweep, "bench", 1)
    with control.turn() as turn:
        for i, (trial, *_) in enumerate(planned):
            lease = turn.lease(trial, "slot-0", ".agil/attempts")
            if lease is None:
                raise RuntimeError(f"{trial} is not waiting")
            turn.started(lease, host="bench", pid=1, pid_started=1, isolation="fork", start_ms=9.0)
            turn.metrics(lease, 100, {"score": [[0, 1], [float(i), float(i + 1)], [0.1, 0.2]]})
            turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED, usage={"seconds": 0.3})
        turn.finish(SweepState.DONE)
