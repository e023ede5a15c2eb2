"""A data set in memory, and how it is split into train, validation and test parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from agilml.errors import ConfigError

Array = npt.NDArray[Any]


DEFAULT_SPLIT: Mapping[str, Any] = {"val": 0.15, "test": 0.2, "seed": 0}


@dataclass(frozen=True, slots=True)
class Part:
    """Items and their targets, in the same order."""

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.y)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self.x.nbytes + self.y.nbytes)

    def digest(self) -> str:
        """Return the hex sha256 of items and targets, their types and shapes among it."""
        whole = hashlib.sha256()
        for array in (self.x, self.y):
            whole.update(f"{array.dtype.str} {array.shape}\n".encode())
            whole.update(np.ascontiguousarray(array).data)
        return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class Dataset:
    """Three disjoint parts of one data set.

    Attributes:
        classes: the name of every class, by index; empty where the target is a number.
    """

    train: Part
    val: Part
    test: Part
    classes: tuple[str, ...]


def split(x: Array, y: Array, classes: tuple[str, ...], rule: Mapping[str, Any]) -> Dataset:
    """Return ``x`` and ``y`` in three parts, every class in the same shares.

    ``rule`` has the shares ``val`` and ``test`` (fractions of all items) and a ``seed`` of its own, so
    that trials with different seeds are judged on the same items; :data:`DEFAULT_SPLIT` fills gaps.

    Raises:
        ConfigError: a share is out of range, or a part would be empty.
    """
    rule = {**DEFAULT_SPLIT, **rule}
    test, rest = _draw(y, float(rule["test"]), rule, bool(classes))
    share = float(rule["val"]) / (1 - float(rule["test"]))
    val, train = _draw(y[rest], share, rule, bool(classes))
    train_part, val_part, test_part = (Part(x[at], y[at]) for at in (rest[train], rest[val], test))
    return _checked(Dataset(train_part, val_part, test_part, classes))


def carve(
    x: Array, y: Array, test: Part, classes: tuple[str, ...], rule: Mapping[str, Any]
) -> Dataset:
    """Return a data set whose test part is given and whose validation part is taken from ``x``.

    Raises:
        ConfigError: the share ``val`` of ``rule`` is out of range, or a part would be empty.
    """
    rule = {**DEFAULT_SPLIT, **rule}
    val, train = _draw(y, float(rule["val"]), rule, bool(classes))
    return _checked(Dataset(Part(x[train], y[train]), Part(x[val], y[val]), test, classes))


def _draw(y: Array, share: float, rule: Mapping[str, Any], stratify: bool) -> tuple[Array, Array]:
    if not 0 < share < 1:
        raise ConfigError(
            "data.split.val and data.split.test are shares above 0 that leave a training part",
            next="data.split.val=0.15 data.split.test=0.2",
        )
    rng = np.random.default_rng(int(rule["seed"]))
    strata = y if stratify else np.zeros(len(y), dtype=np.int64)
    drawn = []
    for stratum in np.unique(strata):
        at = rng.permutation(np.flatnonzero(strata == stratum))
        drawn.append(at[: round(share * len(at))])
    taken = np.zeros(len(y), dtype=bool)
    taken[np.concatenate(drawn)] = True
    return np.flatnonzero(taken), np.flatnonzero(~taken)


def _checked(dataset: Dataset) -> Dataset:
    for name in ("train", "val", "test"):
        if not len(getattr(dataset, name)):
            raise ConfigError(
                f"the {name} part of the data is empty",
                next="more items, or other shares in data.split",
            )
    return dataset


def as_images(dataset: Dataset, name: str) -> Dataset:
    """Return ``dataset`` unchanged when it holds images.

    Raises:
        ConfigError: it holds rows of a table.
    """
    if dataset.train.x.ndim != 4:
        raise ConfigError(
            f"this recipe needs images, and data={name} is a table", next="data=digits, or conf=mlp"
        )
    return dataset


def as_table(dataset: Dataset) -> Dataset:
    """Return ``dataset`` as float32 rows, images flattened, missing values set to the training mean."""
    rows = {
        name: getattr(dataset, name).x.reshape(len(getattr(dataset, name)), -1).astype(np.float32)
        for name in ("train", "val", "test")
    }
    known = np.isfinite(rows["train"])
    mean = np.where(known, rows["train"], 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    filled = {
        name: replace(
            getattr(dataset, name), x=np.where(np.isfinite(x), x, mean).astype(np.float32)
        )
        for name, x in rows.items()
    }
    return replace(dataset, **filled)


def standardised(dataset: Dataset) -> Dataset:
    """Return rows with zero mean and unit deviation in the training part; constant columns stay 0."""
    mean = dataset.train.x.mean(axis=0)
    deviation = dataset.train.x.std(axis=0)
    deviation[deviation == 0] = 1
    scaled = {
        name: replace(getattr(dataset, name), x=(getattr(dataset, name).x - mean) / deviation)
        for name in ("train", "val", "test")
    }
    return replace(dataset, **scaled)
