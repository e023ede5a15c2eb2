"""Files that are not what was written: damaged, from the future, in the wrong place, copied."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from agilml.ledger.schema import VERSION
from bench.faults import damage
from bench.faults.oracle import undisturbed, violations
from bench.faults.planted import plant
from bench.faults.project import Project
from bench.faults.said import rude
from tests.faults.budget import runs


def test_no_damaged_checkpoint_is_loaded(tmp_path: Path) -> None:
    found = damage.saved(tmp_path, seed=1, count=runs(100))
    assert found.violations == [], found.line()
    assert found.figures["refused"] == found.figures["damaged"]


def test_without_the_recorded_digest_a_damaged_checkpoint_would_be_loaded(tmp_path: Path) -> None:
    assert damage.saved(tmp_path, seed=1, count=300, by_digest=False).violations


@pytest.mark.slow
def test_a_damaged_ledger_is_noticed_or_harmless_and_never_a_crash(tmp_path: Path) -> None:
    found = damage.ledgers(tmp_path, seed=1, count=runs(40))
    assert found.violations == [], "\n".join(found.violations)
    assert int(found.figures["detected"]) > 0


SWEEP = ("sweep", "conf=fault", "x=range(6)", "steps=10", "sleep=0.1", "executor.slots=2", "--json")


@pytest.mark.slow
def test_a_ledger_from_the_future_is_read_and_its_bytes_stay(tmp_path: Path) -> None:
    project = Project(tmp_path / "future")
    assert project.agil("sweep", "conf=fault", "x=1,2", "steps=1").returncode == 0
    with closing(sqlite3.connect(project.ledger)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
        db.execute("ALTER TABLE trial ADD COLUMN colour TEXT")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = project.ledger.read_bytes()
    for words in (["sweep", "conf=fault", "x=3"], ["resume"], ["tag", "latest", "good"]):
        done = project.agil(*words)
        assert (1, []) == (done.returncode, rude(done, "newer AgilML")), done.stderr
    for words in (["runs", "--json"], ["show", "latest"], ["doctor"]):
        assert project.agil(*words).returncode == 0, words
    assert before == project.ledger.read_bytes()
    assert [["start", "done"]] * 2 == [
        [words[0] for words in project.entries() if words[2] == x] for x in ("1", "2")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["nfs4", "fuse.sshfs"])
def test_a_sweep_on_a_network_file_system_is_refused_and_nothing_starts(
    tmp_path: Path, kind: str
) -> None:
    network = plant(
        tmp_path / "planted",
        "agilml.ledger.files",
        f"module.filesystem = lambda path, mountinfo=None: {kind!r}",
    )
    project = Project(tmp_path / "shared", network)
    done = project.agil("sweep", "conf=fault", "x=1")
    assert (1, []) == (done.returncode, rude(done, project.state)), done.stderr
    assert kind in done.stderr
    assert not project.ledger.exists()
    assert [] == project.entries()


@pytest.mark.slow
def test_a_copied_project_is_resumed_without_touching_the_one_it_was_copied_from(
    tmp_path: Path,
) -> None:
    expected = undisturbed(tmp_path, SWEEP)
    original, copy = Project(tmp_path / "original"), Project(tmp_path / "copy")
    command = original.start(*SWEEP)
    try:
        original.wait_until(lambda: len(original.entries()) >= 2)
        original.wait_until(
            lambda: len(original.rows("SELECT 1 FROM attempt WHERE state = 'started'")) == 2
        )
        copy_of(original, copy)
        resumed = copy.agil("resume", "latest", "--json")
    finally:
        code = command.wait(60)

    assert (0, []) == (code, violations(original, expected, steps=10))
    assert [(6,)] == original.rows("SELECT count(*) FROM attempt"), "attempts were ended from afar"
    assert (0, []) == (resumed.returncode, violations(copy, expected, steps=10))


def copy_of(original: Project, copy: Project) -> None:
    """Copy the state of a project at work: its database whole, of the rest what `cp` gets hold of."""
    copy.state.mkdir()
    with (
        closing(sqlite3.connect(original.ledger)) as source,
        closing(sqlite3.connect(copy.ledger)) as target,
    ):
        source.backup(target)
    # Checkpoints come and go meanwhile; cp complains, and goes on.
    subprocess.run(
        ["cp", "-r", str(original.state / "runs"), str(copy.state)],
        capture_output=True,
        check=False,
    )
    shutil.copy(original.diary, copy.diary)
