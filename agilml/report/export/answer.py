"""The answer of an SQL statement as a table: what its columns hold, only its rows say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from agilml.report.export.columns import Column, Kind, as_text
from agilml.report.export.spool import Spool
from agilml.report.export.writers import BATCH, Progress, Row, write


def export_answer(names: Sequence[str], rows: Iterable[Row], path: Path, progress: Progress) -> int:
    """Write the rows at ``path``; return how many they are. Errors are those of ``write``."""
    with Spool(str(path.parent)) as spool:
        spool.expect(names)
        for row in rows:
            spool.add(dict(zip(names, map(plain, row), strict=True)))
        return write(path, spool.columns, spool.batches(), progress)


def batches(rows: Iterable[Row], size: int = BATCH) -> Iterator[list[Row]]:
    """Yield the rows, ``size`` at a time."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def untyped(names: Sequence[str]) -> list[Column]:
    """Return columns for rows whose every value says itself what it is."""
    return [Column(name, Kind.ANY) for name in names]


def plain(value: Any) -> Any:
    """Return a value of SQLite as JSON has it: bytes in hexadecimal digits."""
    return as_text(value) if isinstance(value, bytes) else value
