"""The one seam between AgilML and the places where its bytes meet: a :class:`Remote`.

A remote holds *objects*: bytes under a key. Keys are relative POSIX paths (:mod:`agilml.store.keys`).
What every remote promises, and ``agilml.testing.remotes.RemoteContract`` tests:

- an object is there whole or not at all, under every failure of the writer or of the network;
- of many writers of one new key exactly one wins, and the others learn it;
- bytes that are not the ones recorded when they were written are refused, not returned;
- a temporary failure is retried within bounds; what remains is a :class:`RemoteUnavailable`.

All methods may be called from several threads.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

from agilml.store.digests import is_sha256, sha256_of
from agilml.store.errors import DamagedObject, Exists
from agilml.store.keys import check_key, check_prefix
from agilml.store.partial import Partial, partial
from agilml.store.retry import Retry, Temporary

Progress = Callable[[int], None]
"""Called with the number of bytes that have arrived so far; it falls when a transfer starts again."""


class Entry(NamedTuple):
    """An object, without its bytes.

    Attributes:
        key: its key.
        size: bytes.
        modified: seconds since the epoch, by the remote's clock.
        version: S3's VersionId, where the bucket keeps versions and :meth:`Remote.stat` was asked.
        tag: differs whenever the object was written again with other bytes.
        sha256: the digest recorded with it, where there is one and :meth:`Remote.stat` was asked.
    """

    key: str
    size: int
    modified: float
    version: str | None = None
    tag: str = ""
    sha256: str | None = None


class Remote(ABC):
    """A place of objects.

    Args:
        address: ``file://``, ``s3://`` or ``ssh://`` and where.
        retry: how temporary failures are met.

    Attributes:
        requests: requests made so far; for files and ssh: operations.
        skipped: names that listings left out because no safe key spells them; the first thousand.
    """

    READS: ClassVar[int] = 5
    """Reads of bytes that are not the recorded ones, unless two of them agree.

    Damage on the disk is the same in every read; damage on the way is not.
    """

    def __init__(self, address: str, retry: Retry | None = None) -> None:
        self.address = address
        self.retry = retry or Retry()
        self.requests = 0
        self.skipped: list[str] = []
        self._counting = threading.Lock()

    def put_new(self, key: str, body: bytes | Path, sha256: str) -> None:
        """Make a new object; it is durable and whole when this returns.

        An answer that was lost on the way is resolved by what the remote then holds: the same digest
        means that it was this call.

        Raises:
            Exists: the key is taken; what is there was not touched.
            DamagedObject: ``body`` does not have this sha256; nothing was written.
            UnsafeKey, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
        """
        check_key(key)
        self._check_body(key, body, sha256)
        unsure = False

        def once() -> None:
            nonlocal unsure
            try:
                self._write(key, body, sha256, new=True)
            except Exists:
                if not (unsure and self._holds(key, sha256)):
                    raise
            except Temporary as error:
                unsure = unsure or error.ambiguous
                raise

        self.retry.run(once)

    def put(self, key: str, body: bytes | Path, sha256: str) -> None:
        """Make an object or replace it as a whole; readers see the old or the new one.

        Raises:
            DamagedObject: ``body`` does not have this sha256; nothing was written.
            UnsafeKey, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
        """
        check_key(key)
        self._check_body(key, body, sha256)
        self.retry.run(lambda: self._write(key, body, sha256, new=False))

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> bytes:
        """Return an object's bytes, or ``length`` of them from ``start``, cut at the object's end.

        A whole object is verified against the digest recorded with it, if there is one; a part is
        not.

        Raises:
            Missing: the key is not there.
            DamagedObject: the bytes are not the recorded ones.
            UnsafeKey, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
        """
        check_key(key)
        if start < 0 or (length is not None and length < 0):
            raise ValueError("start and length count bytes from the beginning")
        if start or length is not None:
            return self.retry.run(lambda: self._read_part(key, start, length))
        wrong: set[str] = set()
        for _ in range(self.READS):
            body, recorded = self.retry.run(lambda: self._read(key))
            if not recorded or (found := sha256_of(body)) in recorded:
                return body
            if found in wrong:
                break
            wrong.add(found)
        raise DamagedObject(key, self.address, "its bytes do not have the recorded sha256")

    def get_file(
        self,
        key: str,
        to: Path,
        sha256: str | None = None,
        progress: Progress | None = None,
        *,
        mode: int = 0o600,
    ) -> None:
        """Write an object's bytes to a file, which is there whole and verified or not at all.

        Args:
            key: the object.
            to: the file; its folder must exist; a file of that name is replaced.
            sha256: the digest that the bytes must have; by default the one recorded with them.
            progress: told how many bytes have arrived.
            mode: permissions of the file.

        Raises:
            Missing: the key is not there.
            DamagedObject: the bytes are not the expected ones.
            UnsafeKey, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
        """
        check_key(key)
        wrong: set[str] = set()
        for _ in range(self.READS):
            with partial(to.parent) as file:
                recorded = self._fill(key, file, progress or _unheard)
                wanted = frozenset([sha256]) if sha256 else recorded
                if not wanted or (found := file.sha256()) in wanted:
                    file.publish(to, mode=mode)
                    return
            if found in wrong:
                break
            wrong.add(found)
        raise DamagedObject(key, self.address, "its bytes do not have the expected sha256")

    def stat(self, key: str) -> Entry | None:
        """Return what is known of an object without reading it; None if it is not there.

        Raises:
            UnsafeKey, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
        """
        check_key(key)
        return self.retry.run(lambda: self._stat(key))

    def list(self, prefix: str, *, after: str = "") -> Iterator[Entry]:
        """Yield the objects whose key begins with ``prefix``, in the order of their keys.

        Args:
            prefix: beginning of the keys; empty for all.
            after: only keys behind this one.

        Raises:
            UnsafeKey, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
        """
        check_prefix(prefix)
        return self._list(prefix, after)

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is fine.

        Raises:
            UnsafeKey, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
        """
        check_key(key)
        self.retry.run(lambda: self._delete(key))

    def close(self) -> None:  # noqa: B027  most have nothing to let go of
        """Let go of connections; the next call makes new ones."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def _write(self, key: str, body: bytes | Path, sha256: str, *, new: bool) -> None:
        """Write once; raise Exists if ``new`` and the key is taken, Temporary to be called again."""

    @abstractmethod
    def _read(self, key: str) -> tuple[bytes, frozenset[str]]:
        """Return all bytes, and the digests they may have (none: nothing was recorded)."""

    @abstractmethod
    def _read_part(self, key: str, start: int, length: int | None) -> bytes:
        """Return the bytes from ``start``, at most ``length``."""

    @abstractmethod
    def _fill(self, key: str, file: Partial, progress: Progress) -> frozenset[str]:
        """Write all bytes to ``file``, retrying by itself; return the digests they may have."""

    @abstractmethod
    def _stat(self, key: str) -> Entry | None:
        """Return the object without its bytes."""

    @abstractmethod
    def _list(self, prefix: str, after: str) -> Iterator[Entry]:
        """Yield entries in order, retrying by itself."""

    @abstractmethod
    def _delete(self, key: str) -> None:
        """Remove the object, if it is there."""

    def _count(self) -> None:
        with self._counting:
            self.requests += 1

    def _skip(self, name: str) -> None:
        if len(self.skipped) < 1000:
            self.skipped.append(name)

    def _check_body(self, key: str, body: bytes | Path, sha256: str) -> None:
        """Return if ``body`` can have this digest; a file's is checked again as it is read."""
        if not is_sha256(sha256):
            raise ValueError("a sha256 is 64 hexadecimal digits in lower case")
        if isinstance(body, bytes) and sha256_of(body) != sha256:
            raise not_as_told(key, self.address)

    def _holds(self, key: str, sha256: str) -> bool:
        """Return whether the remote's object has this digest."""
        entry = self._stat(key)
        if entry is None:
            return False
        if entry.sha256 is not None:
            return entry.sha256 == sha256
        return sha256_of(self._read(key)[0]) == sha256


def not_as_told(key: str, where: str) -> DamagedObject:
    """Return the error for bytes to send that do not have the digest they were announced with."""
    return DamagedObject(key, where, "the bytes to send changed after they were digested")


def _unheard(_arrived: int) -> None:
    """Tell nobody."""
