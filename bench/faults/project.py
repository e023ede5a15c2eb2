"""A project whose recipe keeps a diary on the side, and the command line typed inside it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.command import environment

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = "AGIL_FAULT_PROJECT"
"""Environment variable by which every process that works on a project here is found."""

RECIPE = """
import os
import time


def note(text):
    fd = os.open("diary.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(fd, (text + "\\n").encode())
    os.close(fd)


def train(cfg, run):
    state = run.resume()
    note(f"start {run.folder.name} {cfg.x} {state.step if state else -1}")
    for step in run.steps(cfg.steps):
        run.log(step=step, val_acc=cfg.x + step / 100)
        run.checkpoint(step=step, seen=step)
        time.sleep(cfg.sleep)
    note(f"done {run.folder.name} {cfg.x}")
"""
CONF = """
defaults: [_base, _self_]
recipe: fault
metric: val_acc
mode: max
seed: 0
x: 0
steps: 5
sleep: 0.02
"""


@dataclass(frozen=True, slots=True)
class Process:
    """A living process of a project: ``cli``, ``controller``, ``template`` or ``child``."""

    pid: int
    role: str
    trial: str = ""

    def kill(self, signum: int = signal.SIGKILL) -> bool:
        """Send it a signal; false when it had ended before."""
        try:
            os.kill(self.pid, signum)
        except ProcessLookupError:
            return False
        return True


class Project:
    """A project in a folder of its own."""

    def __init__(
        self, root: Path, extra: Mapping[str, str] | None = None, recipe: str = RECIPE
    ) -> None:
        self.root = root
        for folder, name, text in (("recipes", "fault.py", recipe), ("conf", "fault.yaml", CONF)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder / name).write_text(text)
        (root / "agil.toml").touch()
        # Tests mark what they start; a mark that is inherited must survive here.
        kept = {k: v for k, v in os.environ.items() if k.startswith("AGIL_TEST")}
        self.env = {
            **environment(root.parent / f"{root.name}.scratch", {"PYTHONPATH": str(ROOT)}),
            **kept,
            MARK: str(root),
            **(extra or {}),
        }

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.root / ".agil"

    @property
    def ledger(self) -> Path:
        """The ledger's database file."""
        return self.state / "ledger.db"

    @property
    def diary(self) -> Path:
        """What the recipe wrote down about what it really did."""
        return self.root / "diary.txt"

    def entries(self) -> list[list[str]]:
        """Return the words of every complete line of the diary."""
        if not self.diary.exists():
            return []
        return [line.split() for line in self.diary.read_text().split("\n")[:-1]]

    def start(
        self,
        *words: str,
        env: Mapping[str, str] | None = None,
        stdout: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Type ``agil …`` and do not wait; standard error goes to ``stderr.txt``."""
        with (
            open(stdout or self.root / "stdout.txt", "ab") as out,
            open(self.root / "stderr.txt", "ab") as err,
        ):
            return subprocess.Popen(
                [sys.executable, "-m", "agilml", *words],
                cwd=self.root,
                env={**self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def agil(
        self, *words: str, env: Mapping[str, str] | None = None, seconds: float = 120.0
    ) -> subprocess.CompletedProcess[str]:
        """Type ``agil …`` and wait for its end."""
        return subprocess.run(
            [sys.executable, "-m", "agilml", *words],
            cwd=self.root,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a read on the ledger; none while there is no ledger or no such table."""
        if not self.ledger.exists():
            return []
        try:
            with closing(sqlite3.connect(f"{self.ledger.as_uri()}?mode=ro", uri=True)) as db:
                return db.execute(sql, values).fetchall()
        except sqlite3.OperationalError:
            return []

    def processes(self) -> list[Process]:
        """Return every living process of this project, whoever its parent is now."""
        mark = f"{MARK}={self.root}\0".encode()
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        return [process for pid in pids if (process := _look_at(pid, mark)) is not None]

    def wait_until(self, reached: Callable[[], bool], seconds: float = 60.0) -> bool:
        """Return whether ``reached`` came true in time."""
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def end_all(self) -> None:
        """End whatever still works on this project."""
        while left := self.processes():
            for process in left:
                process.kill()
            time.sleep(0.02)


def _look_at(pid: int, mark: bytes) -> Process | None:
    try:
        if mark not in Path(f"/proc/{pid}/environ").read_bytes():
            return None
        comm = Path(f"/proc/{pid}/comm").read_text().strip()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None
    if state == "Z" or not command:
        return None
    if b"agilml.worker.template" in command:
        child = comm.startswith("agil ") and comm != "agil template"
        return Process(pid, "child" if child else "template", comm[5:] if child else "")
    return Process(pid, "controller" if b"agilml.sweep.process" in command else "cli")
