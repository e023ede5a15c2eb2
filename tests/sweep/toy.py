"""A project with one recipe and sweeps of it that are planned without Hydra."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agilml import events as e
from agilml.ledger import queries
from agilml.ledger.ledger import Ledger, Planned
from agilml.model import TrialState
from agilml.project import Project
from agilml.sweep.launch import Launch
from agilml.sweep.liveness import controller_pid

RECIPE = """
import os, sys, time

def train(cfg, run):
    state = run.resume()
    with open(cfg.diary, "a") as diary:
        diary.write(f"start {cfg.x} {state.step if state else -1}\\n")
    if cfg.get("say"):
        print(cfg.say)
    if cfg.get("fail_at") == cfg.x:
        raise ValueError(f"boom at {cfg.x}")
    for step in run.steps(cfg.steps):
        with open(cfg.diary, "a") as diary:
            diary.write(f"step {cfg.x} {step}\\n")
        run.log(step=step, val_acc=cfg.x + step / 100)
        if cfg.checkpoint:
            run.checkpoint(step=step, seen=step)
        time.sleep(cfg.sleep)
    with open(cfg.diary, "a") as diary:
        diary.write(f"done {cfg.x}\\n")
"""


class Toy:
    """A project in a folder of its own."""

    def __init__(self, root: Path, recipe: str = RECIPE) -> None:
        (root / "recipes").mkdir(parents=True, exist_ok=True)
        (root / "recipes" / "toy.py").write_text(recipe)
        (root / "agil.toml").write_text("")
        self.project = Project(root, root / ".agil")
        self.project.make_state()
        self.diary = root / "diary.txt"

    def plan(
        self,
        xs: Sequence[int],
        *,
        sweep: str = "s-toy",
        slots: int = 2,
        isolation: str = "fork",
        attempts: Mapping[str, Any] | None = None,
        beat_seconds: float = 5.0,
        config: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        **flags: Any,
    ) -> Planned:
        """Record a sweep over ``xs``; trial ids are ``t-<x>``; ``settings`` go into its spec."""
        base = {
            "recipe": "toy",
            "diary": str(self.diary),
            "steps": 1,
            "sleep": 0.0,
            "checkpoint": False,
            **(config or {}),
        }
        spec = {
            "recipe": "toy",
            "metric": "val_acc",
            "mode": "max",
            "executor": {"name": "local", "slots": slots, "isolation": isolation},
            "attempts": dict(attempts or {"max": 1}),
            "beat_seconds": beat_seconds,
            **(settings or {}),
        }
        with Ledger.open(self.project.ledger) as ledger:
            return ledger.plan(
                e.SweepPlanned(sweep, "toy", "toy", "val_acc", "max", len(xs), spec, {}),
                [e.StructureComposed(f"base-{sweep}", "toy", {}, base, base)],
                [(f"t-{x}", f"base-{sweep}", {"x": x}, {"x": x}) for x in xs],
                **flags,
            )

    def run(self, sweep: str = "s-toy", seconds: float = 60.0) -> None:
        """Run the sweep to the end of its controller."""
        with Launch(self.project) as launch:
            launch.run(sweep)
            end = time.monotonic() + seconds
            while not launch.ended():
                assert time.monotonic() < end, "the sweep did not end in time"
                launch.wait(0.2)
            launch.check()

    def start(
        self, sweep: str = "s-toy", environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a controller as a child of the test, with extra environment variables."""
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "agilml.sweep.process",
                str(self.project.root),
                str(self.project.state),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            cwd=self.project.root,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps({"sweep": sweep}).encode() + b"\n")
        process.stdin.close()
        return process

    def wait_for(self, text: str, count: int = 1, seconds: float = 30.0) -> None:
        """Return once the diary holds ``text`` that often."""
        end = time.monotonic() + seconds
        while self.diary_lines().count(text) < count:
            assert time.monotonic() < end, f"{text!r} did not come; the diary: {self.diary_lines()}"
            time.sleep(0.02)

    def diary_lines(self) -> list[str]:
        """Return what the recipe wrote down, on the side, about what it really did."""
        return self.diary.read_text().splitlines() if self.diary.exists() else []

    def states(self, sweep: str = "s-toy") -> dict[TrialState, int]:
        """Return how many trials are in each state, those states only that occur."""
        with queries.reader(self.project.ledger) as db:
            return {state: n for state, n in queries.counts(db, sweep).items() if n}

    def runs(self, sweep: str = "s-toy") -> list[queries.RunRow]:
        """Return the sweep's runs in plan order."""
        with queries.reader(self.project.ledger) as db:
            return queries.runs_of_sweep(db, sweep)

    def sweep_state(self, sweep: str = "s-toy") -> str:
        """Return the stored state of the sweep."""
        with queries.reader(self.project.ledger) as db:
            row = queries.sweep(db, sweep)
            assert row is not None
            return row.state

    def attempts(self, trial: str) -> list[queries.AttemptRow]:
        """Return the attempts of a trial."""
        with queries.reader(self.project.ledger) as db:
            return queries.attempts(db, trial)

    def kill_controller(self, sweep: str = "s-toy") -> None:
        """End the controller as a power cut would."""
        pid = controller_pid(self.project.sweep_folder(sweep))
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
