"""What every remote must do, as a class of tests that any backend can be put to.

A backend's tests derive from :class:`RemoteContract` and give a fixture ``place``; pytest does the rest.
"""

# ruff: noqa: D102  the name of a test says the behaviour

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pytest

from agilml.store.base import Remote
from agilml.store.digests import sha256_of
from agilml.store.errors import DamagedObject, Exists, Missing, UnsafeKey

RACERS = 8
LAPS = 5
BIG_BYTES = (33 << 20) + 7
"""More than two parts of a transfer in parts."""

MANY = 1_005
"""More objects than S3 tells of at once."""

HOSTILE_KEYS = (
    *(
        "",
        "/",
        "/etc/passwd",
        "..",
        "../up",
        "a/../../up",
        "a/..",
        "./a",
        "a/./b",
        "a//b",
        "a/",
        ".",
    ),
    *("a\\b", "a\x00b", "a\nb", "a\x7fb", "a\x9bb", "a\u2028b", "a\udc80b", "\r", "x" * 256),
    *("/".join(["y" * 200] * 6), ".agil", ".agil/sums/a", ".AGIL/partial/a"),
)
"""Names that must not become a key."""

ODD_KEYS = (
    *("a b", " a", "a ", "-rf", "--", "-n/-e", "~", "~root/a", "$HOME", "$(touch pwned)", "`id`"),
    *("a;id", "a|id", "a&id", "a>b", "*", "?", "[a]", "{a,b}", "!!", "#a", "a'b", 'a"b', "a%00b"),
    *("%2e%2e", "a+b", "a=b", "a?b#c", "a:b", "@a", "ünï/日本", "😀", "...", ".hidden/..x", "CON"),
)
"""Names that mean something elsewhere and nothing here."""


class Place(Protocol):
    """Where a backend keeps its objects, seen from behind."""

    def open(self) -> Remote:
        """Return a new remote at this place."""
        ...

    def damage(self, key: str) -> None:
        """Change one byte of an object and nothing else, past the remote."""
        ...


def put(remote: Remote, key: str, body: bytes) -> None:
    """Make a new object of these bytes."""
    remote.put_new(key, body, sha256_of(body))


def keys(remote: Remote, prefix: str = "", after: str = "") -> list[str]:
    """Return the keys that the remote lists."""
    return [entry.key for entry in remote.list(prefix, after=after)]


class RemoteContract:
    """Tests of one backend; derive, and give a fixture ``place``."""

    def test_what_was_put_is_read_listed_and_known(self, place: Place) -> None:
        with place.open() as remote:
            put(remote, "ledger/ada/000000000001.jsonl.zst", b"one")
            with place.open() as other:
                assert other.get("ledger/ada/000000000001.jsonl.zst") == b"one"
                entry = other.stat("ledger/ada/000000000001.jsonl.zst")
                (listed,) = other.list("")
        assert entry is not None
        assert (entry.key, entry.size, entry.sha256) == (listed.key, 3, sha256_of(b"one"))
        assert (listed.size, listed.tag) == (3, entry.tag)
        assert abs(listed.modified - entry.modified) < 1

    def test_a_key_that_is_taken_stays_as_it_is(self, place: Place) -> None:
        with place.open() as remote:
            put(remote, "a", b"first")
            for body in (b"second", b"first"):
                with pytest.raises(Exists):
                    put(remote, "a", body)
            assert remote.get("a") == b"first"

    def test_of_racing_writers_one_wins_and_the_others_learn_it(self, place: Place) -> None:
        names = [f"race/{lap}" for lap in range(LAPS)]
        won = race(place, names)
        with place.open() as remote:
            for name in names:
                assert won[name] == [remote.get(name)]

    def test_putting_again_replaces_the_whole(self, place: Place) -> None:
        with place.open() as remote:
            tags = set()
            for body in (b"first", b"", b"the third is longer"):
                remote.put("heads/ada.json", body, sha256_of(body))
                assert remote.get("heads/ada.json") == body
                tags.add(next(remote.list("heads/")).tag)
            assert len(tags) == 3

    def test_a_reader_beside_a_writer_sees_one_of_both_and_no_damage(self, place: Place) -> None:
        bodies = [b"a" * 1000, b"b" * 3000]
        seen = set()
        with place.open() as writer, place.open() as reader, ThreadPoolExecutor(1) as pool:
            put(writer, "a", bodies[0])

            def write() -> None:
                for body in bodies * 8:
                    writer.put("a", body, sha256_of(body))

            writing = pool.submit(write)
            while not writing.done():
                seen.add(reader.get("a"))
            writing.result()
        assert seen <= set(bodies)

    def test_what_is_missing_is_said_to_be_missing(self, place: Place, tmp_path: Path) -> None:
        with place.open() as remote:
            assert remote.stat("a/b") is None
            assert keys(remote) == keys(remote, "a/") == []
            for read in (remote.get, lambda key: remote.get(key, start=1)):
                with pytest.raises(Missing):
                    read("a/b")
            with pytest.raises(Missing):
                remote.get("a/b", length=0)
            with pytest.raises(Missing):
                remote.get_file("a/b", tmp_path / "b")
        assert not list(tmp_path.iterdir())

    def test_deleting_twice_is_fine(self, place: Place) -> None:
        with place.open() as remote:
            put(remote, "a/b", b"1")
            put(remote, "a/c", b"2")
            remote.delete("a/b")
            remote.delete("a/b")
            remote.delete("never")
            assert keys(remote) == ["a/c"]
            put(remote, "a/b", b"other")
            assert remote.get("a/b") == b"other"

    def test_a_part_is_what_a_slice_would_be(self, place: Place) -> None:
        body = bytes(range(256))
        with place.open() as remote:
            put(remote, "a", body)
            for start, length in ((0, 0), (0, 5), (3, 7), (250, 20), (256, 5), (300, 1), (5, 0)):
                assert remote.get("a", start=start, length=length) == body[start : start + length]
            assert remote.get("a", start=100) == body[100:]
            assert remote.get("a", start=999) == b""

    def test_nothing_is_something(self, place: Place, tmp_path: Path) -> None:
        with place.open() as remote:
            put(remote, "empty", b"")
            remote.get_file("empty", tmp_path / "empty")
            assert remote.get("empty") == (tmp_path / "empty").read_bytes() == b""
            with pytest.raises(Exists):
                put(remote, "empty", b"")

    def test_keys_are_listed_in_the_order_of_their_bytes(self, place: Place) -> None:
        names = ["a-b", "a.b/c", "a/b", "a/c/d", "a/c0", "a0", "b/a", "é", "日本/x", "😀"]
        with place.open() as remote:
            for name in reversed(names):
                put(remote, name, b"1")
            assert keys(remote) == sorted(names, key=str.encode) == names
            assert keys(remote, "a/") == ["a/b", "a/c/d", "a/c0"]
            assert keys(remote, "a/c") == ["a/c/d", "a/c0"]
            assert keys(remote, "a/c/") == ["a/c/d"]
            for after in (*names, "a/", "a/c", "a/c/e", "0", "zz", "\U0010ffff"):
                assert keys(remote, after=after) == [name for name in names if name > after]
            assert keys(remote, "a/", after="a/b") == ["a/c/d", "a/c0"]
            assert keys(remote, "b", after="c") == keys(remote, "zz") == []

    def test_numbered_names_of_one_folder_are_listed_behind_any_of_them(self, place: Place) -> None:
        names = [f"ledger/ada/{n:012}.jsonl.zst" for n in (1, 2, 10, 99, 100)]
        with place.open() as remote:
            for name in (*reversed(names), "ledger/bob/000000000001.jsonl.zst", "heads/ada.json"):
                put(remote, name, b"1")
            assert keys(remote, "ledger/ada/") == names
            for n, name in enumerate(names, start=1):
                assert keys(remote, "ledger/ada/", after=name) == names[n:]

    @pytest.mark.slow
    def test_listings_have_no_end_in_the_middle(self, place: Place) -> None:
        names = [f"many/{n:05}" for n in range(MANY)]
        with place.open() as remote, ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: put(remote, name, b""), names))
            assert keys(remote, "many/") == names
            assert keys(remote, after=names[700]) == names[701:]

    def test_damage_is_found_and_not_returned(self, place: Place, tmp_path: Path) -> None:
        target = tmp_path / "there"
        target.write_bytes(b"what was there before")
        body = b"some bytes that will be hurt"
        with place.open() as remote:
            for key in ("ledger/ada/1", f"blobs/{sha256_of(body)[:2]}/{sha256_of(body)}"):
                put(remote, key, body)
                place.damage(key)
                with pytest.raises(DamagedObject):
                    remote.get(key)
                with pytest.raises(DamagedObject):
                    remote.get_file(key, target)
                with pytest.raises(DamagedObject):
                    remote.get_file(key, target, sha256_of(body))
        assert target.read_bytes() == b"what was there before"
        assert list(tmp_path.iterdir()) == [target]

    def test_the_digest_that_was_asked_for_is_the_one_that_counts(
        self, place: Place, tmp_path: Path
    ) -> None:
        with place.open() as remote:
            put(remote, "a", b"1")
            with pytest.raises(DamagedObject):
                remote.get_file("a", tmp_path / "a", sha256_of(b"2"))
            remote.get_file("a", tmp_path / "a", sha256_of(b"1"), mode=0o400)
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o400

    def test_bytes_that_are_not_the_announced_ones_are_not_sent(
        self, place: Place, tmp_path: Path
    ) -> None:
        path = tmp_path / "changed"
        path.write_bytes(b"changed after it was digested")
        with place.open() as remote:
            for body in (b"other bytes", path):
                for write in (remote.put_new, remote.put):
                    with pytest.raises(DamagedObject):
                        write("a", body, sha256_of(b"these"))
            assert keys(remote) == []
            for digest in ("", "0", "G" * 64, "A" * 64):
                with pytest.raises(ValueError, match="64 hexadecimal"):
                    remote.put("a", b"", digest)

    @pytest.mark.slow
    def test_a_big_file_goes_and_comes_back_in_parts(self, place: Place, tmp_path: Path) -> None:
        path, back = tmp_path / "big", tmp_path / "back"
        path.write_bytes(os.urandom(BIG_BYTES))
        digest = sha256_of(path)
        told: list[int] = []
        with place.open() as remote:
            remote.put_new("big/file", path, digest)
            with pytest.raises(Exists):
                remote.put_new("big/file", path, digest)
            remote.get_file("big/file", back, progress=told.append)
            entry = remote.stat("big/file")
            remote.put("big/file", path, digest)
            assert remote.get("big/file", start=BIG_BYTES - 3) == path.read_bytes()[-3:]
            with path.open("r+b") as file:
                file.write(b"changed")
            with pytest.raises(DamagedObject):
                remote.put_new("big/other", path, digest)
            assert keys(remote) == ["big/file"]
        assert sha256_of(back) == digest
        assert entry is not None
        assert (entry.size, entry.sha256) == (BIG_BYTES, digest)
        assert told == sorted(told)
        assert told[-1] == BIG_BYTES

    def test_names_that_could_become_paths_are_refused_everywhere(
        self, place: Place, tmp_path: Path
    ) -> None:
        with place.open() as remote:
            for key in HOSTILE_KEYS:
                calls: list[Callable[[], object]] = [
                    lambda key=key: put(remote, key, b"1"),  # type: ignore[misc]
                    lambda key=key: remote.put(key, b"1", sha256_of(b"1")),  # type: ignore[misc]
                    lambda key=key: remote.get(key),  # type: ignore[misc]
                    lambda key=key: remote.get_file(key, tmp_path / "x"),  # type: ignore[misc]
                    lambda key=key: remote.stat(key),  # type: ignore[misc]
                    lambda key=key: remote.delete(key),  # type: ignore[misc]
                ]
                for call in calls:
                    with pytest.raises(UnsafeKey):
                        call()
            assert remote.requests == 0
        assert not list(tmp_path.iterdir())

    def test_names_that_mean_something_elsewhere_are_names(self, place: Place) -> None:
        with place.open() as remote:
            for key in ODD_KEYS:
                put(remote, f"odd/{key}/x", key.encode())
            for key in ODD_KEYS:
                assert remote.get(f"odd/{key}/x") == key.encode()
                assert keys(remote, f"odd/{key}/") == [f"odd/{key}/x"]
            assert keys(remote) == sorted(f"odd/{key}/x" for key in ODD_KEYS)
            for key in ODD_KEYS:
                remote.delete(f"odd/{key}/x")
            assert keys(remote) == []

    def test_one_remote_serves_many_threads(self, place: Place) -> None:
        with place.open() as remote, ThreadPoolExecutor(RACERS) as pool:

            def work(n: int) -> bool:
                body = os.urandom(n * 100)
                put(remote, f"thread/{n}", body)
                return remote.get(f"thread/{n}") == body

            assert all(pool.map(work, range(4 * RACERS)))
            assert remote.requests >= 8 * RACERS


def race(place: Place, names: Sequence[str]) -> dict[str, list[bytes]]:
    """Return, by name, the bodies whose writers were told that they made the object, of eight at once."""
    start = threading.Barrier(RACERS)
    won: dict[str, list[bytes]] = {name: [] for name in names}

    def write(number: int) -> None:
        with place.open() as remote:
            remote.stat("warm")  # what a first request costs would decide the race
            for name in names:
                body = f"{name} by {number}".encode() * (number + 1)
                start.wait()
                try:
                    put(remote, name, body)
                except Exists:
                    continue
                won[name].append(body)

    with ThreadPoolExecutor(RACERS) as pool:
        for done in [pool.submit(write, number) for number in range(RACERS)]:
            done.result()
    return won
