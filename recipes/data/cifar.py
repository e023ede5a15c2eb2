"""CIFAR-10 and CIFAR-100 from the binary version of their files.

Layout: https://www.cs.toronto.edu/~kriz/cifar.html. The python version of the same data is a pickle,
which can run any code when it is opened, so it is never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agilml.errors import ConfigError
from agilml.recipes.data.dataset import Array, Dataset, Part, carve
from agilml.recipes.data.sources import files

_SHAPE = (3, 32, 32)
_PIXELS = 3 * 32 * 32


def load(data: Mapping[str, Any]) -> Dataset:
    """Return CIFAR with its own test part; ``data.split.val`` is a share of its training part.

    Raises:
        ConfigError: a file is missing or is not a whole number of records.
    """
    # A CIFAR-100 record starts with a coarse label and then the fine one; CIFAR-10 has one label.
    labels, classes = (1, 10) if data["name"] == "cifar10" else (2, 100)
    parts = {name: _records(path, labels, classes) for name, path in files(data)}
    test = next(parts.pop(name) for name in ("test_batch.bin", "test.bin") if name in parts)
    x = np.concatenate([part.x for part in parts.values()])
    y = np.concatenate([part.y for part in parts.values()])
    return carve(x, y, test, tuple(str(n) for n in range(classes)), data.get("split") or {})


def _records(path: Path, labels: int, classes: int) -> Part:
    raw: Array = np.fromfile(path, dtype=np.uint8)
    if not len(raw) or len(raw) % (labels + _PIXELS):
        raise _broken(path)
    records = raw.reshape(-1, labels + _PIXELS)
    y = records[:, labels - 1].astype(np.int64)
    if y.max() >= classes:
        raise _broken(path)
    return Part(records[:, labels:].reshape(-1, *_SHAPE), y)


def _broken(path: Path) -> ConfigError:
    return ConfigError(
        f"{path} is not a whole file of CIFAR records", next="unpack the binary version again"
    )
