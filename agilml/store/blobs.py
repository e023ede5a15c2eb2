"""Content-addressed bytes on this machine: what a blob is called is what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from agilml.store.base import Progress, Remote
from agilml.store.digests import is_sha256, sha256_of
from agilml.store.errors import DamagedObject, Exists, Missing
from agilml.store.partial import make_folders, partial
from agilml.store.sums import BLOBS

FOLDER_MODE = 0o700
FILE_MODE = 0o400

_ASK_FIRST_BYTES = 1 << 16
"""From this size on it is cheaper to ask whether a remote has a blob than to send it in vain."""


def blob_key(sha256: str) -> str:
    """Return the key of a blob in a remote: ``blobs/<ab>/<sha256>``.

    Raises:
        ValueError: ``sha256`` is none.
    """
    return f"{BLOBS}{_checked(sha256)[:2]}/{sha256}"


class Blobs:
    """The blobs of one project.

    Args:
        root: their folder, usually ``.agil/blobs``; made when the first one arrives.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, body: bytes | Path) -> str:
        """Store bytes or a copy of a file; return their sha256. On return they are on the disk."""
        if isinstance(body, bytes) and self.has(sha256 := sha256_of(body)):
            return sha256
        self._make(self.root)
        with partial(self.root) as file:
            if isinstance(body, bytes):
                file.write(body)
                sha256 = sha256_of(body)
            else:
                sha256 = file.copy(body)
            path = self.path(sha256)
            if not path.exists():
                self._make(path.parent)
                file.publish(path, mode=FILE_MODE)
        return sha256

    def path(self, sha256: str) -> Path:
        """Return where a blob lies or would lie.

        Raises:
            ValueError: ``sha256`` is none.
        """
        return self.root / _checked(sha256)[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Return whether the blob is here; :meth:`verify` looks at its bytes."""
        return self.path(sha256).is_file()

    def open(self, sha256: str) -> BinaryIO:
        """Return the blob, open for reading.

        Raises:
            Missing: it is not here.
        """
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError as error:
            raise Missing(sha256, str(self.root)) from error

    def verify(self, sha256: str) -> None:
        """Return if the blob is here and its bytes are what its name says.

        Raises:
            Missing: it is not here.
            DamagedObject: they are not.
        """
        try:
            found = sha256_of(self.path(sha256))
        except FileNotFoundError as error:
            raise Missing(sha256, str(self.root)) from error
        if found != sha256:
            raise DamagedObject(sha256, str(self.root), f"its bytes have the sha256 {found}")

    def remove(self, sha256: str) -> None:
        """Remove the blob; one that is not here is fine."""
        self.path(sha256).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[str]:
        """Yield the digests of all blobs here, in order."""
        for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/*")):
            if is_sha256(path.name) and path.name.startswith(path.parent.name):
                yield path.name

    def push(self, remote: Remote, sha256: str) -> bool:
        """Return whether the blob was sent; False: the remote had it. Either way it is there.

        Raises:
            Missing: it is not here.
            DamagedObject: the bytes here are not what the name says; nothing was sent.
            RemoteUnavailable, RemoteRefused: the remote does not take it.
        """
        path = self.path(sha256)
        try:
            big = path.stat().st_size >= _ASK_FIRST_BYTES
        except FileNotFoundError as error:
            raise Missing(sha256, str(self.root)) from error
        key = blob_key(sha256)
        if big and remote.stat(key) is not None:
            return False
        try:
            remote.put_new(key, path if big else path.read_bytes(), sha256)
        except Exists:
            return False
        return True

    def fetch(self, remote: Remote, sha256: str, progress: Progress | None = None) -> Path:
        """Return the path of the blob, got from the remote unless it is here already.

        Raises:
            Missing: the remote does not have it.
            DamagedObject: what the remote has is not what the name says; nothing was kept.
            RemoteUnavailable, RemoteRefused: the remote does not give it.
        """
        path = self.path(sha256)
        if path.is_file():
            return path
        self._make(path.parent)
        remote.get_file(blob_key(sha256), path, sha256, progress, mode=FILE_MODE)
        return path

    def _make(self, folder: Path) -> None:
        self.root.parent.mkdir(parents=True, exist_ok=True)
        make_folders(folder, self.root.parent, FOLDER_MODE)


def _checked(sha256: str) -> str:
    if not is_sha256(sha256):
        raise ValueError("a blob is named by 64 hexadecimal digits in lower case")
    return sha256
