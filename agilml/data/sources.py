"""Where the files of a data set lie: what is there, what it holds, and how to get it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from agilml.data.hashing import Mark
from agilml.data.manifest import Item
from agilml.errors import AgilError, UsageError
from agilml.project import Project
from agilml.text import safe_text

Advance = Callable[[int], None]
"""Hears how many more bytes have been read."""


class Found(NamedTuple):
    """A file of a source, not read yet.

    Attributes:
        path: its place in the data set.
        mark: differs once its content does.
        sure: whether the mark can be trusted later; not where the file was changed a moment ago.
        sha256: its digest, where the source knows and has checked it.
        version: S3 VersionId, where its bucket keeps versions.
    """

    path: str
    size: int
    mark: Mark = ()
    sure: bool = True
    sha256: str | None = None
    version: str | None = None


class Source(Protocol):
    """A place of files. Its methods may be called from several threads; whoever opened it closes it."""

    address: str

    def listing(self) -> list[Found]:
        """Return every file, in the order of their paths.

        Raises:
            AgilError: the place is not there, or holds what no data set may hold.
        """

    def digest(self, found: Found, advance: Advance) -> str:
        """Return the hex sha256 of a file's content.

        Raises:
            AgilError: it cannot be read, or changed while it was.
        """

    def read(self, found: Found) -> bytes:
        """Return the content of a small file.

        Raises:
            AgilError: it cannot be read.
        """

    def copy(self, item: Item, to: Path, advance: Advance) -> None:
        """Write the content of a file to ``to``, a new file; it is durable only later.

        Raises:
            Changed: it has another digest than was recorded, or is gone; what was written is of no use.
        """

    def close(self) -> None:
        """Let go of connections."""

    def local(self, path: str) -> Path | None:
        """Return where the file lies on this machine, or None."""


class Changed(AgilError):
    """The source does not hold any more what the manifest says.

    Attributes:
        path: the file's place in the data set.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{safe_text(path)} {why}",
            kept="what was staged before",
            next="agil data verify NAME says what differs; agil data add NAME SOURCE makes a new version",
        )
        self.path = path


def open_source(project: Project, address: str) -> Source:
    """Return the source at ``address``: a path, relative to the project's folder, or a remote's address.

    Raises:
        UsageError: it is neither.
    """
    from agilml.data.folders import FolderSource

    scheme, separator, rest = address.partition("://")
    if separator and scheme == "file":
        return FolderSource(Path("/" + rest.lstrip("/")), address)
    if separator and scheme in ("s3", "ssh"):
        from agilml.data.buckets import BucketSource

        return BucketSource(project, address)
    if separator:
        raise UsageError(
            f"`{safe_text(address)}` is no source of data",
            next="a file, a folder, s3://bucket/prefix, file:///folder or ssh://host/folder",
        )
    place = project.root / Path(address).expanduser()
    if not place.exists():
        # A checkout of a branch (`ref=`) has its own files, and the data of the project it belongs to.
        beside = project.state.parent / address
        place = beside if beside.exists() else place
    return FolderSource(place, address)


def address_of(project: Project, typed: str) -> str:
    """Return the address to record for what was typed: relative where it lies in the project's folder."""
    if "://" in typed:
        return typed.rstrip("/") if not typed.startswith("file://") else typed
    path = Path(os.path.abspath(Path(typed).expanduser()))
    if path == project.root:
        return "."
    return (
        path.relative_to(project.root).as_posix()
        if path.is_relative_to(project.root)
        else str(path)
    )
