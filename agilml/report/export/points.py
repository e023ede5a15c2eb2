"""Curves as a table: one row per point of every run's latest attempt, and of what it took over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from agilml.ledger.queries_points import points_in_order
from agilml.ledger.rows import RunRow
from agilml.report.export.columns import Column, Kind
from agilml.report.export.writers import BATCH, Progress, Row, write

COLUMNS = (
    Column("run", Kind.TEXT),
    Column("attempt", Kind.TEXT),
    Column("name", Kind.TEXT),
    Column("step", Kind.INT),
    Column("value", Kind.FLOAT),
    Column("seconds", Kind.FLOAT),
)


def export_points(
    db: sqlite3.Connection, rows: Iterable[RunRow], path: Path, progress: Progress
) -> int:
    """Write the points of these runs at ``path``; return how many they are. Errors are those of ``write``."""
    return write(path, COLUMNS, _batches(_points(db, rows)), progress)


def _points(db: sqlite3.Connection, rows: Iterable[RunRow]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        if row.attempt is not None:
            for point in points_in_order(db, row.attempt):
                yield row.run, *point


def _batches(points: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for point in points:
        batch.append(point)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
