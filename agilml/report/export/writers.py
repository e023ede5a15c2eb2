"""Tables as CSV, JSON lines or Parquet; a batch of rows at a time, whatever the whole is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from agilml.errors import UsageError
from agilml.report.export.columns import Column, Kind, as_text
from agilml.report.export.target import replaced
from agilml.report.fields import iso_time, strict
from agilml.report.runs import csv_cell

Row: TypeAlias = Sequence[Any]
Batches: TypeAlias = Iterable[Sequence[Row]]
"""Rows, a few thousand at a time; each has one value per column."""

Progress: TypeAlias = Callable[[int], None]
"""Is told how many rows have been written so far."""

_encode = json.JSONEncoder(allow_nan=False, check_circular=False).encode

BATCH = 10_000
"""Rows of a batch, and of a Parquet file's row groups."""


def write(
    path: Path, columns: Sequence[Column], batches: Batches, progress: Progress = lambda _: None
) -> int:
    """Write the table at ``path``, in the format that its name ends in; return how many rows it has.

    Raises:
        UsageError: it is Parquet, and pyarrow is not installed.
        AgilError: the disk does not take it.
    """
    writer = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}[path.suffix]
    count = 0
    with replaced(path) as temporary:
        for written in writer(temporary, columns, batches):
            count += written
            progress(count)
    return count


def csv_rows(columns: Sequence[Column], batch: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows with every cell as it stands in CSV; no text of them is a formula to a spreadsheet."""
    return _converted(columns, batch, _CSV)


def json_line(columns: Sequence[Column], row: Row) -> str:
    """Return a row, converted by :func:`json_rows`, as one line."""
    return _encode({column.name: value for column, value in zip(columns, row, strict=True)})


def json_rows(columns: Sequence[Column], batch: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows with every value as JSON has it."""
    return _converted(columns, batch, _JSON)


def _csv(path: Path, columns: Sequence[Column], batches: Batches) -> Iterator[int]:
    import csv

    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([csv_cell(column.name) for column in columns])
        for batch in batches:
            writer.writerows(csv_rows(columns, batch))
            yield len(batch)


def _jsonl(path: Path, columns: Sequence[Column], batches: Batches) -> Iterator[int]:
    with open(path, "w", encoding="utf-8") as file:
        for batch in batches:
            file.writelines(f"{json_line(columns, row)}\n" for row in json_rows(columns, batch))
            yield len(batch)


def _parquet(path: Path, columns: Sequence[Column], batches: Batches) -> Iterator[int]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            f"Parquet needs a package that is not installed: {error}",
            kept="nothing was written",
            next="pip install 'agilml[parquet]', or a name that ends in .csv or .jsonl",
        ) from error
    types = {
        Kind.TEXT: pa.string(),
        Kind.INT: pa.int64(),
        Kind.FLOAT: pa.float64(),
        Kind.BOOL: pa.bool_(),
        Kind.TIME: pa.timestamp("ms", tz="UTC"),
    }
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            cells = zip(*_converted(columns, batch, _ARROW), strict=True)
            arrays = [
                pa.array(list(values), type=types[column.kind])
                for column, values in zip(columns, cells, strict=True)
            ]
            if arrays:
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield len(batch)


def _converted(
    columns: Sequence[Column], batch: Sequence[Row], how: dict[Kind, Callable[[Any], Any]]
) -> Iterator[tuple[Any, ...]]:
    cells = []
    for column, values in zip(columns, zip(*batch, strict=True), strict=False):
        convert = how.get(column.kind)
        cells.append(values if convert is None else _each(convert, values))
    return zip(*cells, strict=True)


def _each(convert: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """Return the converted values; each text is converted once, because most are there many times."""
    known: dict[Any, Any] = {}
    out = []
    for value in values:
        if type(value) is not str:
            out.append(None if value is None else convert(value))
            continue
        if value not in known:
            known[value] = convert(value)
        out.append(known[value])
    return out


def _flag(value: Any) -> str:
    return "true" if value else "false"


def _arrow_text(value: Any) -> Any:
    # Arrow has no place for half of a surrogate pair, and neither has a file.
    text = as_text(value)
    return text if text is None else text.encode("utf-8", "backslashreplace").decode()


_UNCUT = 1 << 31
_CSV: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: lambda value: csv_cell(as_text(value), _UNCUT),
    Kind.BOOL: _flag,
    Kind.TIME: iso_time,
    Kind.ANY: lambda value: csv_cell(
        as_text(value) if isinstance(value, str | bytes) else value, _UNCUT
    ),
}
_JSON: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: as_text,
    Kind.FLOAT: strict,
    Kind.TIME: iso_time,
    Kind.ANY: lambda value: as_text(value) if isinstance(value, bytes) else strict(value),
}
_ARROW: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _arrow_text,
    Kind.FLOAT: float,
    Kind.TIME: lambda value: int(value * 1000),
}
