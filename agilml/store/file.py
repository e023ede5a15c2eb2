"""A remote that is a folder: on this machine, or on a network file system that many mount.

No locks are needed: a new object is a hard link that only one writer can make, and a replaced one is
a rename. The folder itself must be there; one that is missing is more likely an unmounted share than
an empty remote.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agilml.store.base import Entry, Progress, Remote, not_as_told
from agilml.store.digests import CHUNK
from agilml.store.errors import Exists, Missing, RemoteError, RemoteRefused
from agilml.store.keys import OWN, is_key
from agilml.store.partial import SUFFIX, Partial, make_folders, partial, sync_folder
from agilml.store.retry import Retry, Temporary
from agilml.store.sums import Sums
from agilml.text import safe_text

PARTIAL = f"{OWN}/partial"
STALE_SECONDS = 86_400.0
"""Age from which a half-written file belongs to nobody any more."""

_ABSENT = {errno.ENOENT, errno.ENOTDIR}
_IN_THE_WAY = {errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY}
_TEMPORARY = {
    *(errno.EAGAIN, errno.EBUSY, errno.EIO, errno.EINTR, errno.ESTALE, errno.ETIMEDOUT),
    *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH, errno.ENOTCONN),
}
_NO_LINKS = {errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EXDEV}


class FileRemote(Remote):
    """Objects as files below a folder, readable by any other program.

    New folders and files get the permissions of the folder itself, so that a folder shared by a
    group stays shared.

    Args:
        address: ``file:///absolute/folder``.
        root: the folder.
        retry: how temporary failures are met.
    """

    def __init__(self, address: str, root: Path, retry: Retry | None = None):
        super().__init__(address, retry)
        self._given = root
        self._tidied = False

    def _write(self, key: str, body: bytes | Path, sha256: str, *, new: bool) -> None:
        with self._operation(key, writing=True):
            root, modes = self._root()
            self._tidy(root, modes)
            path = self._path(root, key)
            if new and os.path.lexists(path):
                raise self._taken(path, key)
            sums = Sums(root, modes)
            with partial(root / PARTIAL) as file:
                if isinstance(body, bytes):
                    file.write(body)
                elif file.copy(body) != sha256:
                    raise not_as_told(key, self.address)
                make_folders(path.parent, root, modes[0])
                sums.announce(key, sha256)
                self._publish(file, path, key, mode=modes[1], new=new)
            sums.settle(key, sha256)

    def _publish(self, file: Partial, path: Path, key: str, *, mode: int, new: bool) -> None:
        try:
            file.publish(path, mode=mode, replace=not new)
        except FileExistsError as error:
            raise self._taken(path, key) from error
        except OSError as error:
            if not new or error.errno not in _NO_LINKS:
                raise
            raise RemoteRefused(
                f"{safe_text(self.address)} is on a file system without hard links, on which two "
                "writers cannot be kept apart",
                next="use a folder on another file system, ssh:// or s3://",
            ) from error

    def _taken(self, path: Path, key: str) -> RemoteError:
        if path.is_dir():
            return self._folder_in_the_way(key)
        return Exists(key, self.address)

    def _read(self, key: str) -> tuple[bytes, frozenset[str]]:
        with self._operation(key):
            with self._opened(key) as fd:
                body = b"".join(_chunks(fd, 0, None))
            return body, self._sums(key)

    def _read_part(self, key: str, start: int, length: int | None) -> bytes:
        with self._operation(key), self._opened(key) as fd:
            return b"".join(_chunks(fd, start, length))

    def _fill(self, key: str, file: Partial, progress: Progress) -> frozenset[str]:
        def once() -> frozenset[str]:
            file.restart()
            with self._operation(key):
                arrived = 0
                with self._opened(key) as fd:
                    for chunk in _chunks(fd, 0, None):
                        file.write(chunk)
                        arrived += len(chunk)
                        progress(arrived)
                return self._sums(key)

        return self.retry.run(once)

    def _stat(self, key: str) -> Entry | None:
        with self._operation(key):
            root, modes = self._root()
            try:
                found = os.lstat(self._path(root, key))
            except (FileNotFoundError, NotADirectoryError):
                return None
            if not stat.S_ISREG(found.st_mode):
                return None
            sums = Sums(root, modes).of(key)
            known = next(iter(sums)) if len(sums) == 1 else None
            return _entry(key, found)._replace(sha256=known)

    def _list(self, prefix: str, after: str) -> Iterator[Entry]:
        with self._operation(prefix):
            root, _ = self._root()
        folder = prefix.rpartition("/")[0]
        for key, path in self._walk(root / folder, f"{folder}/" if folder else "", prefix, after):
            try:
                found = os.lstat(path)
            except OSError as error:
                if error.errno == errno.ENOENT:
                    continue  # deleted since its folder was read
                raise self._meaning(key, error) from error
            yield _entry(key, found)

    def _walk(self, folder: Path, base: str, prefix: str, after: str) -> Iterator[tuple[str, str]]:
        """Yield keys and paths of the files below ``folder``, in the order of the keys."""
        for name, path, is_folder in self._names(folder, base):
            key = base + name
            if is_folder:
                beginning = f"{key}/"
                reaches = beginning.startswith(prefix) or prefix.startswith(beginning)
                passed = after > beginning and not after.startswith(beginning)
                if reaches and not passed:
                    yield from self._walk(Path(path), beginning, prefix, after)
            elif key.startswith(prefix) and key > after:
                yield key, path

    def _names(self, folder: Path, base: str) -> list[tuple[str, str, bool]]:
        """Return names, paths and whether they are folders, in the order of their keys."""
        found = self.retry.run(lambda: self._scan(folder, base))
        safe = []
        for name, path, is_folder in found:
            if is_key(base + name):
                safe.append((name, path, is_folder))
            elif base or name != OWN:
                self._skip(base + name)
        # A folder sorts as its keys do: with the slash behind its name.
        return sorted(safe, key=lambda one: one[0] + "/" if one[2] else one[0])

    def _scan(self, folder: Path, base: str) -> list[tuple[str, str, bool]]:
        with self._operation(base):
            try:
                with os.scandir(folder) as entries:
                    return [
                        (entry.name, entry.path, entry.is_dir(follow_symlinks=False))
                        for entry in entries
                        if not entry.is_symlink() and (entry.is_dir() or entry.is_file())
                    ]
            except (FileNotFoundError, NotADirectoryError):
                return []

    def _delete(self, key: str) -> None:
        with self._operation(key):
            root, modes = self._root()
            path = self._path(root, key)
            if path.is_dir() and not path.is_symlink():
                return
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return
            sync_folder(path.parent)
            Sums(root, modes).forget(key)

    def _sums(self, key: str) -> frozenset[str]:
        root, modes = self._root()
        return Sums(root, modes).of(key)

    def _root(self) -> tuple[Path, tuple[int, int]]:
        """Return the folder and the permissions of new folders and files in it."""
        try:
            found = self._given.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RemoteRefused(
                f"the folder of {safe_text(self.address)} is not there",
                next=f"mount it, or make it: mkdir {safe_text(self._given)}",
            ) from error
        mode = stat.S_IMODE(found.st_mode)
        return Path(os.path.realpath(self._given)), (mode, mode & 0o666)

    def _path(self, root: Path, key: str) -> Path:
        """Return where the object lies; no link inside of the remote may lead out of it."""
        path = root / key
        if os.path.realpath(path.parent) != str(path.parent):
            raise RemoteRefused(
                f"a link is in the way of {safe_text(key)} in {safe_text(self.address)}",
                next=f"remove the link in {safe_text(path.parent)}",
            )
        return path

    @contextmanager
    def _opened(self, key: str) -> Iterator[int]:
        root, _ = self._root()
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        fd = os.open(self._path(root, key), flags)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Missing(key, self.address)
            yield fd
        finally:
            os.close(fd)

    def _tidy(self, root: Path, modes: tuple[int, int]) -> None:
        """Make the folder of half-written files; remove those of killed writers, once."""
        folder = root / PARTIAL
        make_folders(folder, root, modes[0])
        if self._tidied:
            return
        self._tidied = True
        with partial(folder) as file:
            now = os.fstat(file.fd).st_mtime or time.time()  # by the file system's own clock
        for path in folder.glob(f"*{SUFFIX}"):
            try:
                if now - path.lstat().st_mtime > STALE_SECONDS:
                    path.unlink()
            except OSError:
                continue  # somebody else's, or already gone

    @contextmanager
    def _operation(self, key: str, *, writing: bool = False) -> Iterator[None]:
        """Count one operation and give every error of the file system its meaning."""
        self._count()
        try:
            yield
        except OSError as error:
            raise self._meaning(key, error, writing=writing) from error

    def _meaning(self, key: str, error: OSError, *, writing: bool = False) -> Exception:
        why = error.strerror or type(error).__name__
        if error.errno in _TEMPORARY:
            return Temporary(f"{safe_text(self.address)} does not answer: {why}")
        if not writing and error.errno in _ABSENT:
            return Missing(key, self.address)
        if error.errno in _IN_THE_WAY:
            return self._folder_in_the_way(key)
        hint = "free some space there" if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
        return RemoteRefused(
            f"{safe_text(key)} cannot be used in {safe_text(self.address)}: {why}",
            next=hint or "look at the permissions of that folder",
        )

    def _folder_in_the_way(self, key: str) -> RemoteRefused:
        return RemoteRefused(
            f"{safe_text(key)} is a folder and a file at once in {safe_text(self.address)}",
            next="remove the one that AgilML did not make",
        )


def _chunks(fd: int, start: int, length: int | None) -> Iterator[bytes]:
    at = start
    end = None if length is None else start + length
    while chunk := os.pread(fd, CHUNK if end is None else min(CHUNK, end - at), at):
        at += len(chunk)
        yield chunk


def file_entry(key: str, size: int, modified_ns: int, inode: int) -> Entry:
    """Return the entry of a file; both ways to a folder tell the same of it."""
    return Entry(key, size, modified_ns / 1e9, tag=f"{modified_ns:x}-{size:x}-{inode:x}")


def _entry(key: str, found: os.stat_result) -> Entry:
    return file_entry(key, found.st_size, found.st_mtime_ns, found.st_ino)
