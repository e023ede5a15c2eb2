"""Images in a folder with one subfolder per class."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agilml.errors import ConfigError
from agilml.recipes.data.dataset import Array, Dataset, split
from agilml.recipes.data.sources import files


def load(data: Mapping[str, Any]) -> Dataset:
    """Return the images under ``data.root`` in memory, resized to ``data.size`` pixels square.

    Classes are the names of the subfolders in sorted order. Channels are ``data.channels``: 3 for
    colour, 1 for grey.

    Raises:
        ConfigError: Pillow is missing, there are fewer than two classes, or an image cannot be read.
    """
    found = files(data)
    labels = [name.partition("/")[0] for name, _ in found]
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise ConfigError(
            f"{data['root']} holds images of {len(classes)} classes, and 2 are needed",
            next="one subfolder per class, images inside",
        )
    x = np.stack([_pixels(path, int(data["size"]), int(data["channels"])) for _, path in found])
    y = np.array([classes.index(label) for label in labels], dtype=np.int64)
    return split(x, y, classes, data.get("split") or {})


def _pixels(path: Path, size: int, channels: int) -> Array:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise ConfigError("image folders need Pillow", next="pip install pillow") from None
    try:
        with Image.open(path) as image:
            square = image.convert("RGB" if channels == 3 else "L").resize((size, size))
            pixels: Array = np.asarray(square, dtype=np.uint8)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise ConfigError(
            f"{path} cannot be read as an image ({error})", next="remove it"
        ) from error
    return pixels.reshape(size, size, channels).transpose(2, 0, 1)
