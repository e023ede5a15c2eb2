"""Disk images that a power cut may leave of a sweep typed on the real command line."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from bench.faults import powercut, preload
from bench.faults.images import Image, Operation, images, load
from bench.faults.planted import SYNC_NORMAL, plant
from tests.faults.budget import runs

needs_a_compiler = pytest.mark.skipif(bool(preload.missing()), reason=preload.missing())


@needs_a_compiler
@pytest.mark.slow
def test_a_power_cut_takes_back_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    found = powercut.measure(tmp_path, seed=1, count=runs(200))
    assert found.violations == [], found.line()
    assert int(found.figures["claims"]) > 20


@needs_a_compiler
@pytest.mark.slow
def test_commits_that_are_not_synced_lose_acknowledged_facts(tmp_path: Path) -> None:
    normal = plant(tmp_path / "planted", *SYNC_NORMAL)
    found = powercut.measure(tmp_path, 1, 200, normal)
    assert int(found.figures["images with a loss"]) > 0
    assert not [line for line in found.violations if "integrity" in line]


def cut(operations: list[Operation], count: int = 400) -> list[Image]:
    """Return images of cuts behind the last operation."""
    return list(images(operations, count, random.Random(3), first=len(operations)))


def write(offset: int, data: bytes, name: str = "ledger.db") -> Operation:
    return Operation("W", name, offset, data)


SYNC = Operation("S", "ledger.db", 0, b"")


def test_what_was_synced_is_in_every_image() -> None:
    found = cut([write(0, b"a" * 2048), SYNC, write(2048, b"b" * 512)])
    assert all(image.files["ledger.db"].startswith(b"a" * 2048) for image in found)
    assert {2048, 2560} == {len(image.files["ledger.db"]) for image in found}


def test_what_was_not_synced_may_be_torn_between_sectors() -> None:
    contents = {image.files["ledger.db"] for image in cut([write(0, b"a" * 512 + b"b" * 512)])}
    whole, first, second = b"a" * 512 + b"b" * 512, b"a" * 512, bytes(512) + b"b" * 512
    assert {b"", whole, first, second} == contents


def test_later_writes_may_reach_the_disk_before_earlier_ones() -> None:
    contents = {image.files["ledger.db"] for image in cut([write(0, b"a"), write(1, b"b")])}
    assert b"\0b" in contents


def test_a_removed_file_may_come_back_until_the_next_sync() -> None:
    removed = [write(0, b"a"), SYNC, Operation("U", "ledger.db", 0, b"")]
    assert {None, b"a", b""} >= {image.files.get("ledger.db") for image in cut(removed)}
    assert b"a" in {image.files.get("ledger.db") for image in cut(removed)}
    other = [*removed, write(0, b"b", "wal"), Operation("S", "wal", 0, b"")]
    assert b"a" not in {image.files.get("ledger.db") for image in cut(other)}


def test_shared_memory_is_always_lost() -> None:
    found = cut([write(0, b"a", "ledger.db-shm"), Operation("S", "ledger.db-shm", 0, b"")])
    assert all(image.files == {} for image in found)


def test_acknowledgements_count_up_to_the_cut() -> None:
    ack = Operation("A", "said", 0, b"x\n")
    found = list(images([ack, write(0, b"a"), ack], 50, random.Random(1)))
    assert {1, 2} == {image.acknowledged for image in found}


def test_a_record_of_the_preloaded_library_is_read_back(tmp_path: Path) -> None:
    name = b"/somewhere/ledger.db"
    log = tmp_path / "log"
    log.write_bytes(b"W" + struct.pack("<H", len(name)) + name + struct.pack("<QQ", 7, 3) + b"abc")
    assert [Operation("W", "ledger.db", 7, b"abc")] == load(log)
