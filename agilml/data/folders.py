"""Data sets in a folder, or in a single file, of this machine."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from agilml.data.hashing import CHUNK, settled
from agilml.data.manifest import Item
from agilml.data.names import check_path
from agilml.data.sources import Advance, Changed, Found
from agilml.errors import AgilError
from agilml.project import STATE
from agilml.text import safe_text


class FolderSource:
    """The files below a folder, or one file.

    Links are followed to files that lie inside the folder, and nowhere else: what a data set holds must
    not depend on what lies around it.
    """

    def __init__(self, root: Path, address: str) -> None:
        self.address = address
        self._root = Path(os.path.realpath(root))

    def listing(self) -> list[Found]:
        """Return every file; see :class:`~agilml.data.sources.Source`."""
        if self._root.is_file():
            return [self._found(self._root.name, self._root.stat())]
        if not self._root.is_dir():
            raise AgilError(
                f"there is no file or folder {safe_text(self._root)}",
                next="a path, relative to where you are, or s3://bucket/prefix",
            )
        return sorted(self._walk(), key=lambda found: found.path)

    def digest(self, found: Found, advance: Advance) -> str:
        """Return the sha256 of a file that stays as it is while it is read."""
        whole, left = hashlib.sha256(), found.size
        try:
            fd = self._open(found.path)
            with os.fdopen(fd, "rb", buffering=0) as stream:
                # No further than its size: a file that grows as fast as it is read has no end.
                while left >= 0 and (chunk := stream.read(CHUNK)):
                    whole.update(chunk)
                    advance(len(chunk))
                    left -= len(chunk)
                after = self._found(found.path, os.fstat(fd))
        except OSError as error:
            raise self._unreadable(found.path, error) from error
        if after.mark != found.mark:
            raise Changed(found.path, "changed while it was read")
        return whole.hexdigest()

    def read(self, found: Found) -> bytes:
        """Return the content of a small file."""
        try:
            with os.fdopen(self._open(found.path), "rb") as stream:
                return stream.read()
        except OSError as error:
            raise self._unreadable(found.path, error) from error

    def copy(self, item: Item, to: Path, advance: Advance) -> None:
        """Write a file's content to ``to``, if it still has the recorded digest."""
        whole, left = hashlib.sha256(), item.size
        try:
            fd = self._open(item.path)
        except OSError as error:
            raise Changed(item.path, f"cannot be read: {error.strerror}") from error
        with os.fdopen(fd, "rb", buffering=0) as stream, to.open("xb", buffering=0) as file:
            while left >= 0 and (chunk := stream.read(CHUNK)):
                whole.update(chunk)
                file.write(chunk)
                advance(len(chunk))
                left -= len(chunk)
        if whole.hexdigest() != item.sha256:
            raise Changed(item.path, f"in {safe_text(self.address)} is not what was added")

    def close(self) -> None:
        """There is no connection to let go of."""

    def local(self, path: str) -> Path | None:
        """Return where the file lies."""
        return self._place(path)

    def _place(self, path: str) -> Path:
        return self._root if self._root.is_file() else self._root / path

    def _open(self, path: str) -> int:
        place = self._place(path)
        real = Path(os.path.realpath(place))
        if not real.is_relative_to(self._root):
            raise self._outside(path)
        # What was looked at may be another thing by now: a pipe would never end, a link lead elsewhere.
        fd = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise self._special(path)
        return fd

    def _walk(self) -> Iterator[Found]:
        pending = [(self._root, "")]
        while pending:
            folder, prefix = pending.pop()
            try:
                entries = list(os.scandir(folder))
            except OSError as error:
                raise self._unreadable(prefix.rstrip("/"), error) from error
            for entry in entries:
                path = prefix + entry.name
                if not prefix and entry.name == STATE:
                    raise self._own_state()
                check_path(path)
                if entry.is_dir(follow_symlinks=False):
                    pending.append((Path(entry.path), f"{path}/"))
                else:
                    yield self._found(path, self._look(entry, path))

    def _look(self, entry: os.DirEntry[str], path: str) -> os.stat_result:
        if entry.is_symlink():
            real = Path(os.path.realpath(entry.path))
            if not real.is_relative_to(self._root):
                raise self._outside(path)
            if not real.is_file():
                raise AgilError(
                    f"{safe_text(path)} is a link to a folder, or to nothing",
                    next="put what it shows in its place, or leave it out",
                )
            return real.stat()
        found = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise self._special(path)
        return found

    def _found(self, path: str, seen: os.stat_result) -> Found:
        mark = (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, seen.st_dev)
        return Found(path, seen.st_size, mark, settled(max(seen.st_mtime, seen.st_ctime)))

    def _unreadable(self, path: str, error: OSError) -> AgilError:
        name = safe_text(self._root / path)
        return AgilError(f"{name} cannot be read: {error.strerror}", next=f"ls -l '{name}'")

    def _outside(self, path: str) -> AgilError:
        return AgilError(
            f"{safe_text(path)} is a link that leads out of {safe_text(self._root)}",
            next="put the file in the place of the link, or leave the link out",
        )

    def _special(self, path: str) -> AgilError:
        return AgilError(
            f"{safe_text(path)} is neither a file nor a folder", next="leave it out of the data set"
        )

    def _own_state(self) -> AgilError:
        return AgilError(
            f"{safe_text(self._root)} holds the state of a project ({STATE})",
            next="add the folder inside it that holds the data",
        )
