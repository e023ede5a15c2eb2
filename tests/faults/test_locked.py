"""A ledger that somebody else holds."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.faults.oracle import undisturbed, violations
from bench.faults.planted import short_patience
from bench.faults.project import Project
from bench.faults.said import rude

pytestmark = pytest.mark.slow

HOLD = {
    "a transaction": (
        "import sqlite3, sys, time\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(60)\n"
    ),
    "the lock file": (
        "import fcntl, os, sys, time\n"
        "fd = os.open(sys.argv[1] + '.lock', os.O_RDWR)\n"
        "fcntl.flock(fd, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)\n"
    ),
}
SWEEP = ("sweep", "conf=fault", "x=range(4)", "steps=10", "sleep=0.1", "executor.slots=2", "--json")


@contextmanager
def held(ledger: Path, how: str) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process hold the ledger for the length of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD[how], str(ledger)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield holder
        finally:
            holder.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("how", HOLD)
def test_who_holds_the_ledger_is_named(tmp_path: Path, how: str, stopped: bool) -> None:
    project = Project(tmp_path / "held", short_patience(tmp_path / "planted", 0.5))
    assert project.agil("sweep", "conf=fault", "x=1", "steps=1").returncode == 0
    with held(project.ledger, how) as holder:
        if stopped:
            holder.send_signal(signal.SIGSTOP)
        done = project.agil("tag", "latest", "good")
        reading = project.agil("runs", "--json")
    assert (1, []) == (done.returncode, rude(done, f"pid {holder.pid}")), done.stderr
    assert 0 == reading.returncode
    assert 0 == project.agil("tag", "latest", "good").returncode


def test_a_sweep_outlasts_somebody_who_holds_its_ledger(tmp_path: Path) -> None:
    expected = undisturbed(tmp_path, SWEEP)
    project = Project(tmp_path / "held", short_patience(tmp_path / "planted", 0.5))
    command = project.start(*SWEEP)
    project.wait_until(lambda: bool(project.entries()))
    said = project.root / "stderr.txt"
    with held(project.ledger, "a transaction") as holder:
        assert project.wait_until(lambda: f"pid {holder.pid}" in said.read_text(), 20)
    assert 0 == command.wait(60)
    assert [] == violations(project, expected, steps=10)
