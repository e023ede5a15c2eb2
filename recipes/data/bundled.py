"""The small real data sets inside the installed scikit-learn."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agilml.recipes.data.dataset import Array, Dataset, split
from agilml.recipes.data.sources import files

_DIGIT_SIDE = 8


def load(data: Mapping[str, Any]) -> Dataset:
    """Return a bundled data set, split as ``data.split`` says.

    ``digits`` are 1,797 handwritten digits, 8 x 8 pixels with values 0 to 16 (E. Alpaydin and
    C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998); the others are tables.
    """
    paths = dict(files(data))
    match data["name"]:
        case "digits":
            x, y, classes = _digits(paths["digits.csv.gz"])
        case "diabetes":
            x = np.loadtxt(paths["diabetes_data_raw.csv.gz"], dtype=np.float32)
            y = np.loadtxt(paths["diabetes_target.csv.gz"], dtype=np.float32)
            classes = ()
        case _:
            (path,) = paths.values()
            x, y, classes = _headed(path)
    return split(x, y, classes, data.get("split") or {})


def _digits(path: Path) -> tuple[Array, Array, tuple[str, ...]]:
    with gzip.open(path, "rt", encoding="ascii") as stream:
        values = np.loadtxt(stream, delimiter=",", dtype=np.float32)
    pixels = values[:, :-1].astype(np.uint8).reshape(-1, 1, _DIGIT_SIDE, _DIGIT_SIDE)
    return pixels, values[:, -1].astype(np.int64), tuple("0123456789")


def _headed(path: Path) -> tuple[Array, Array, tuple[str, ...]]:
    # The first line is: number of rows, number of features, the names of the classes.
    with path.open(encoding="utf-8") as stream:
        _, _, *classes = next(stream).strip().split(",")
        values = np.loadtxt(stream, delimiter=",", dtype=np.float32)
    return values[:, :-1], values[:, -1].astype(np.int64), tuple(classes)
