"""What a recipe reads, as one digest: of a file, or of a folder's files under their names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Content(NamedTuple):
    """The digest of what was read, the files it was in, and their bytes."""

    digest: str
    files: int
    size: int


def listing_digest(entries: Iterable[tuple[str, str, int]]) -> str:
    """Return the hex sha256 over ``(path, sha256, size)`` of files in the order of their paths.

    It is equal where one would read the same, wherever that lies.
    """
    whole = hashlib.sha256()
    for path, sha256, size in entries:
        # No path that is let in holds a line end, so nothing can be shifted into its neighbour.
        whole.update(f"{sha256} {size} {path}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def content_of(path: Path) -> Content:
    """Return the content of a file, or of all files below a folder.

    Raises:
        OSError: something of it cannot be read.
    """
    if not path.is_dir():
        return Content(_sha256(path), 1, path.stat().st_size)
    names = sorted(
        os.path.relpath(os.path.join(folder, name), path)
        for folder, _, files in os.walk(path)
        for name in files
    )
    entries = [(name, _sha256(path / name), (path / name).stat().st_size) for name in names]
    return Content(listing_digest(entries), len(entries), sum(size for *_, size in entries))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
