"""Any csv file with a header line and a target column."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from agilml.errors import ConfigError
from agilml.recipes.data.dataset import Array, Dataset, split
from agilml.recipes.data.sources import files

_MOST_CATEGORIES = 50
_MISSING = frozenset({"", "na", "nan", "null", "none", "?"})


def load(data: Mapping[str, Any]) -> Dataset:
    """Return the rows of ``data.path``: ``data.target`` is what to predict, the rest are features.

    A column of numbers is one feature; a column of text becomes one 0/1 feature per value. A missing
    number stays NaN, for the recipe to fill from its training part. ``data.task`` is
    ``classification`` (targets of any kind) or ``regression`` (numbers).

    Raises:
        ConfigError: the file, the target, the task or a column does not fit.
    """
    ((_, path),) = files(data)
    header, rows = _read(path, str(data.get("delimiter", ",")))
    target = str(data.get("target"))
    if target not in header:
        close = get_close_matches(target, header, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ConfigError(f"{path} has no column {target!r}{hint}", next="data.target=COLUMN")
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    y, classes = _target(columns.pop(target), str(data.get("task")), target)
    if not columns:
        raise ConfigError(f"{path} has no column besides {target!r}", next="a file with features")
    x = np.column_stack(
        [part for name, cells in columns.items() for part in _features(name, cells)]
    )
    return split(x, y, classes, data.get("split") or {})


def _read(path: Path, delimiter: str) -> tuple[list[str], list[list[str]]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as stream:
            header, *rows = (row for row in csv.reader(stream, delimiter=delimiter) if row)
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise ConfigError(
            f"{path} is not a csv file with a header ({error})", next="fix it"
        ) from error
    header = [name.strip() for name in header]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ConfigError(
                f"{path}: row {number} has {len(row)} cells, and the header {len(header)}",
                next="fix the row, or set data.delimiter",
            )
    if not rows or len(set(header)) != len(header):
        raise ConfigError(f"{path} has no rows, or two columns of one name", next="fix the file")
    return header, rows


def _numbers(cells: Sequence[str]) -> Array | None:
    try:
        return np.array(
            [np.nan if cell.strip().lower() in _MISSING else float(cell) for cell in cells],
            dtype=np.float32,
        )
    except ValueError:
        return None


def _features(name: str, cells: Sequence[str]) -> list[Array]:
    numbers = _numbers(cells)
    if numbers is not None:
        return [numbers]
    values = sorted({cell.strip() for cell in cells})
    if len(values) > _MOST_CATEGORIES:
        raise ConfigError(
            f"column {name!r} is text with {len(values)} different values, more than"
            f" {_MOST_CATEGORIES}",
            next="remove the column (an id or a free text is no feature)",
        )
    stripped = np.array([cell.strip() for cell in cells])
    return [(stripped == value).astype(np.float32) for value in values]


def _target(cells: Sequence[str], task: str, name: str) -> tuple[Array, tuple[str, ...]]:
    if any(cell.strip().lower() in _MISSING for cell in cells):
        raise ConfigError(f"the target {name!r} is missing in some rows", next="remove those rows")
    if task == "regression":
        numbers = _numbers(cells)
        if numbers is None or not np.isfinite(numbers).all():
            raise ConfigError(
                f"the target {name!r} is not all numbers", next="data.task=classification"
            )
        return numbers, ()
    if task != "classification":
        raise ConfigError(
            f"data.task is {task!r}", next="data.task=classification or data.task=regression"
        )
    classes = tuple(sorted({cell.strip() for cell in cells}))
    if len(classes) < 2:
        raise ConfigError(
            f"the target {name!r} has one value in all rows", next="another data.target"
        )
    index = {value: n for n, value in enumerate(classes)}
    return np.array([index[cell.strip()] for cell in cells], dtype=np.int64), classes
