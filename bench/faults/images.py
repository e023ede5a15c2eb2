"""Disk images that a power cut may leave: what was synced, and any part of what was not.

The model: a sync makes everything written to that file before it durable; of later writes and truncations
any subset may have reached the disk, in any order of files, and a write may be torn at 512-byte sectors.
Shared memory is always lost. Names as on a file system with a journal: a created one is taken to be
durable, a removed one may come back until the next sync of any file.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing done to a file: ``W`` write, ``T`` truncate, ``S`` sync, ``U`` unlink, ``A`` acknowledge."""

    op: str
    name: str
    offset: int
    data: bytes


def load(log: Path) -> list[Operation]:
    """Return what the preloaded library recorded, in order."""
    raw, at, found = log.read_bytes(), 0, []
    while at < len(raw):
        (named,) = struct.unpack_from("<H", raw, at + 1)
        name = raw[at + 3 : at + 3 + named].decode()
        offset, size = struct.unpack_from("<QQ", raw, at + 3 + named)
        start = at + 19 + named
        found.append(Operation(chr(raw[at]), Path(name).name, offset, raw[start : start + size]))
        at = start + size
    return found


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Operation] = field(default_factory=list)
    removed: _File | None = None

    def sync(self) -> None:
        for operation in self.pending:
            _apply(self.durable, operation.op, operation.offset, operation.data)
        self.pending.clear()

    def after_a_cut(self, rng: random.Random) -> bytes:
        if self.removed is not None and rng.random() < 0.5:
            return self.removed.after_a_cut(rng)
        content = bytearray(self.durable)
        mood = rng.random()
        for operation in self.pending:
            # A quarter of the images has nothing of the unsynced rest, some have all of it.
            if mood < 0.25 or (mood > 0.4 and rng.random() < 0.5):
                continue
            if operation.op == "W" and rng.random() < 0.3:
                for at in range(0, len(operation.data), SECTOR):
                    if rng.random() < 0.6:
                        part = operation.data[at : at + SECTOR]
                        _apply(content, "W", operation.offset + at, part)
            else:
                _apply(content, operation.op, operation.offset, operation.data)
        return bytes(content)


def _apply(content: bytearray, op: str, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if op == "W":
        content[offset : offset + len(data)] = data
    else:
        del content[offset:]


@dataclass(frozen=True, slots=True)
class Image:
    """What the disk holds after a cut, and what had been acknowledged before it.

    Attributes:
        cut: number of operations done before the power failed.
        files: content by name.
        acknowledged: how many of the acknowledgements had been given.
    """

    cut: int
    files: dict[str, bytes]
    acknowledged: int


def images(
    operations: Sequence[Operation], count: int, rng: random.Random, first: int = 1
) -> Iterator[Image]:
    """Yield ``count`` images of cuts at random places from ``first`` on, in the order of their cuts."""
    cuts = sorted(rng.randint(first, len(operations)) for _ in range(count))
    files: dict[str, _File] = {}
    at = acknowledged = 0
    for cut in cuts:
        for operation in operations[at:cut]:
            acknowledged += operation.op == "A"
            _do(files, operation)
        at = cut
        kept = {n: f.after_a_cut(rng) for n, f in files.items() if _survives(n, f, rng)}
        yield Image(cut, kept, acknowledged)


def _do(files: dict[str, _File], operation: Operation) -> None:
    if operation.op == "A":
        return
    file = files.setdefault(operation.name, _File())
    if operation.op == "S":
        file.sync()
        for other in files.values():
            other.removed = None
    elif operation.op == "U":
        files[operation.name] = _File(removed=_File(file.durable, file.pending))
    else:
        file.pending.append(operation)


def _survives(name: str, file: _File, rng: random.Random) -> bool:
    if name.endswith("-shm"):
        return False
    gone = file.removed is not None and not file.durable and not file.pending
    return not gone or rng.random() < 0.5
