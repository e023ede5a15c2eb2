"""Digests of many files at once, and the memory that makes the second time fast."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from agilml.store.digests import is_sha256

THREADS = 8
CHUNK = 1 << 20
UNSURE_SECONDS = 2.0
"""A file that was changed less than this ago may change again within one tick of its clock."""

T = TypeVar("T")
R = TypeVar("R")
Mark = Sequence[int | str]
"""What changes whenever a file's content does: size, times and inode, or an object's own tag."""


class Remembered:
    """Digests by path and mark, kept in one file between two looks at the same source."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[Mark, str]] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):
            self._known = {
                name: (list(mark), sha256)
                for name, (mark, sha256) in json.loads(path.read_text()).items()
                if is_sha256(sha256)
            }

    def digest(self, name: str, mark: Mark) -> str | None:
        """Return the digest of a file that still carries the mark it was hashed with."""
        known = self._known.get(name)
        return known[1] if known is not None and known[0] == list(mark) else None

    def keep(self, digests: Mapping[str, tuple[Mark, str]]) -> None:
        """Remember these digests, and no others; a memory that cannot be written is only slower."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            temporary.write_text(json.dumps(digests))
            temporary.replace(self._path)


def settled(changed: float) -> bool:
    """Whether a file that was last changed at ``changed`` (Unix seconds) can be told by its times."""
    return time.time() - changed > UNSURE_SECONDS


def digest_of_file(path: Path, advance: Callable[[int], None] = lambda _: None) -> str:
    """Return the hex sha256 of a file; ``advance`` hears how many bytes were read."""
    whole = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        while chunk := stream.read(CHUNK):
            whole.update(chunk)
            advance(len(chunk))
    return whole.hexdigest()


def in_threads(work: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """Return what ``work`` makes of each thing, in order; the first failure ends it all.

    sha256 and copies let go of Python's lock, so threads are as good as processes here.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(work, thing) for thing in things]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
