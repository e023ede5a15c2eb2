"""A large ledger, and the commands that read it.

``python -m bench.scale.reads FOLDER TRIALS POINTS`` makes FOLDER a project with two sweeps of TRIALS / 2 runs
that each logged POINTS points, half of them of each of two metrics. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.ledger.tables_attempts import points_of
from agilml.model import SweepState
from agilml.testing.ledgers import HOST, Outcome, plan_sample, run_sample, sample_points
from bench import ours

AT_ONCE = 500
POINTS = "SELECT sum(length(body)) FROM fact WHERE kind = 'metrics.logged'"


def make(folder: Path, trials: int, points: int) -> dict[str, Any]:
    """Write the ledger; return its sweeps, two of its runs, and what a point takes."""
    ours.make_project(folder)
    path = ours.ledger(folder)
    path.parent.mkdir(parents=True)
    with Ledger.open(path) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        sweeps = [_sweep(ledger, i, trials // 2, points) for i in range(2)]
    with closing(sqlite3.connect(path)) as db:
        run, other = db.execute("SELECT min(trial), max(trial) FROM sweep_trial").fetchone()
        (body,) = db.execute(POINTS).fetchone()
        (attempt,) = db.execute("SELECT attempt FROM trial WHERE id = ?", (run,)).fetchone()
        plan = curve_plan(db, attempt)
    return {
        "sweeps": sweeps,
        "runs": [run, other],
        "bytes_a_point": body / (trials * points),
        "curve": plan,
        "bytes": path.stat().st_size,
    }


def curve_plan(db: sqlite3.Connection, attempt: str) -> list[str]:
    """Return how SQLite finds the curves of one attempt, as it explains it."""
    seen: list[str] = []
    db.set_trace_callback(seen.append)
    points_of(db, attempt)
    db.set_trace_callback(None)
    reads = [sql for sql in seen if "fact" in sql]
    return [row[3] for sql in reads for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]


def commands(made: dict[str, Any]) -> dict[str, list[str]]:
    """Return what to time, by the name of the row."""
    (a, b), (run, other) = made["sweeps"], made["runs"]
    return {
        "`agil runs`": ["runs"],
        "`agil runs --sort METRIC`": ["runs", "--sort", "-val_acc"],
        "`agil runs SWEEP`": ["runs", a],
        "`agil show RUN`": ["show", run],
        "`agil show SWEEP`": ["show", a],
        "`agil compare RUN RUN`": ["compare", run, other],
        "`agil compare SWEEP SWEEP`": ["compare", a, b],
    }


def _sweep(ledger: Ledger, number: int, trials: int, points: int) -> str:
    steps = max(1, points // 2)
    at = sample_points(number * trials, trials)
    made = plan_sample(ledger, at, name=f"reads {number}")
    control = Control.take(ledger, made.id, HOST, 1)
    for first in range(0, trials, AT_ONCE):
        with control.turn() as turn:
            for i in range(first, min(first + AT_ONCE, trials)):
                run_sample(turn, made.trials[i], Outcome(_curves(i + number, steps)))
    with control.turn() as turn:
        turn.finish(SweepState.DONE)
    return made.id


def _curves(i: int, steps: int) -> dict[str, list[float | int | str]]:
    """Return curves with as many digits as real ones have, different for every ``i``."""
    noise = (i * 2_654_435_761 % 2**32) / 2**32
    return {
        "loss": [2.0 / (1 + step) + 0.1 * noise for step in range(steps)],
        "val_acc": [0.9 - 0.5 / (1 + step) + 0.1 * noise for step in range(steps)],
    }


def main(words: Sequence[str]) -> int:
    """Make one ledger and print what is in it."""
    print(json.dumps(make(Path(words[0]), int(words[1]), int(words[2]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
