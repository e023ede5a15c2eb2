"""The peers as trackers: ``bench/cases/tracker.py`` in a process of its own for every question."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from bench.command import environment
from bench.peers import venvs
from bench.peers.tools import CASES
from bench.trackers.base import PACE_SECONDS, POINTS_OF_A_WRITER, Logged, Tracker, size_of

_TIMEOUT = 600


class Peer(Tracker):
    """One tool on its own documented API.

    Args:
        name: how it is called in the table.
        tool: its name in ``tracker.py``.
        venv: where it is installed.
        answers: whether it answers queries without a server.
    """

    def __init__(self, name: str, tool: str, venv: str, *, answers: bool = True) -> None:
        self.name = name
        self.answers = answers
        self._tool = tool
        self.venv = venv

    def log(self, folder: Path, points: int) -> Logged:
        """Log without a pause."""
        found = self._ask(folder, "log", str(points))
        return Logged(found["p50_us"], found["p99_us"], size_of(folder))

    def killed(self, folder: Path, points: int) -> int:
        """Kill the process that logs."""
        self._ask(folder, "die", str(points), str(PACE_SECONDS), may_fail=True)
        return self.count(folder)

    def curve_ms(self, folder: Path) -> float:
        """Read through its API, in one process; the import does not count."""
        return float(self._ask(folder, "curve")["ms"])

    def write_finals(self, folder: Path, runs: int) -> None:
        """Log them one after the other."""
        self._ask(folder, "finals", str(runs))

    def top_seconds(self, folder: Path) -> float:
        """Ask its API from a new process; the import counts, as it does for a person."""
        began = time.perf_counter()
        self._ask(folder, "top")
        return time.perf_counter() - began

    def write_once(self, folder: Path, number: int) -> bool:  # noqa: ARG002  runs are named by process
        """Log from one of several processes."""
        try:
            self._ask(folder, "log", str(POINTS_OF_A_WRITER))
        except RuntimeError:
            return False
        return True

    def count(self, folder: Path) -> int:
        """Count through its API; nothing where nothing was left."""
        try:
            return int(self._ask(folder, "count"))
        except RuntimeError:
            return 0

    def _ask(self, folder: Path, *words: str, may_fail: bool = False) -> Any:
        folder.mkdir(parents=True, exist_ok=True)
        env = environment(folder.parent, {"TRACKIO_DIR": str(folder / "trackio")})
        command = [str(venvs.python(self.venv)), str(CASES / "tracker.py"), self._tool, *words]
        done = subprocess.run(
            command,
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        if done.returncode and not may_fail:
            raise RuntimeError((done.stderr or done.stdout).strip()[-300:])
        return json.loads(done.stdout.splitlines()[-1]) if not done.returncode else None


PEERS = (
    Peer("TensorBoard", "tensorboard", "ray"),
    Peer("MLflow, SQLite", "mlflow", "mlflow"),
    Peer("W&B, offline", "wandb", "trackers", answers=False),
    Peer("Trackio", "trackio", "trackers"),
)
