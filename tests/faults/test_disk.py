"""A disk that is full, read-only or failing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agilml.worker.spool import SpoolReader
from bench.faults import diskfault, preload
from bench.faults.oracle import undisturbed, violations
from bench.faults.planted import ERRORS_SWALLOWED, plant
from bench.faults.project import Project
from bench.faults.said import rude
from tests.faults.budget import runs

needs_a_compiler = pytest.mark.skipif(bool(preload.missing()), reason=preload.missing())


@contextmanager
def small_disk(folder: Path, size: str = "1m") -> Iterator[None]:
    """Mount a small file system at ``folder``, or skip where that is not allowed."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


TORN = """
import resource, sys
from pathlib import Path
from agilml.worker.spool import SpoolWriter
spool = SpoolWriter(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
n = 0
try:
    while True:
        spool.write({"e": "warn", "text": f"event {n}"})
        n += 1
except OSError:
    print(n)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.write({"e": "end", "state": "succeeded"})
"""


def test_a_line_that_the_disk_has_no_room_for_spoils_no_other(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TORN, str(tmp_path)], capture_output=True, text=True, check=True
    )
    batch = SpoolReader(tmp_path).read()
    whole = [f"event {n}" for n in range(int(done.stdout))]
    assert [*whole, "a line of the spool could not be read and was left out"] == batch.warnings
    assert batch.end is not None
    assert "succeeded" == batch.end["state"]


@needs_a_compiler
@pytest.mark.slow
def test_a_write_or_sync_that_fails_loses_nothing_acknowledged(tmp_path: Path) -> None:
    # Every n-th operation of every process; `python -m bench.faults disk --every 1` tries all.
    found = diskfault.measure(tmp_path, seed=1, every=max(1, 12000 // runs(100)))
    assert found.violations == [], found.line()
    assert int(found.figures["faults"]) > 1


@needs_a_compiler
@pytest.mark.slow
def test_a_failed_commit_that_is_taken_for_a_success_is_noticed(tmp_path: Path) -> None:
    planted = plant(tmp_path / "planted", *ERRORS_SWALLOWED)
    # The first writes make the tables; what is acknowledged is written behind them.
    found = diskfault.measure(tmp_path, 1, every=35, planted=planted, most=210)
    assert found.violations


@needs_a_compiler
@pytest.mark.slow
def test_a_sweep_goes_on_when_its_disk_has_recovered(tmp_path: Path) -> None:
    found = diskfault.full_for_a_while(tmp_path)
    assert found.violations == [], found.line()


@pytest.mark.slow
def test_a_sweep_on_a_disk_that_is_really_full_is_finished_once_there_is_room(
    tmp_path: Path,
) -> None:
    expected = undisturbed(tmp_path, diskfault.SLOW)
    project = Project(tmp_path / "full")
    with small_disk(project.state):
        filler = project.state / "filler"
        command = project.start(*diskfault.SLOW)
        project.wait_until(lambda: bool(project.entries()))
        with open(filler, "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
        project.wait_until(lambda: command.poll() is not None, 3)
        assert project.agil("runs", "--json").returncode == 0
        filler.unlink()
        # What the machine was at fault for is tried again by itself.
        assert 0 == command.wait(60)
        assert [] == violations(project, expected, diskfault.STEPS)


def _remounted(folder: Path, how: str) -> bool:
    command = ["mount", "-o", f"remount,{how}", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.slow
def test_a_read_only_state_folder_is_read_and_named_when_it_shall_be_written(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path / "fixed")
    with small_disk(project.state, "200m"):
        assert project.agil(*diskfault.QUICK).returncode == 0
        # A courier may still be writing there for a moment.
        project.wait_until(lambda: _remounted(project.state, "ro"), 30)
        for words in (["runs", "--json"], ["show", "latest"], ["doctor"]):
            assert project.agil(*words).returncode == 0, words
        for words in (["sweep", "conf=fault", "x=77"], ["tag", "latest", "good"], ["resume"]):
            done = project.agil(*words)
            assert (1, []) == (done.returncode, rude(done, project.state)), done.stderr
        assert _remounted(project.state, "rw")
        assert project.agil("sweep", "conf=fault", "x=77").returncode == 0
        assert [(5,)] == project.rows("SELECT count(*) FROM trial WHERE state = 'succeeded'")
