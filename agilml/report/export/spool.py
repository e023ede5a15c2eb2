"""Rows whose columns only the last of them completes: kept in a temporary file until all are known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, Any, Self

from agilml.report.export.columns import Column, Kind, common, kind_of
from agilml.report.export.writers import BATCH, Row


class Spool:
    """Takes rows as mappings and gives them back as a table; what it holds is on the disk.

    Args:
        known: columns that are always there, in front of the others.
        folder: where the temporary file goes; it has no name there, and is gone with this object.
    """

    def __init__(self, folder: str, known: Sequence[Column] = ()) -> None:
        self._file: IO[str] = TemporaryFile("w+", encoding="utf-8", dir=folder)  # noqa: SIM115  closed below
        self._known = known
        self._names = {column.name for column in known}
        self._kinds: dict[str, set[Kind]] = {}
        self._expected: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def expect(self, names: Sequence[str]) -> None:
        """Have these columns, in this order, whether or not a row comes that has them."""
        for name in names:
            self._kinds.setdefault(name, set())
        self._expected = list(names)

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep a row; a value of a column that is not known says what the column holds."""
        for name, value in row.items():
            if name not in self._names:
                kinds = self._kinds.setdefault(name, set())
                kind = kind_of(value)
                if kind is not None:
                    kinds.add(kind)
        self._file.write(f"{json.dumps(row)}\n")

    @property
    def columns(self) -> list[Column]:
        """The columns so far: those known, those expected, then those found, in alphabetical order."""
        names = [*self._expected, *sorted(self._kinds.keys() - set(self._expected))]
        return [*self._known, *(Column(name, common(self._kinds[name])) for name in names)]

    def batches(self) -> Iterator[list[Row]]:
        """Yield all rows, with a value, null or not, for each of :attr:`columns`."""
        names = [column.name for column in self.columns]
        self._file.seek(0)
        batch: list[Row] = []
        for line in self._file:
            row = json.loads(line)
            batch.append([row.get(name) for name in names])
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
