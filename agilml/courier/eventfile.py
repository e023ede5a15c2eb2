"""One attempt's event file: records are appended, and after any crash the rest of them.

How many records the file holds is read from the file itself, so there is no second place that could say
something else: no point is written twice, and none is left out.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from agilml.courier.events import framed

_LENGTH = struct.Struct("<Q")
_HEAD = 12
_FOOT = 4
_GROUP = 2_000
"""Records that are framed and written at once."""


class EventFile:
    """Appends records to a file, leaving out those that it holds from an earlier life."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._there, self._size = whole_records(path)
        self._given = 0
        self._made = self._size > 0

    def append(self, records: Iterable[bytes]) -> None:
        """Let the file hold these records behind all that were given before.

        Raises:
            OSError: the disk is full or failing; the object is of no more use, a new one goes on.
        """
        left = iter(records)
        for _ in islice(left, self._there - self._given):
            self._given += 1
        while group := list(islice(left, _GROUP)):
            self._write(framed(group))
            self._given += len(group)
            self._there = self._given

    def is_as_left(self) -> bool:
        """Whether nobody else has written to the file, or removed it."""
        try:
            return self.path.stat().st_size == self._size
        except FileNotFoundError:
            return self._size == 0

    def _write(self, data: bytes) -> None:
        if not self._made:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._made = True
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # A record that a crash cut off is written over.
            if os.fstat(fd).st_size > self._size:
                os.ftruncate(fd, self._size)
            left = memoryview(data)
            while left:
                done = os.pwrite(fd, left, self._size)
                self._size += done
                left = left[done:]
        finally:
            os.close(fd)


def whole_records(path: Path) -> tuple[int, int]:
    """Return how many whole records a file begins with, and their bytes; none where there is no file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0, 0
    try:
        size, count, at = os.fstat(fd).st_size, 0, 0
        while len(head := os.pread(fd, _HEAD, at)) == _HEAD:
            (length,) = _LENGTH.unpack_from(head)
            end = at + _HEAD + length + _FOOT
            if end > size:
                break
            count, at = count + 1, end
        return count, at
    finally:
        os.close(fd)
