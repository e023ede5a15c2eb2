"""Which files a data set consists of, and the digest of their bytes. Standard library only."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeAlias

from agilml.errors import ConfigError

Family: TypeAlias = Literal["bundled", "cifar", "folder", "csv"]

BUNDLED = {
    "digits": ("digits.csv.gz",),
    "breast_cancer": ("breast_cancer.csv",),
    "wine": ("wine_data.csv",),
    "iris": ("iris.csv",),
    "diabetes": ("diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"),
}
CIFAR = {
    "cifar10": (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"),
    "cifar100": ("train.bin", "test.bin"),
}
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})

_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(BUNDLED, "bundled"),
    **dict.fromkeys(CIFAR, "cifar"),
    "folder": "folder",
    "csv": "csv",
}
_CHUNK = 1 << 20


def family(data: Mapping[str, Any]) -> Family:
    """Return which reader understands ``data``.

    Raises:
        ConfigError: no packaged reader has that name.
    """
    name = str(data.get("name"))
    found = _FAMILIES.get(name)
    if found is None:
        close = get_close_matches(name, _FAMILIES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ConfigError(
            f"there is no data set named {name!r}{hint}",
            next=f"data= one of {', '.join(_FAMILIES)}",
        )
    return found


def files(data: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """Return (name inside the data set, path) of every file that a load reads, sorted by name.

    Raises:
        ConfigError: the data set is unknown, or a file of it is missing.
    """
    match family(data):
        case "bundled":
            return sorted(_bundled(BUNDLED[data["name"]]))
        case "cifar":
            return sorted(_cifar(str(data["name"]), _given(data, "root")))
        case "folder":
            return sorted(_images(_given(data, "root")))
        case "csv":
            path = _table(_given(data, "path"))
            return [(path.name, path)]


def digest(data: Mapping[str, Any]) -> str | None:
    """Return the hex sha256 over the names and bytes of every file that a load reads.

    It is None for a ``data`` group that belongs to a recipe with a reader of its own. It does not
    depend on where the files lie, and covers nothing of the config: split and augmentation are there.

    Raises:
        ConfigError: a file of the data set is missing.
    """
    if data.get("name") not in _FAMILIES:
        return None
    whole = hashlib.sha256()
    for name, path in files(data):
        part = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                part.update(chunk)
        # A hash of hashes: no name or content can be shifted into its neighbour.
        whole.update(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest())
        whole.update(part.digest())
    return whole.hexdigest()


def _given(data: Mapping[str, Any], key: str) -> Path:
    value = data.get(key)
    if data.get("pin"):
        # A pinned data set was staged, and the recipe's config says where.
        key, value = "path", data.get("path")
    if value in (None, ""):
        raise ConfigError(
            f"data={data['name']} needs data.{key}, and it is not set", next=f"add data.{key}=PATH"
        )
    path = Path(str(value)).expanduser()
    if not path.exists():
        raise ConfigError(
            f"data.{key} does not exist: {path}", next=f"set data.{key} to where it lies"
        )
    return path


def _table(path: Path) -> Path:
    """Return the one file of a folder, which is what a pinned table is; a file itself as it is."""
    if not path.is_dir():
        return path
    inside = [entry for entry in path.iterdir() if entry.is_file()]
    if len(inside) != 1:
        raise ConfigError(
            f"data.path is a folder with {len(inside)} files, and a table is one: {path}",
            next="data.path=FILE, or a pin of that file alone",
        )
    return inside[0]


def _bundled(names: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    # The files lie inside the installed scikit-learn. Importing it to ask for them costs 0.8 s a
    # process; finding its folder costs nothing.
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            "this data set is bundled with scikit-learn, which is not installed",
            next="pip install 'agilml[sklearn]'",
        )
    folder = Path(spec.submodule_search_locations[0], "datasets", "data")
    for name in names:
        path = folder / name
        if not path.is_file():
            raise ConfigError(
                f"the installed scikit-learn does not hold {name}",
                next="pip install -U scikit-learn",
            )
        yield name, path


def _cifar(name: str, root: Path) -> Iterator[tuple[str, Path]]:
    inner = root / {"cifar10": "cifar-10-batches-bin", "cifar100": "cifar-100-binary"}[name]
    folder = inner if inner.is_dir() else root
    for part in CIFAR[name]:
        path = folder / part
        if not path.is_file():
            raise ConfigError(
                f"{folder} has no {part}",
                # The python version is a pickle, and opening a pickle runs whatever it says.
                next=f"set data.root to the unpacked *binary* version of {name}, not the python version",
            )
        yield part, path


def _images(root: Path) -> Iterator[tuple[str, Path]]:
    for path in root.glob("*/**/*"):
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            yield path.relative_to(root).as_posix(), path
