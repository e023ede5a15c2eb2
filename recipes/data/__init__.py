"""The data sets that packaged recipes read, chosen by the config group ``data``.

``digest`` and ``files`` cost no import of numpy, so that a plan can name its data at once; the arrays
are read by one module per family when a recipe asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agilml.recipes.data.sources import digest, family, files

if TYPE_CHECKING:
    from agilml.recipes.data.dataset import Dataset
    from agilml.worker.run import Run

__all__ = ["digest", "files", "images", "load", "table"]


def load(data: Mapping[str, Any]) -> Dataset:
    """Return the train, validation and test parts of the data set that ``data`` names.

    Raises:
        ConfigError: the name is unknown, a file is missing, or its content does not fit.
    """
    match family(data):
        case "bundled":
            from agilml.recipes.data import bundled

            return bundled.load(data)
        case "cifar":
            from agilml.recipes.data import cifar

            return cifar.load(data)
        case "folder":
            from agilml.recipes.data import folder

            return folder.load(data)
        case "csv":
            from agilml.recipes.data import csvfile

            return csvfile.load(data)


def images(data: Mapping[str, Any], run: Run | None = None) -> Dataset:
    """Return a data set of images: uint8, shape (items, channels, height, width); ``run`` reads it.

    Raises:
        ConfigError: as :func:`load`, or the data set is a table.
    """
    from agilml.recipes.data.dataset import as_images

    return as_images(_read(data, run), data["name"])


def table(data: Mapping[str, Any], run: Run | None = None) -> Dataset:
    """Return a data set of rows: float32, shape (items, features), images flattened; ``run`` reads it.

    Raises:
        ConfigError: as :func:`load`.
    """
    from agilml.recipes.data.dataset import as_table

    return as_table(_read(data, run))


def _read(data: Mapping[str, Any], run: Run | None) -> Dataset:
    """Return the data set, once the run has recorded each of its parts with a digest of the content."""
    dataset = load(data)
    if run is not None:
        pin, level = str(data.get("pin") or ""), str(data.get("level") or "")
        name = pin.partition("@")[0] or str(data["name"])
        for split in ("train", "val", "test"):
            part = getattr(dataset, split)
            digest = part.digest()
            run.read(name, split, level=level if pin else "", digest=digest, size=part.size)
    return dataset
