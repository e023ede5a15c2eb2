"""A folder as a remote: what is particular to files."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agilml.store.base import Remote
from agilml.store.digests import sha256_of
from agilml.store.errors import Exists, RemoteRefused, RemoteUnavailable
from agilml.store.file import FileRemote
from agilml.store.opening import open_remote
from agilml.store.retry import Retry
from agilml.testing.remotes import keys, put

WRITER = """
import os, sys
from agilml.store.opening import open_remote
from agilml.store.digests import sha256_of
remote = open_remote(sys.argv[1])
print("ready", flush=True)
for n in range(10**6):
    body = os.urandom(50_000)
    remote.put_new(f"ledger/{n:06}", body, sha256_of(body))
    print(n, flush=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def remote(root: Path) -> Remote:
    return open_remote(f"file://{root}")


def test_objects_are_plain_files_that_anybody_can_read(remote: Remote, root: Path) -> None:
    put(remote, "ledger/ada/1", b"plain")
    assert (root / "ledger/ada/1").read_bytes() == b"plain"


def test_files_that_others_put_there_are_objects_too(remote: Remote, root: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "x.csv").write_text("a,b\n")
    assert remote.get("data/x.csv") == b"a,b\n"
    entry = remote.stat("data/x.csv")
    assert entry is not None
    assert entry.sha256 is None


def test_a_folder_that_is_not_there_is_no_empty_remote(tmp_path: Path) -> None:
    remote = open_remote(f"file://{tmp_path / 'unmounted'}")
    for ask in (lambda: put(remote, "a", b"1"), lambda: keys(remote), lambda: remote.stat("a")):
        with pytest.raises(RemoteRefused, match="not there"):
            ask()
    assert not (tmp_path / "unmounted").exists()


def test_a_killed_writer_leaves_whole_objects_and_nothing_listed_besides(root: Path) -> None:
    address = f"file://{root}"
    for _ in range(3):
        code = WRITER.replace("ledger/", f"ledger/{time.monotonic_ns()}/")
        writer = subprocess.Popen(
            [sys.executable, "-c", code, address],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(4)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.readlines()
        writer.wait()
        writer.stdout.close()
        remote = open_remote(address)
        found = [entry.key for entry in remote.list("ledger/")][-len(acknowledged) :]
        assert len(found) >= len(acknowledged) - 1
        assert all(len(remote.get(key)) == 50_000 for key in found)


def test_what_killed_writers_left_is_removed_a_day_later(remote: Remote, root: Path) -> None:
    put(remote, "a", b"1")
    old, young = (root / ".agil/partial" / name for name in (".agil-1.part", ".agil-2.part"))
    for path in (old, young):
        path.write_bytes(b"half")
    yesterday = time.time() - 90_000
    os.utime(old, (yesterday, yesterday))
    put(open_remote(f"file://{root}"), "b", b"1")
    assert not old.exists()
    assert young.exists()
    assert keys(remote) == ["a", "b"]


def test_announcements_of_replaced_bytes_are_dropped_when_they_are_old(
    remote: Remote, root: Path
) -> None:
    for n in range(5):
        remote.put("heads/ada.json", b"%d" % n, sha256_of(b"%d" % n))
    announced = [path for path in (root / ".agil/sums").rglob("*") if path.is_file()]
    assert len(announced) == 5
    for path in announced:
        os.utime(path, (1, 1))
    remote.put("heads/ada.json", b"last", sha256_of(b"last"))
    assert remote.get("heads/ada.json") == b"last"
    assert len([path for path in (root / ".agil/sums").rglob("*") if path.is_file()]) == 1
    remote.delete("heads/ada.json")
    assert not [path for path in (root / ".agil/sums").rglob("*") if path.is_file()]


def test_new_folders_and_files_are_shared_as_the_folder_is(root: Path) -> None:
    for mode, expected in ((0o2770, (0o2770, 0o660)), (0o700, (0o700, 0o600))):
        root.chmod(mode)
        put(open_remote(f"file://{root}"), f"x{mode}/a/b", b"1")
        folder, file = root / f"x{mode}", root / f"x{mode}/a/b"
        assert (folder.stat().st_mode & 0o7777, file.stat().st_mode & 0o7777) == expected


def test_links_lead_nowhere(remote: Remote, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (root / "way").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    for ask in (
        lambda: remote.get("way/secret"),
        lambda: remote.get("file"),
        lambda: put(remote, "way/new", b"1"),
        lambda: remote.delete("way/secret"),
        lambda: remote.stat("way/secret"),
    ):
        with pytest.raises(RemoteRefused):
            ask()
    assert keys(remote) == []
    with pytest.raises(Exists):
        put(remote, "file", b"1")
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "secret"


def test_names_that_no_key_spells_are_left_out_and_told(remote: Remote, root: Path) -> None:
    put(remote, "a", b"1")
    for name in (b"new\nline", b"back\\slash", b"\xff\xfe"):
        (root / os.fsdecode(name)).write_text("x")
    os.mkfifo(root / "pipe")
    assert keys(remote) == ["a"]
    assert len(remote.skipped) == 3


def test_a_folder_where_an_object_should_be_is_told(remote: Remote) -> None:
    put(remote, "a/b", b"1")
    put(remote, "c", b"1")
    for write in (remote.put_new, remote.put):
        for key in ("a", "c/d", "c/d/e"):
            with pytest.raises(RemoteRefused, match="a folder and a file at once"):
                write(key, b"1", sha256_of(b"1"))
    assert remote.stat("a") is None
    assert keys(remote) == ["a/b", "c"]


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ESTALE, RemoteUnavailable),
        (errno.EIO, RemoteUnavailable),
        (errno.ENOSPC, RemoteRefused),
        (errno.EACCES, RemoteRefused),
        (errno.EOPNOTSUPP, RemoteRefused),
    ],
)
def test_an_error_of_the_file_system_is_told_in_its_meaning(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    slept: list[float] = []
    remote = FileRemote(f"file://{root}", root, Retry(tries=3, sleep=slept.append))

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", fail)
    with pytest.raises(error):
        put(remote, "a", b"1")
    assert len(slept) == (2 if error is RemoteUnavailable else 0)
    monkeypatch.undo()
    assert keys(remote) == []
    put(remote, "a", b"1")


def test_a_lost_answer_of_a_network_file_system_is_resolved(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def repeated(source: str, target: str) -> None:
        link(source, target)
        link(source, target)  # the client asks again because the answer was lost

    monkeypatch.setattr(os, "link", repeated)
    put(remote, "a", b"1")
    assert remote.get("a") == b"1"
