"""Files by content on this machine, shared by all projects of a person and bounded in size.

``objects/<ab>/<sha256>`` is a file; ``folders/<digest>`` a level of a data set, made of hard links to
objects; ``used/<digest>`` is locked by whoever uses that folder, and its time says when that was last. A
folder is there whole or not at all. ``lock`` is held, shared, while objects are put in that no folder holds
yet.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from agilml.data.hashing import digest_of_file
from agilml.data.progress import human_size
from agilml.errors import AgilError, UsageError
from agilml.text import safe_text

FOLDER = "AGIL_CACHE"
LIMIT = "AGIL_CACHE_LIMIT"
USUAL_LIMIT = 100 * 10**9
_FILE, _DIRECTORY = 0o444, 0o555
_NO_LINK = frozenset({errno.EMLINK, errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP})
_UNITS = {"": 1, "B": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class Held:
    """A folder of the cache that stays there until it is let go of, or this process ends."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd

    def release(self) -> None:
        """Let the cache remove the folder when it needs the room."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Cache:
    """The cache at ``root``; ``limit`` bounds the bytes of its objects."""

    def __init__(self, root: Path, limit: int) -> None:
        self.root = root
        self.limit = limit
        self._objects, self._folders = root / "objects", root / "folders"
        self._used = root / "used"
        self._made: set[str] = set()
        self._mark = secrets.token_hex(4)

    def hold(self, digest: str) -> Held | None:
        """Return the folder of a level if it is here, kept from being removed."""
        if not (self._folders / digest).is_dir():
            return None
        with self._lock(fcntl.LOCK_SH):
            return self._hold(digest)

    def make_room(self, size: int, what: str) -> None:
        """Remove what was not used for longest until ``size`` more bytes fit under the limit.

        Raises:
            AgilError: they do not, because of what is in use, or because the disk is full.
        """
        self._check_disk(size, what)
        left = self._size()
        if left + size > self.limit:
            left -= self._remove_loose()
        for digest in self._by_use():
            if left + size <= self.limit:
                return
            left -= self._remove(digest)
        if left + size > self.limit:
            raise AgilError(
                f"{what} needs {human_size(size)}, and the cache of {human_size(self.limit)}"
                f" has {human_size(max(0, self.limit - left))} left beside what is in use",
                kept="everything that was staged before",
                next=f"{LIMIT}={_round_up(left + size)} agil …, or a smaller level",
            )

    def make(self, digest: str, files: Mapping[str, str], fetch: Callable[[], None]) -> Held:
        """Return the folder with these files (path to sha256), made once however many ask for it.

        ``fetch`` puts every object that is missing into the cache, with :meth:`install`.
        """
        with self._lock(fcntl.LOCK_SH):
            found = self._hold(digest)
            if found is not None:
                return found
            with self._alone(digest):
                while not (self._folders / digest).is_dir():
                    fetch()
                    # Room for others may have been made meanwhile of what was here: then once more.
                    with suppress(FileNotFoundError):
                        self._build(digest, files)
            found = self._hold(digest)
        assert found is not None
        return found

    def has(self, sha256: str) -> bool:
        """Whether the object is here; one that no folder was made of yet is looked at again."""
        path = self.object(sha256)
        try:
            links = path.stat().st_nlink
        except FileNotFoundError:
            return False
        # A staging that was cut off leaves objects that may not have reached the disk.
        return links > 1 or digest_of_file(path) == sha256

    def object(self, sha256: str) -> Path:
        """Return where an object lies or would lie."""
        return self._objects / sha256[:2] / sha256

    def install(self, sha256: str, write: Callable[[Path], None]) -> None:
        """Put an object in: ``write`` makes the file it is given, and checks its digest."""
        path = self.object(sha256)
        if sha256[:2] not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._made.add(sha256[:2])
        temporary = path.parent / f".{sha256}.{self._mark}.{threading.get_ident()}"
        try:
            write(temporary)
            temporary.chmod(_FILE)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _build(self, digest: str, files: Mapping[str, str]) -> None:
        making = self._folders / f".making-{digest}"
        _remove_tree(making)
        making.mkdir(parents=True, mode=0o700)
        folders = {making}
        for name, sha256 in files.items():
            place = making / name
            if place.parent not in folders:
                place.parent.mkdir(parents=True, exist_ok=True)
                folders.update(parent for parent in place.parents if parent.is_relative_to(making))
            _link(self.object(sha256), place)
        for folder in folders:
            folder.chmod(_DIRECTORY)
        # Before the folder has its name, everything in it is on the disk.
        _sync(self.root)
        making.rename(self._folders / digest)

    def _hold(self, digest: str) -> Held | None:
        fd = self._open_used(digest)
        fcntl.flock(fd, fcntl.LOCK_SH)
        path = self._folders / digest
        if not path.is_dir():
            os.close(fd)
            return None
        os.utime(fd)
        return Held(path, fd)

    @contextmanager
    def _alone(self, digest: str) -> Iterator[None]:
        fd = self._open_used(digest)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _open_used(self, digest: str) -> int:
        self._used.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(self._used / digest, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def _lock(self, how: int) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise AgilError(
                f"the cache {safe_text(self.root)} cannot be written: {error.strerror}",
                next=f"{FOLDER}=FOLDER agil …",
            ) from error
        try:
            fcntl.flock(fd, how)
            yield
        finally:
            os.close(fd)

    def _size(self) -> int:
        size = 0
        for entry in _scan(self._objects):
            with suppress(FileNotFoundError):
                size += entry.stat().st_size
        return size

    def _by_use(self) -> list[str]:
        """Return the digests of the folders, the one that was used least recently first."""
        with suppress(FileNotFoundError):
            names = [path.name for path in self._folders.iterdir() if path.name[:1] != "."]
            return sorted(names, key=self._last_use)
        return []

    def _last_use(self, digest: str) -> float:
        try:
            return (self._used / digest).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _remove(self, digest: str) -> int:
        """Remove a folder nobody uses, and the objects that only it holds; return the bytes set free."""
        fd = self._open_used(digest)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder = self._folders / digest
            held = {path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
            _remove_tree(folder)
            return self._unlink(lambda seen: seen.st_nlink == 1 and seen.st_ino in held)
        except BlockingIOError:
            return 0
        finally:
            os.close(fd)

    def _remove_loose(self) -> int:
        """Remove what interrupted stagings left, unless something is being put in; return its bytes."""
        with suppress(BlockingIOError), self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            for path in self._folders.glob(".making-*"):
                _remove_tree(path)
            return self._unlink(lambda seen: seen.st_nlink == 1)
        return 0

    def _unlink(self, which: Callable[[os.stat_result], bool]) -> int:
        freed = 0
        for entry in _scan(self._objects):
            with suppress(FileNotFoundError):
                seen = entry.stat()
                if which(seen):
                    os.unlink(entry.path)
                    freed += seen.st_size
        return freed

    def _check_disk(self, size: int, what: str) -> None:
        place = next(path for path in (self.root, *self.root.parents) if path.exists())
        free = shutil.disk_usage(place).free
        if size > free:
            raise AgilError(
                f"{what} needs {human_size(size)}, and the disk of {safe_text(self.root)}"
                f" has {human_size(free)} free",
                next=f"a smaller level, or {FOLDER}=FOLDER on another disk",
            )


def open_cache(limit: str | None = None) -> Cache:
    """Return the cache of this person on this machine: ``$AGIL_CACHE``, or else below ``~/.cache``.

    Raises:
        UsageError: ``limit`` (or ``$AGIL_CACHE_LIMIT``) is no size.
    """
    root = os.environ.get(FOLDER)
    if not root:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        root = f"{base}/agilml/data"
    wanted = limit or os.environ.get(LIMIT)
    return Cache(Path(root).expanduser().absolute(), parse_size(wanted) if wanted else USUAL_LIMIT)


def parse_size(text: str) -> int:
    """Return the bytes that ``500MB``, ``1.5T`` or ``1000`` mean (powers of 1000).

    Raises:
        UsageError: it is no size.
    """
    word = text.strip().upper().removesuffix("B")
    number, unit = (word[:-1], word[-1:]) if word[-1:].isalpha() else (word, "")
    try:
        size = int(float(number) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        size = -1
    if size < 0:
        raise UsageError(f"`{safe_text(text, 40)}` is no size", next="--limit 200GB")
    return size


def _round_up(size: int) -> str:
    return f"{-(-size // 10**9)}GB"


def _scan(objects: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(FileNotFoundError):
        for folder in list(os.scandir(objects)):
            yield from list(os.scandir(folder.path))


def _link(source: Path, to: Path) -> None:
    try:
        os.link(source, to)
    except OSError as error:
        # A file system may allow few links to one file, or none.
        if error.errno not in _NO_LINK:
            raise
        shutil.copyfile(source, to)
        to.chmod(_FILE)


def _remove_tree(path: Path) -> None:
    if not path.exists():
        return
    for folder, _, _ in os.walk(path):
        os.chmod(folder, 0o700)
    shutil.rmtree(path)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if getattr(ctypes.CDLL(None), "syncfs", None) is None:
            os.sync()
        else:
            ctypes.CDLL(None).syncfs(fd)
    finally:
        os.close(fd)
