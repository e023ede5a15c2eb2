"""Blobs that no ledger needs go, and none that any ledger may need does."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from agilml.errors import AgilError
from agilml.events import ArtifactStored, DatasetAdded
from agilml.ledger.ledger import Ledger
from agilml.store.blobs import Blobs
from agilml.sync.garbage import GRACE_SECONDS, Collected
from agilml.sync.syncing import collect
from agilml.testing.ledgers import sample_clock
from tests.sync.clones import Clone
from tests.sync.conftest import Make

DAY = 86_400


def add(clone: Clone, body: bytes, *, role: str = "log", told: bool = True) -> str:
    """Store a blob, with the fact that names it or without."""
    sha256 = Blobs(clone.project.state / "blobs").add(body)
    if told:
        with Ledger.open(clone.ledger) as ledger:
            ledger.record(ArtifactStored("t-1.1-abcdef", sha256[:8], role, sha256, len(body)))
    return sha256


def in_bucket(bucket: Path) -> set[str]:
    return {path.name for path in (bucket / "blobs").glob("*/*")}


def stray(clone: Clone, body: bytes) -> str:
    """Put a blob into the remote that no fact names."""
    blobs = Blobs(clone.project.state / "blobs")
    sha256 = blobs.add(body)
    with clone.remote() as remote:
        blobs.push(remote, sha256)
    return sha256


def pass_time(bucket: Path, days: float) -> None:
    """Let everything in the bucket be so much older, by the clock of the bucket."""
    for path in bucket.rglob("*"):
        if path.is_file():
            at = path.stat().st_mtime - days * DAY
            os.utime(path, (at, at))


def gc(clone: Clone, *, dry_run: bool = False) -> Collected:
    with clone.place() as here:
        return collect(here, dry_run=dry_run, tell=clone.said.append)


def test_blobs_go_before_the_facts_that_name_them(clone: Make, bucket: Path) -> None:
    a = clone("a")
    sha256 = add(a, b"a log")
    assert a.sync().blobs == (1, 5)
    assert in_bucket(bucket) == {sha256}
    assert a.sync().blobs == (0, 0)


def test_a_blob_that_is_damaged_here_is_named_and_the_facts_go(clone: Make, bucket: Path) -> None:
    a, b = clone("a"), clone("b")
    sha256 = add(a, b"a log")
    path = Blobs(a.project.state / "blobs").path(sha256)
    path.chmod(0o600)
    path.write_bytes(b"a l0g")
    problems = a.sync().problems
    assert [problem.key for problem in problems] == [f"blobs/{sha256[:2]}/{sha256}"]
    assert in_bucket(bucket) == set()
    b.sync()
    assert b.facts() == a.facts()


def test_the_blobs_of_a_manifest_go_with_it(clone: Make, bucket: Path) -> None:
    a = clone("a")
    part = add(a, b"weights", told=False)
    manifest = json.dumps({"files": {"model": part, "elsewhere": "0" * 64}}).encode()
    whole = add(a, manifest, role="checkpoint")
    data = Blobs(a.project.state / "blobs").add(json.dumps({"sha256": part}).encode())
    with Ledger.open(a.ledger) as ledger:
        ledger.record(DatasetAdded("digits", "dev", data, 1, 7, "here", "ada"))
    a.sync()
    assert in_bucket(bucket) == {part, whole, data}


def test_an_unused_blob_is_marked_and_deleted_a_week_later(clone: Make, bucket: Path) -> None:
    a = clone("a")
    used, unused = add(a, b"used"), stray(a, b"unused")
    a.sync()
    pass_time(bucket, 1)
    first = gc(a)
    assert (first.marked, first.deleted) == ([unused], [])
    pass_time(bucket, GRACE_SECONDS / DAY - 1)
    assert (gc(a).deleted, in_bucket(bucket)) == ([], {used, unused})
    pass_time(bucket, 2)
    again = gc(a)
    assert again.deleted == [unused]
    assert in_bucket(bucket) == {used}
    pass_time(bucket, 1)
    assert (gc(a).blobs, list((bucket / "gc").glob("*"))) == (1, []), "no record is left over"


def test_a_dry_run_changes_nothing(clone: Make, bucket: Path) -> None:
    a = clone("a")
    unused = stray(a, b"unused")
    pass_time(bucket, 1)
    gc(a)
    pass_time(bucket, 8)
    before = {path: path.stat().st_mtime_ns for path in bucket.rglob("*")}
    assert gc(a, dry_run=True).deleted == [unused]
    assert before == {path: path.stat().st_mtime_ns for path in bucket.rglob("*")}


def test_what_another_ledger_names_is_kept(clone: Make, bucket: Path) -> None:
    a, b = clone("a"), clone("b")
    part = add(b, b"weights", told=False)
    add(b, json.dumps({"model": part}).encode(), role="checkpoint")
    b.sync()
    for _ in range(3):
        pass_time(bucket, 10)
        assert gc(a).deleted == []
    assert len(in_bucket(bucket)) == 2


def test_a_digest_in_any_fact_counts(clone: Make, bucket: Path) -> None:
    a, b = clone("a"), clone("b")
    sha256 = stray(b, b"mentioned in a tag only")
    b.tag("t-1", sha256)
    b.sync()
    for _ in range(3):
        pass_time(bucket, 10)
        assert gc(a).deleted == []


def test_a_marked_blob_that_is_sent_again_is_kept(clone: Make, bucket: Path) -> None:
    a, b = clone("a"), clone("b")
    unused = stray(a, b"same bytes")
    pass_time(bucket, 1)
    assert gc(a).marked == [unused]
    pass_time(bucket, 8)
    # The blob is sent, and the line is cut before the facts are.
    add(b, b"same bytes")
    from agilml.sync import push

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push, "_put", cut_off)
        with pytest.raises(ConnectionError):
            b.sync()
    assert gc(a).deleted == []
    b.sync()
    pass_time(bucket, 8)
    assert gc(a).deleted == []
    assert unused in in_bucket(bucket)


def cut_off(*_: object) -> None:
    raise ConnectionError("cut")


def test_a_blob_deleted_while_its_facts_were_on_their_way_is_sent_again(
    clone: Make, bucket: Path
) -> None:
    a, b = clone("a"), clone("b")
    stray(a, b"something unused, so that marks exist")
    pass_time(bucket, 1)
    gc(a)
    sha256 = add(b, b"sent meanwhile")
    b.sync()
    next(bucket.glob(f"blobs/*/{sha256}")).unlink()
    b.sync()
    assert sha256 in in_bucket(bucket)


def test_nothing_is_deleted_while_anything_is_damaged(clone: Make, bucket: Path) -> None:
    a, b = clone("a"), clone("b")
    unused = stray(a, b"unused")
    b.sweep("one")
    b.sync()
    pass_time(bucket, 1)
    gc(a)
    pass_time(bucket, 8)
    b.sweep("two")
    b.sync()
    b.segments()[-1].write_bytes(b"rubbish")
    with pytest.raises(AgilError, match="damaged"):
        gc(a)
    assert unused in in_bucket(bucket)


def test_a_record_that_cannot_be_read_stops_it(clone: Make, bucket: Path) -> None:
    a = clone("a")
    stray(a, b"unused")
    pass_time(bucket, 1)
    gc(a)
    pass_time(bucket, 8)
    (bucket / "gc" / "strange.json").write_text("{}")
    with pytest.raises(AgilError):
        gc(a)
    assert len(in_bucket(bucket)) == 1


def test_a_manifest_that_cannot_be_read_stops_it(clone: Make, bucket: Path) -> None:
    a, b = clone("a"), clone("b")
    part = add(b, b"weights", told=False)
    whole = add(b, json.dumps({"model": part}).encode(), role="checkpoint")
    b.sync()
    path = next(bucket.glob(f"blobs/*/{whole}"))
    path.chmod(0o600)
    path.write_bytes(b"rubbish")
    for _ in range(2):
        pass_time(bucket, 8)
        with pytest.raises(AgilError, match="manifest"):
            gc(a)
    assert part in in_bucket(bucket)


def test_a_data_set_whose_manifest_nobody_has_stops_it(clone: Make, bucket: Path) -> None:
    a = clone("a")
    stray(a, b"perhaps a part of it")
    with Ledger.open(a.ledger) as ledger:
        ledger.record(DatasetAdded("digits", "dev", "ab" * 32, 1, 7, "here", "ada"))
    for _ in range(2):
        pass_time(bucket, 8)
        with pytest.raises(AgilError, match="manifest"):
            gc(a)
    assert len(in_bucket(bucket)) == 1


def test_the_moment_is_told_by_the_bucket_and_not_by_the_clock_of_a_laptop(
    clone: Make, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = clone("a")
    stray(a, b"unused")
    pass_time(bucket, 1)
    gc(a)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 365 * DAY)
    assert gc(a).deleted == []


def test_objects_with_other_names_are_left_alone(clone: Make, bucket: Path) -> None:
    a = clone("a")
    stray(a, b"unused")
    strange = bucket / "blobs" / "zz" / ("0" * 64)
    strange.parent.mkdir(parents=True)
    strange.write_text("?")
    for days in (1, 8, 8):
        pass_time(bucket, days)
        gc(a)
    assert in_bucket(bucket) == {"0" * 64}


def test_a_blob_that_is_gone_when_its_old_fact_is_sent_is_named(clone: Make, bucket: Path) -> None:
    a = clone("a")
    sha256 = add(a, b"sent long ago, from elsewhere")
    Blobs(a.project.state / "blobs").remove(sha256)
    assert a.sync().problems == [], "a recent fact is not asked about"
    b = clone("b")
    with sample_clock(time.time() - 30 * DAY):
        sha256 = add(b, b"sent long ago, from elsewhere")
    Blobs(b.project.state / "blobs").remove(sha256)
    problems = b.sync().problems
    assert [problem.key for problem in problems] == [f"blobs/{sha256[:2]}/{sha256}"]


def test_a_ledger_restored_from_a_backup_learns_what_it_had_sent_before_anything_is_marked(
    clone: Make, bucket: Path
) -> None:
    a = clone("a")
    a.sweep("before the backup")
    a.sync()
    backup = a.ledger.read_bytes()
    add(a, b"named after the backup only")
    a.sync()
    a.sync()
    # The database alone is restored; what was seen in the remote is newer.
    a.ledger.write_bytes(backup)
    assert gc(a).marked == []
