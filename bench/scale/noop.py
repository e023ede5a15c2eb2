"""``python -m bench.scale.noop FOLDER TRIALS SLOTS POINTS``: a sweep of attempts that cost nothing.

The controller and the ledger are the real ones, every turn is synced to the disk; only the processes are left
out. Prints one line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from agilml import events as e
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger, PlannedTrial
from agilml.model import SweepState
from agilml.sweep.controller import Controller
from agilml.sweep.running import collect_rarely
from agilml.sweep.settings import settings_of
from agilml.sweep.steering import Steering
from agilml.testing.executors import NoopExecutor
from agilml.worker.slot import Report

CONFIG: dict[str, Any] = {
    "recipe": "dry",
    "seed": 0,
    "metric": "score",
    "mode": "max",
    "epochs": 10,
    "model": {"name": "resnet", "depth": 8, "width": 16},
    "optim": {"name": "sgd", "lr": 0.1, "momentum": 0.9},
    "data": {"name": "digits", "root": "data"},
}
SPEC: dict[str, Any] = {
    "recipe": "dry",
    "metric": "score",
    "mode": "max",
    "executor": {"name": "noop"},
}
SWEEP = "s-000000000000"
LOOKS = 10


class Watched(NoopExecutor):
    """Notes the memory of this process ten times in the course of a sweep."""

    def __init__(self, slots: int, points: int, trials: int) -> None:
        super().__init__(slots, points)
        self.rss_mb: list[float] = []
        self._every = max(1, trials // LOOKS)

    def poll(self, seconds: float) -> list[Report]:
        """Return what is new, as ever."""
        if self.executed >= self._every * (len(self.rss_mb) + 1):
            self.rss_mb.append(round(rss_mb(), 1))
        return super().poll(seconds)


def cpu() -> float:
    """Return the CPU seconds of this process, the kernel's for it included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rss_mb() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def plan(path: Path, trials: int) -> float:
    """Record a sweep in the order of its ids, as large grids are; return the CPU seconds."""
    structure = e.StructureComposed("base", "dry", {}, CONFIG, CONFIG)
    planned: list[PlannedTrial] = []
    for i in range(trials):
        values: dict[str, object] = {"optim.lr": i / trials, "seed": i}
        name = hashlib.sha256(str(i).encode()).hexdigest()[:16]
        planned.append((f"t-{name}", structure.structure, values, values))
    planned.sort(key=lambda trial: trial[0])
    event = e.SweepPlanned(SWEEP, "dry", "dry", "score", "max", trials, SPEC, {})
    began = cpu()
    with Ledger.open(path) as ledger:
        ledger.plan(event, [structure], planned)
    return cpu() - began


def run(folder: Path, trials: int, slots: int, points: int) -> dict[str, Any]:
    """Plan and run the sweep; return what it cost per trial."""
    path = folder / "ledger.db"
    # In a process of its own, as ever: what a plan holds in memory is not the controller's.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        planned = other.submit(plan, path, trials).result()
    collect_rarely()
    with Ledger.open(path) as ledger:
        control = Control.take(ledger, SWEEP, os.uname().nodename, os.getpid())
        executor = Watched(slots, points, trials)
        settings = settings_of(SPEC, folder, folder / "runs")
        controller = Controller(
            control, executor, settings, Steering(control, SPEC), lambda _: True
        )
        began, wall = cpu(), time.perf_counter()
        state = controller.run()
        used, lasted = cpu() - began, time.perf_counter() - wall
    if state is not SweepState.DONE or executor.executed != trials:
        raise RuntimeError(f"{executor.executed} of {trials} attempts, and the sweep is {state}")
    return {
        "cpu_us": 1e6 * used / trials,
        "wall_us": 1e6 * lasted / trials,
        "plan_us": 1e6 * planned / trials,
        "bytes": path.stat().st_size / trials,
        "rss_mb": executor.rss_mb,
    }


def main(words: Sequence[str]) -> int:
    """Run one sweep and print what it cost."""
    folder, trials, slots, points = Path(words[0]), *(int(word) for word in words[1:4])
    print(json.dumps(run(folder, trials, slots, points)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
