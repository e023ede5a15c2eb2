from __future__ import annotations

import os
from pathlib import Path

import pytest

from agilml.store.base import Remote
from agilml.store.blobs import Blobs, blob_key
from agilml.store.digests import sha256_of
from agilml.store.errors import DamagedObject, Missing
from agilml.store.opening import open_remote


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "project" / ".agil" / "blobs")


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    (tmp_path / "share").mkdir()
    return open_remote(f"file://{tmp_path / 'share'}")


def test_a_blob_is_named_by_its_bytes_and_read_only(blobs: Blobs, tmp_path: Path) -> None:
    source = tmp_path / "checkpoint"
    source.write_bytes(b"weights")
    digest = blobs.add(source)
    assert digest == sha256_of(b"weights") == blobs.add(b"weights")
    assert blobs.path(digest) == blobs.root / digest[:2] / digest
    assert blobs.path(digest).stat().st_mode & 0o777 == 0o400
    assert blobs.root.stat().st_mode & 0o777 == 0o700
    with blobs.open(digest) as file:
        assert file.read() == b"weights"
    assert list(blobs) == [digest]
    source.write_bytes(b"changed")
    blobs.verify(digest)


def test_nothing_but_blobs_is_left_in_the_folder(blobs: Blobs) -> None:
    digests = sorted(blobs.add(bytes([n])) for n in range(20))
    assert list(blobs) == digests
    assert len([path for path in blobs.root.rglob("*") if path.is_file()]) == 20


def test_damage_is_found(blobs: Blobs) -> None:
    digest = blobs.add(b"weights")
    blobs.path(digest).chmod(0o600)
    blobs.path(digest).write_bytes(b"weightz")
    with pytest.raises(DamagedObject):
        blobs.verify(digest)


def test_damaged_bytes_are_not_sent(blobs: Blobs, remote: Remote) -> None:
    for size in (10, 1 << 20):
        digest = blobs.add(os.urandom(size))
        blobs.path(digest).chmod(0o600)
        blobs.path(digest).write_bytes(b"x" * size)
        with pytest.raises(DamagedObject):
            blobs.push(remote, digest)
    assert not list(remote.list(""))


@pytest.mark.parametrize("size", [0, 10, 1 << 20])
def test_a_blob_goes_out_once_and_comes_back(blobs: Blobs, remote: Remote, size: int) -> None:
    digest = blobs.add(os.urandom(size))
    assert blobs.push(remote, digest) is True
    assert blobs.push(remote, digest) is False
    blobs.remove(digest)
    blobs.remove(digest)
    assert not blobs.has(digest)
    told: list[int] = []
    assert blobs.fetch(remote, digest, told.append) == blobs.path(digest)
    assert blobs.path(digest).stat().st_mode & 0o777 == 0o400
    blobs.verify(digest)
    asked = remote.requests
    blobs.fetch(remote, digest)
    assert remote.requests == asked


def test_a_hurt_blob_is_not_kept(blobs: Blobs, remote: Remote, tmp_path: Path) -> None:
    digest = sha256_of(b"these")
    remote.put(blob_key(digest), b"others", sha256_of(b"others"))
    with pytest.raises(DamagedObject):
        blobs.fetch(remote, digest)
    assert not blobs.has(digest)
    assert not [path for path in blobs.root.rglob("*") if path.is_file()]


def test_what_is_missing_is_said_to_be_missing(blobs: Blobs, remote: Remote) -> None:
    digest = "0" * 64
    for ask in (blobs.open, blobs.verify, lambda d: blobs.push(remote, d)):
        with pytest.raises(Missing):
            ask(digest)
    with pytest.raises(Missing):
        blobs.fetch(remote, digest)
    assert list(blobs) == []


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"]
)
def test_what_is_no_digest_never_becomes_a_path(blobs: Blobs, name: str) -> None:
    for ask in (blobs.path, blobs.has, blobs.open, blobs.remove, blob_key):
        with pytest.raises(ValueError, match="64 hexadecimal"):
            ask(name)
