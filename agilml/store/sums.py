"""Recorded digests of a folder's objects, beside them and without locks.

That an object may have a digest is *announced* by an empty file named after both. Announcements are only
ever added, and *before* the object gets its name: so of writers that race for a key none can undo what
another announced, and whoever reads an object finds its digest, whatever was killed in between. An
object whose key ends in its own sha256 needs no announcement.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from agilml.store.digests import is_sha256
from agilml.store.keys import OWN
from agilml.store.partial import make_folders, sync_folder

BLOBS = "blobs/"
"""Keys below this end in the sha256 of the object."""

FOLDER = f"{OWN}/sums"

OLD_SECONDS = 3600
"""Age from which announcements of replaced bytes are dropped; no write of a key takes longer."""


def spoken(key: str) -> str | None:
    """Return the digest that the key itself tells, if it does."""
    name = key.rpartition("/")[2]
    return name if key.startswith(BLOBS) and is_sha256(name) else None


class Sums:
    """The digests of the objects below one folder.

    Args:
        root: the folder.
        modes: permissions of new folders and new files.
    """

    def __init__(self, root: Path, modes: tuple[int, int]):
        self._root = root
        self._folder_mode, self._file_mode = modes

    def of(self, key: str) -> frozenset[str]:
        """Return the digests that an object may have; none if none is recorded."""
        told = spoken(key)
        if told is not None:
            return frozenset([told])
        return frozenset(digest for digest, _ in self._announced(key))

    def announce(self, key: str, sha256: str) -> None:
        """Add a digest; it is on the disk when this returns."""
        if spoken(key) == sha256:
            return
        folder, mark = self._place(key)
        make_folders(folder, self._root, self._folder_mode)
        path = folder / f"{mark}-{sha256}"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(fd, self._file_mode)
            os.utime(fd)
        finally:
            os.close(fd)
        sync_folder(folder)

    def settle(self, key: str, sha256: str) -> None:
        """Drop what was announced long before ``sha256``, which the object has now."""
        if spoken(key) is not None:
            return
        announced = dict(self._announced(key))
        now = announced.get(sha256)
        if now is None:
            self.announce(key, sha256)  # somebody deleted the object while it was written
            return
        try:
            newest = now.stat().st_mtime  # by the file system's own clock
            for digest, path in announced.items():
                if digest != sha256 and newest - path.stat().st_mtime > OLD_SECONDS:
                    path.unlink()
        except FileNotFoundError:
            return  # another writer of this key tidies too

    def forget(self, key: str) -> None:
        """Remove what is recorded of an object that is gone."""
        for _, path in self._announced(key):
            path.unlink(missing_ok=True)

    def _announced(self, key: str) -> list[tuple[str, Path]]:
        folder, mark = self._place(key)
        try:
            names = os.listdir(folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        beginning = f"{mark}-"
        found = [name.removeprefix(beginning) for name in names if name.startswith(beginning)]
        return [(one, folder / f"{mark}-{one}") for one in found if is_sha256(one)]

    def _place(self, key: str) -> tuple[Path, str]:
        """Return the folder of a key's announcements and what their names begin with."""
        mark = hashlib.sha256(key.encode()).hexdigest()
        return self._root / FOLDER / mark[:2], mark
