"""AgilML as a tracker: through ``agil run``, ``agil sync`` and ``agil runs``, as a person would."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import SweepState
from agilml.testing.ledgers import HOST, Outcome, plan_sample, run_sample
from bench import ours
from bench.command import environment, run
from bench.recipes.log_points import value
from bench.trackers.base import PACE_SECONDS, POINTS_OF_A_WRITER, Logged, Tracker, size_of

_CONF = """\
defaults: [_base, _self_]
metric: loss
mode: min
calls: 1
pace: 0.0
die: false
writer: 0
"""
_AT_ONCE = 500
_READS = 5


class Agil(Tracker):
    """The whole tool; a recipe logs, a controller records, the ledger is what is asked afterwards."""

    name = ours.NAME

    def log(self, folder: Path, points: int) -> Logged:
        """Run a recipe that logs and times its calls; send the ledger to a folder."""
        self._run(folder, f"calls={points}")
        cost = dict(
            ours.query(folder, "SELECT name, last FROM metric WHERE name IN ('p50_us', 'p99_us')")
        )
        remote = folder / "remote"
        remote.mkdir()
        self._agil(folder, "sync", "--remote", remote.as_uri(), "--quiet")
        size = ours.ledger(folder).stat().st_size
        return Logged(cost["p50_us"], cost["p99_us"], size, size_of(remote / "ledger"))

    def killed(self, folder: Path, points: int) -> int:
        """Kill the process that trains; its controller goes on."""
        words = (f"calls={points}", f"pace={PACE_SECONDS}", "die=true", "attempts.max=1")
        self._run(folder, *words, may_fail=True)
        return self.count(folder)

    def curve_ms(self, folder: Path) -> float:
        """Read through the query that ``agil show`` uses."""
        taken = []
        with queries.reader(ours.ledger(folder)) as db:
            (attempt,) = db.execute("SELECT id FROM attempt").fetchone()
            for _ in range(_READS):
                began = time.perf_counter()
                queries.curve(db, attempt, "loss")
                taken.append(1e3 * (time.perf_counter() - began))
        return statistics.median(taken)

    def write_finals(self, folder: Path, runs: int) -> None:
        """Write them as a controller does, without their processes."""
        ours.make_project(folder)
        path = ours.ledger(folder)
        path.parent.mkdir(parents=True)
        points = [
            {f"p{i}": (n * 7919 + i * 31) % 1000 / 1000 for i in range(9)} for n in range(runs)
        ]
        with Ledger.open(path) as ledger:
            ledger.db.execute("PRAGMA synchronous = OFF")
            made = plan_sample(ledger, [{**p, "seed": n} for n, p in enumerate(points)])
            control = Control.take(ledger, made.id, HOST, 1)
            for first in range(0, runs, _AT_ONCE):
                with control.turn() as turn:
                    for n in range(first, min(first + _AT_ONCE, runs)):
                        run_sample(turn, made.trials[n], Outcome(_finals(n)))
            with control.turn() as turn:
                turn.finish(SweepState.DONE)

    def top_seconds(self, folder: Path) -> float:
        """Ask ``agil runs``."""
        return self._agil(folder, "runs", "--sort", "-val_acc", "--limit", "10", "--json")

    def write_once(self, folder: Path, number: int) -> bool:
        """Run a recipe in the project that four commands make at once."""
        words = ("run", "conf=log_points", f"calls={POINTS_OF_A_WRITER}", f"writer={number}")
        env = environment(folder.parent, ours.ENVIRONMENT)
        # Not through bench.command.run, which ends all processes that it finds behind a command.
        done = subprocess.run(
            [*ours.AGIL, *words], cwd=folder, env=env, capture_output=True, timeout=300, check=False
        )
        return done.returncode == 0

    def writers(self, folder: Path) -> tuple[int, int]:
        """Make the project first: it is the ledger in it that four commands open at once."""
        ours.add_recipe(folder, "log_points", _CONF)
        return super().writers(folder)

    def count(self, folder: Path) -> int:
        """Count in the table of metrics."""
        ((points,),) = ours.query(folder, "SELECT sum(n) FROM metric WHERE name = 'loss'")
        return int(points or 0)

    def _run(self, folder: Path, *words: str, may_fail: bool = False) -> None:
        ours.add_recipe(folder, "log_points", _CONF)
        command = ("run", "conf=log_points", *words, "executor.slots=1")
        self._agil(folder, *command, may_fail=may_fail)

    def _agil(self, folder: Path, *words: str, may_fail: bool = False) -> float:
        env = environment(folder.parent, ours.ENVIRONMENT)
        sample = run([*ours.AGIL, *words], folder, env, timeout=300)
        if sample.error and not may_fail:
            raise RuntimeError(sample.error)
        return sample.wall_s


def _finals(run: int) -> dict[str, list[float | int | str]]:
    found: dict[str, list[float | int | str]] = {f"m{i}": [value(run + i)] for i in range(19)}
    return {**found, "val_acc": [run * 7919 % 10007 / 10007]}
