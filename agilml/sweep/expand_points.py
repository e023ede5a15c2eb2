"""Many points in little memory: rows and digests are kept, a point is made when it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from agilml.points import Point
from agilml.sweep.expand_assembly import Assembly, Combination


class Points(Sequence[Point]):
    """The points of an expansion, each digest once, in the order of the product."""

    def __init__(self) -> None:
        self._assemblies: list[Assembly] = []
        self._rows: list[Combination] = []
        self._digests: list[bytes] = []
        self._seen: set[bytes] = set()
        self.repeated = 0

    def add(self, assembly: Assembly, rows: Combination, digest: bytes) -> bool:
        """Keep the point unless one with this digest is there; return whether it was new."""
        if digest in self._seen:
            self.repeated += 1
            return False
        self._seen.add(digest)
        self._assemblies.append(assembly)
        self._rows.append(rows)
        self._digests.append(digest)
        return True

    def close(self) -> None:
        """Free what only collecting needs."""
        self._seen = set()

    def __len__(self) -> int:
        return len(self._digests)

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> list[Point]: ...
    def __getitem__(self, index: int | slice) -> Point | list[Point]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(len(self)))]
        assembly, rows = self.origin(index)
        patches = assembly.frame.patches(assembly.block, rows)
        return assembly.point(patches, self._digests[index])

    def origin(self, index: int) -> tuple[Assembly, Combination]:
        """Return what the point at ``index`` is put together from."""
        return self._assemblies[index], self._rows[index]
