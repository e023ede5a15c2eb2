"""A remote that is a folder on another host, reached with OpenSSH's own client.

The far side needs a POSIX shell, coreutils and find; nothing is installed there. Host keys must be
known beforehand; keys, jump hosts and ports come from the user's own ssh configuration.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agilml.store.base import Entry, Progress, Remote, not_as_told
from agilml.store.digests import is_sha256, sha256_of
from agilml.store.errors import Exists, Missing, RemoteRefused
from agilml.store.file import file_entry
from agilml.store.keys import is_key
from agilml.store.partial import Partial
from agilml.store.retry import Retry, Temporary
from agilml.store.ssh_program import word
from agilml.store.ssh_session import Session, ssh_command
from agilml.text import safe_text

IDLE = 4
"""Connections that are kept for the next call."""


class SshRemote(Remote):
    """Objects as files below a folder of another host, in the layout of a folder remote.

    Args:
        address: ``ssh://user@host:port/folder``.
        host: the host, or its name in the ssh configuration.
        user: login name; None for the one of the ssh configuration.
        port: likewise.
        folder: absolute path there; it must exist.
        config: file for ``ssh -F``, instead of the user's.
        retry: how temporary failures are met.
    """

    def __init__(
        self,
        address: str,
        host: str,
        user: str | None,
        port: int | None,
        folder: str,
        config: str | None = None,
        retry: Retry | None = None,
    ):
        super().__init__(address, retry)
        self._where = (host, user, port, config)
        self._folder = folder
        self._idle: list[Session] = []
        self._lock = threading.Lock()
        weakref.finalize(self, _end, self._idle)

    def close(self) -> None:
        """End the connections; the next call makes new ones."""
        with self._lock:
            _end(self._idle)

    def _write(self, key: str, body: bytes | Path, sha256: str, *, new: bool) -> None:
        if isinstance(body, Path) and sha256_of(body) != sha256:
            raise not_as_told(key, self.address)
        size = len(body) if isinstance(body, bytes) else body.stat().st_size
        how = "new" if new else "over"
        with self._session() as session:
            answer = session.ask("put", how, word(key), str(size), sha256, body=body, size=size)
        if answer[0] != "ok":
            raise self._meaning(answer, key)

    def _read(self, key: str) -> tuple[bytes, frozenset[str]]:
        with self._session() as session:
            answer = session.ask("get", word(key), "0", "-")
            if answer[0] == "ok":
                return b"".join(session.read(int(answer[1]))), _digests(answer)
        raise self._meaning(answer, key)

    def _read_part(self, key: str, start: int, length: int | None) -> bytes:
        with self._session() as session:
            answer = session.ask(
                "get", word(key), str(start), "-" if length is None else str(length)
            )
            if answer[0] == "ok":
                return b"".join(session.read(int(answer[1])))
        raise self._meaning(answer, key)

    def _fill(self, key: str, file: Partial, progress: Progress) -> frozenset[str]:
        def once() -> frozenset[str]:
            file.restart()
            arrived = 0
            with self._session() as session:
                answer = session.ask("get", word(key), "0", "-")
                if answer[0] == "ok":
                    for chunk in session.read(int(answer[1])):
                        file.write(chunk)
                        arrived += len(chunk)
                        progress(arrived)
                    return _digests(answer)
            raise self._meaning(answer, key)

        return self.retry.run(once)

    def _stat(self, key: str) -> Entry | None:
        with self._session() as session:
            answer = session.ask("tell", word(key))
        if answer[0] == "ok":
            size, modified, inode = answer[2:5]
            digests = _digests(answer)
            known = next(iter(digests)) if len(digests) == 1 else None
            return _entry(key, size, modified, inode)._replace(sha256=known)
        if answer[1:2] == ["missing"]:
            return None
        raise self._meaning(answer, key)

    def _list(self, prefix: str, after: str) -> Iterator[Entry]:
        found = self.retry.run(lambda: self._listed(prefix.rpartition("/")[0] or "."))
        wanted = [one for one in found if one.key.startswith(prefix) and one.key > after]
        yield from sorted(wanted, key=lambda one: one.key)

    def _listed(self, folder: str) -> list[Entry]:
        """Return everything below a folder; a remote is small enough to be sorted on this side."""
        entries = []
        with self._session() as session:
            answer = session.ask("list", word(folder))
            if answer[0] != "ok":
                raise self._meaning(answer, folder)
            for record in session.records():
                size, modified, inode, raw = record.split(b" ", 3)
                name = raw.decode("utf-8", "surrogateescape").removeprefix("./").removeprefix("./")
                if is_key(name):
                    entries.append(_entry(name, size.decode(), modified.decode(), inode.decode()))
                else:
                    self._skip(name)
        return entries

    def _delete(self, key: str) -> None:
        with self._session() as session:
            answer = session.ask("drop", word(key))
        if answer[0] != "ok":
            raise self._meaning(answer, key)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """Yield a connection of this thread alone; it is kept for others unless it went wrong."""
        self._count()
        session = self._waiting() or Session(self.address, ssh_command(*self._where), self._folder)
        try:
            yield session
        except BaseException:
            session.close()
            raise
        with self._lock:
            if session.alive and len(self._idle) < IDLE:
                self._idle.append(session)
                return
        session.close()

    def _waiting(self) -> Session | None:
        with self._lock:
            while self._idle:
                session = self._idle.pop()
                if session.alive:
                    return session
                session.close()
        return None

    def _meaning(self, answer: list[str], key: str) -> Exception:
        """Return the error for an answer that is not ``ok``."""
        where, what = safe_text(self.address), safe_text(key)
        reason = answer[1] if answer[0] == "no" and len(answer) > 1 else ""
        if reason == "exists":
            return Exists(key, self.address)
        if reason == "missing":
            return Missing(key, self.address)
        if reason == "cut":
            return Temporary(f"{what} did not arrive whole in {where}")
        if reason == "links":
            return RemoteRefused(
                f"{where} is on a file system without hard links, on which two writers cannot be "
                "kept apart",
                next="use a folder on another file system, or s3://",
            )
        if reason in ("folder", "link"):
            kind = "a folder and a file at once" if reason == "folder" else "behind a link"
            return RemoteRefused(
                f"{what} is {kind} in {where}", next="remove what AgilML did not make there"
            )
        if reason == "io":
            return RemoteRefused(
                f"{what} cannot be written in {where}",
                next="look at the free space and the permissions of that folder",
            )
        return Temporary(f"{where} does not answer as it should: {safe_text(' '.join(answer))}")


def _digests(answer: list[str]) -> frozenset[str]:
    return frozenset(digest for digest in answer[5].split(",") if is_sha256(digest))


def _entry(key: str, size: str, modified: str, inode: str) -> Entry:
    """Return the entry for what the far side's ``stat`` prints; seconds have nine decimals there."""
    return file_entry(key, int(size), int(modified.replace(".", "")), int(inode))


def _end(sessions: list[Session]) -> None:
    while sessions:
        sessions.pop().close()
