"""`agil sync` killed at every named point, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agilml.events import ArtifactStored
from agilml.ledger.ledger import Ledger
from agilml.store.blobs import Blobs
from agilml.sync import POINTS
from tests.sync.clones import Clone
from tests.sync.conftest import Make

SYNC = [
    "take.before",
    "take.committed",
    *(name for name in POINTS if name.startswith(("pu", "renew"))),
]
OTHERS = [name for name in POINTS if name not in SYNC]


def agil(clone: Clone, *words: str, crash_at: str = "") -> int:
    """Type a command in the clone's folder, killed at a point where one is named."""
    environment = {**os.environ, "AGIL_CRASH_AT": crash_at}
    done = subprocess.run(
        [sys.executable, "-m", "agilml", *words],
        cwd=clone.project.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "unexpected" not in done.stderr, done.stderr
    return done.returncode


def scene(clone: Make, tmp_path: Path) -> tuple[Clone, Clone]:
    """Return a copy of a folder, with everything still to do that a sync can have to do, and a teammate."""
    mate = clone("mate")
    for name in ("one", "two"):
        mate.sweep(name)
        mate.sync()
    original = clone("original")
    original.sweep("shared")
    original.sync()
    copy = original.copied_to(tmp_path / "copy")
    original.sweep("of the original")
    original.sync()
    copy.sweep("of the copy")
    sha256 = Blobs(copy.project.state / "blobs").add(b"a log")
    with Ledger.open(copy.ledger) as ledger:
        ledger.record(ArtifactStored("t-1.1-abcdef", "log", "log", sha256, 5))
    return copy, mate


def check(copy: Clone, mate: Clone, clone: Make) -> None:
    """Everybody ends with the same, nothing is there twice, and nothing is missing."""
    for one in (copy, mate, copy):
        assert one.sync().problems == []
    third = clone("third")
    third.sync()
    assert copy.digest() == mate.digest() == third.digest()
    with Ledger.open(third.ledger) as ledger:
        assert ledger.db.execute("SELECT count(*) FROM sweep").fetchone() == (5,)
        attempts = ledger.db.execute(
            "SELECT count(*), count(DISTINCT trial) FROM attempt"
        ).fetchone()
    assert attempts == (10, 10)


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("point", SYNC)
def test_a_sync_killed_at_a_point_is_repeated_without_loss_or_repetition(
    clone: Make, tmp_path: Path, point: str, n: int
) -> None:
    copy, mate = scene(clone, tmp_path)
    code = agil(copy, "sync", crash_at=f"{point}:{n}")
    assert code == -signal.SIGKILL or n == 2, "the point was not passed"
    check(copy, mate, clone)


def test_a_sync_killed_between_the_segment_and_its_row_is_repeated(
    clone: Make, tmp_path: Path
) -> None:
    copy, mate = scene(clone, tmp_path)
    assert agil(copy, "sync", crash_at="push.put") == -signal.SIGKILL
    check(copy, mate, clone)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["rebuild.salvaged", "rebuild.aside", "rebuild.placed"])
def test_a_rebuild_killed_at_a_point_is_repeated(clone: Make, point: str) -> None:
    a = clone("a")
    a.sweep("sent")
    a.sync()
    a.sweep("not sent")
    truth = a.digest()
    with Ledger.open(a.ledger) as ledger, ledger.transaction() as tx:
        tx.db.execute("DELETE FROM fact WHERE seq = 3")
    assert agil(a, "doctor", "--repair", crash_at=point) == -signal.SIGKILL
    assert agil(a, "doctor", "--repair") == 0
    assert a.digest() == truth


@pytest.mark.slow
def test_a_repair_killed_at_a_point_is_repeated(clone: Make) -> None:
    a = clone("a")
    for name in ("one", "two"):
        a.sweep(name)
        a.sync()
    for path in a.segments():
        path.write_bytes(b"rubbish")
    assert agil(a, "sync", "repair", crash_at="repair.put") == -signal.SIGKILL
    assert agil(a, "sync", "repair") == 0
    reader = clone("reader")
    assert reader.sync().problems == []
    assert reader.digest() == a.digest()


@pytest.mark.slow
@pytest.mark.parametrize("point", ["garbage.marked", "garbage.deleted"])
def test_a_collection_killed_at_a_point_is_repeated(clone: Make, bucket: Path, point: str) -> None:
    from tests.sync.test_garbage import gc, in_bucket, pass_time, stray

    a = clone("a")
    for body in (b"one", b"two"):
        stray(a, body)
    if point == "garbage.deleted":
        gc(a)
        pass_time(bucket, 8)
    assert agil(a, "sync", "gc", crash_at=point) == -signal.SIGKILL
    for _ in range(2):
        pass_time(bucket, 8)
        assert agil(a, "sync", "gc") == 0
    assert in_bucket(bucket) == set()


def test_every_named_point_is_tried() -> None:
    assert set(OTHERS) == {
        *("garbage.marked", "garbage.deleted", "repair.put"),
        *("rebuild.salvaged", "rebuild.aside", "rebuild.placed"),
    }
