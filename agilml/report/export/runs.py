"""Runs as a table: fixed columns, then ``param.…`` and ``metric.…``, one per name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agilml.ledger.rows import RunRow
from agilml.report.export.columns import Column, Kind
from agilml.report.export.spool import Spool
from agilml.report.export.writers import Progress, write

COLUMNS = (
    Column("run", Kind.TEXT),
    Column("sweep", Kind.TEXT),
    Column("state", Kind.TEXT),
    Column("attempt", Kind.TEXT),
    Column("attempts", Kind.INT),
    Column("executor", Kind.TEXT),
    Column("slot", Kind.TEXT),
    Column("planned", Kind.TIME),
    Column("started", Kind.TIME),
    Column("ended", Kind.TIME),
    Column("seconds", Kind.FLOAT),
    Column("best", Kind.FLOAT),
    Column("cause", Kind.TEXT),
    Column("error", Kind.TEXT),
    Column("tags", Kind.TEXT),
    Column("note", Kind.TEXT),
)


def export_runs(rows: Iterable[RunRow], path: Path, progress: Progress) -> int:
    """Write the runs at ``path``; return how many they are. Errors are those of ``write``."""
    with Spool(str(path.parent), COLUMNS) as spool:
        for row in rows:
            spool.add(flat(row))
        return write(path, spool.columns, spool.batches(), progress)


def flat(row: RunRow) -> dict[str, Any]:
    """Return a run as one value per column; times in Unix seconds, tags with spaces between them."""
    fields: dict[str, Any] = {column.name: getattr(row, column.name, None) for column in COLUMNS}
    return {
        **fields,
        "state": row.state.value,
        "tags": " ".join(row.tags),
        **{f"param.{name}": value for name, value in row.params.items()},
        **{f"metric.{name}": value for name, value in row.metrics.items()},
    }
