"""Files that are there whole or not at all, also after a power cut."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agilml.store.digests import CHUNK

SUFFIX = ".part"


class Partial:
    """A file under a name that nobody looks at, until it is published.

    Attributes:
        path: the hidden name.
        fd: open for reading and writing.
    """

    def __init__(self, path: Path, fd: int):
        self.path = path
        self.fd = fd

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.fd, view) :]

    def copy(self, source: Path) -> str:
        """Append the content of a file; return the sha256 of what was copied."""
        digest = hashlib.sha256()
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                self.write(chunk)
        return digest.hexdigest()

    def restart(self) -> None:
        """Forget everything written so far."""
        os.ftruncate(self.fd, 0)
        os.lseek(self.fd, 0, os.SEEK_SET)

    def sha256(self) -> str:
        """Return the sha256 of everything written so far."""
        digest = hashlib.sha256()
        at = 0
        while chunk := os.pread(self.fd, CHUNK, at):
            digest.update(chunk)
            at += len(chunk)
        return digest.hexdigest()

    def publish(self, to: Path, *, mode: int, replace: bool = True) -> None:
        """Give the file its name and mode; on return both name and content are on the disk.

        Raises:
            FileExistsError: the name is taken and ``replace`` is false.
        """
        os.fchmod(self.fd, mode)
        os.fsync(self.fd)
        if replace:
            os.replace(self.path, to)
        else:
            self._link(to)
        sync_folder(to.parent)

    def _link(self, to: Path) -> None:
        try:
            os.link(self.path, to)
        except FileExistsError:
            # NFS repeats a request whose answer was lost; the second one finds what the first made.
            if os.fstat(self.fd).st_nlink != 2:
                raise


@contextmanager
def partial(folder: Path) -> Iterator[Partial]:
    """Yield a new hidden file in ``folder``; it is gone afterwards unless it was published."""
    path = folder / f".agil-{secrets.token_hex(8)}{SUFFIX}"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        yield Partial(path, fd)
    finally:
        os.close(fd)
        path.unlink(missing_ok=True)


def make_folders(folder: Path, root: Path, mode: int) -> None:
    """Create ``folder`` and what is missing between it and ``root``, which must be there."""
    if folder == root or folder.is_dir():
        return
    make_folders(folder.parent, root, mode)
    try:
        folder.mkdir()
    except FileExistsError:
        return
    folder.chmod(mode)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in ``folder`` are on the disk, as far as its file system can tell."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError:
        pass  # some network file systems cannot; their servers write names at once
    finally:
        os.close(fd)
