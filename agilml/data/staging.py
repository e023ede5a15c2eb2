"""From a manifest to a read-only folder on this machine, made once and shared by all who ask for it."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from agilml.data.cache import Cache, Held, open_cache
from agilml.data.finding import blobs_of, find
from agilml.data.hashing import CHUNK, digest_of_file, in_threads
from agilml.data.manifest import Entry, Item, Manifest
from agilml.data.names import Reference
from agilml.data.pins import Pin
from agilml.data.progress import Progress
from agilml.data.shares import check_level
from agilml.data.sources import Advance, Changed, Source, open_source
from agilml.data.tables import write_sample
from agilml.errors import AgilError
from agilml.project import Project
from agilml.store.base import Remote
from agilml.store.blobs import blob_key
from agilml.store.errors import RemoteError
from agilml.store.settings import remote_of
from agilml.text import safe_text


@dataclass(frozen=True, slots=True)
class Staged:
    """A level of a data set on this machine.

    Attributes:
        pin: the version that it is of.
        path: a folder that nobody should write to; it holds the files at their paths.
        digest: that of what it holds.
    """

    pin: Pin
    level: str
    path: Path
    digest: str
    files: int
    size: int
    held: Held


def stage(
    project: Project,
    wanted: Reference,
    level: str,
    *,
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> Staged:
    """Return a level of a data set as a folder of this machine's cache, verified as it was put there.

    Of several processes that ask at the same time one does the work. A staging that was cut off goes on with
    the files that it had finished.

    Raises:
        ConfigError: the project has no such data set.
        UsageError: there is no such level.
        AgilError: a file is nowhere to be had as it was added, or there is no room.
    """
    check_level(level)
    cache = cache or open_cache()
    progress = progress or Progress()
    pin, manifest = find(project, wanted, progress)
    facts = manifest.level(level)
    entries = manifest.entries(level)
    held = cache.hold(facts.digest)
    if held is None:
        getter = _Getter(project, pin, manifest, cache, progress)
        what = f"{pin.name} ({level})"
        cache.make_room(getter.missing(entries), what)
        files = {entry.path: entry.sha256 for entry in entries}
        with getter:
            held = cache.make(facts.digest, files, lambda: getter.fetch(entries))
    return Staged(pin, level, held.path, facts.digest, facts.files, facts.size, held)


class _Getter:
    """Gets the objects of one version: from the project's blobs, its source, or the remote's blobs."""

    def __init__(
        self, project: Project, pin: Pin, manifest: Manifest, cache: Cache, progress: Progress
    ) -> None:
        self._blobs = blobs_of(project)
        self._project = project
        self._pin = pin
        self._manifest = manifest
        self._cache = cache
        self._progress = progress
        self._source: Source | None = None
        self._remote: Remote | None = None

    def __enter__(self) -> Self:
        self._remote = remote_of(self._project)
        self._source = open_source(self._project, self._pin.source)
        return self

    def __exit__(self, *_: object) -> None:
        for place in (self._remote, self._source):
            if place is not None:
                place.close()

    def missing(self, entries: list[Entry]) -> int:
        """Return how many bytes are not in the cache yet."""
        sizes = {entry.sha256: entry.size for entry in entries}
        return sum(size for sha256, size in sizes.items() if not self._cache.has(sha256))

    def fetch(self, entries: list[Entry]) -> None:
        """Put what is missing into the cache."""
        wanted = {entry.sha256: entry for entry in entries}
        left = [entry for sha256, entry in wanted.items() if not self._cache.has(sha256)]
        self._progress.begin("staging", len(left), sum(entry.size for entry in left))
        in_threads(self._get, left)

    def _get(self, entry: Entry) -> None:
        if entry.is_sample and not self._stored(entry.sha256):
            self._cache.install(entry.sha256, lambda to: self._cut(entry, to))
            self._progress.add(size=entry.size)
        else:
            self._cache.install(
                entry.sha256,
                lambda to: self._copy(entry.item, entry.sha256, to, self._advance),
            )
        self._progress.add(files=1)

    def _advance(self, size: int) -> None:
        self._progress.add(size=size)

    def _stored(self, sha256: str) -> bool:
        """Whether a sample can be had by itself, which spares the reading of all the rest."""
        if self._blobs.has(sha256):
            return True
        if not self._pin.stored or self._remote is None:
            return False
        with suppress(RemoteError):
            return self._remote.stat(blob_key(sha256)) is not None
        return False

    def _cut(self, entry: Entry, to: Path) -> None:
        """Make the sample of a table from the whole of it."""
        assert self._source is not None
        share = self._manifest.shares[self._level_of(entry)]
        whole = to.with_name(f"{to.name}.whole")
        place = self._source.local(entry.path)
        try:
            if place is None or not place.is_file():
                self._copy(entry.item, entry.item.sha256, whole, lambda _: None)
                place = whole
            with to.open("xb") as file:
                write_sample(place, entry.path, share, file)
        finally:
            whole.unlink(missing_ok=True)
        if digest_of_file(to) != entry.sha256:
            raise Changed(entry.path, "is not what was added")

    def _level_of(self, entry: Entry) -> str:
        samples = entry.item.samples
        return next(level for level, one in samples.items() if one.sha256 == entry.sha256)

    def _copy(self, item: Item, sha256: str, to: Path, advance: Advance) -> None:
        """Write an object that is not a sample, or is one that was stored by itself."""
        if self._blobs.has(sha256):
            _copy_blob(self._blobs.path(sha256), sha256, to, advance)
            return
        problem: AgilError | None = None
        if sha256 == item.sha256:
            assert self._source is not None
            try:
                self._source.copy(item, to, advance)
            except AgilError as error:
                problem = error
            else:
                return
        to.unlink(missing_ok=True)
        if self._remote is not None:
            try:
                self._remote.get_file(blob_key(sha256), to, sha256)
            except RemoteError as error:
                if self._pin.stored:
                    raise _nowhere(item, problem, error) from error
                problem = problem or error
            else:
                advance(to.stat().st_size)
                return
        assert problem is not None
        raise problem


def _nowhere(item: Item, at_source: AgilError | None, in_remote: AgilError) -> AgilError:
    source = f"at its source: {at_source.cause}; " if at_source is not None else ""
    return AgilError(
        f"{safe_text(item.path)} cannot be had. {source}in the remote: {in_remote.cause}",
        kept="what was staged before",
        next="agil sync repair, in a clone that holds it",
    )


def _copy_blob(blob: Path, sha256: str, to: Path, advance: Advance) -> None:
    whole = hashlib.sha256()
    with blob.open("rb", buffering=0) as stream, to.open("xb", buffering=0) as file:
        while chunk := stream.read(CHUNK):
            whole.update(chunk)
            file.write(chunk)
            advance(len(chunk))
    if whole.hexdigest() != sha256:
        raise AgilError(f"the blob {sha256} is damaged", next=f"rm -f {blob}, then agil sync")
