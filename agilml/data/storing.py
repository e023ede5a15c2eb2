"""The files of a data set as blobs of the project, which `agil sync` sends to the remote."""

from __future__ import annotations

import tempfile
from pathlib import Path

from agilml.data.finding import blobs_of
from agilml.data.hashing import in_threads
from agilml.data.manifest import Item, Manifest
from agilml.data.progress import Progress
from agilml.data.shares import DEV, TEST
from agilml.data.sources import Changed, Source
from agilml.data.tables import write_sample
from agilml.project import Project
from agilml.store.blobs import Blobs
from agilml.text import safe_text


def store_files(project: Project, source: Source, manifest: Manifest, progress: Progress) -> None:
    """Make a blob of every file of a manifest, and of every sample of a table.

    Raises:
        Changed: the source does not hold any more what was hashed.
    """
    blobs = blobs_of(project)
    left = [item for item in manifest.items if not blobs.has(item.sha256)]
    progress.begin("storing", len(left), sum(item.size for item in left))
    with tempfile.TemporaryDirectory(prefix="agil-data-") as folder:

        def add(item: Item) -> None:
            _add(blobs, source, item, Path(folder), progress)

        in_threads(add, left)
        for item in manifest.items:
            _add_samples(blobs, manifest, item, Path(folder))


def _add(blobs: Blobs, source: Source, item: Item, folder: Path, progress: Progress) -> None:
    place = source.local(item.path)
    if place is not None:
        kept = blobs.add(place)
    else:
        copy = folder / item.sha256
        source.copy(item, copy, lambda _: None)
        kept = blobs.add(copy)
        copy.unlink()
    if kept != item.sha256:
        blobs.remove(kept)
        raise Changed(item.path, f"in {safe_text(source.address)} changed since it was hashed")
    progress.add(files=1, size=item.size)


def _add_samples(blobs: Blobs, manifest: Manifest, item: Item, folder: Path) -> None:
    for level in (DEV, TEST):
        sample = item.samples.get(level)
        if sample is not None and not blobs.has(sample.sha256):
            part = folder / f"{level}-{item.sha256}"
            with part.open("wb") as file:
                write_sample(blobs.path(item.sha256), item.path, manifest.shares[level], file)
            blobs.add(part)
            part.unlink()
