"""From a source to a manifest: every file looked at, hashed once, and recorded."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agilml.data.hashing import Mark, Remembered, in_threads
from agilml.data.manifest import Item, Kind, Manifest, shadowed
from agilml.data.names import check_path
from agilml.data.progress import Progress
from agilml.data.shares import DEV, TEST, USUAL, smallest_share
from agilml.data.sources import Found, Source
from agilml.data.tables import NotATable, Rows, is_table, look
from agilml.errors import AgilError, UsageError
from agilml.project import Project
from agilml.text import safe_text

FEW_TABLES = 12
"""Up to so many tables are sampled by row unless something else is asked for; more are items themselves."""


@dataclass(frozen=True, slots=True)
class Made:
    """A manifest, and what a person should know about how it was made."""

    manifest: Manifest
    hashed: int
    notes: Sequence[str] = ()


class _WholeFiles(Exception):
    """Some table cannot be cut into rows, so that its files are the items."""


def make_manifest(
    project: Project,
    source: Source,
    *,
    shares: Mapping[str, str],
    kind: Kind | None = None,
    progress: Progress | None = None,
) -> Made:
    """Return the manifest of what a source holds now.

    Args:
        project: where digests are remembered from one time to the next.
        source: where the files lie.
        shares: of the levels for which a share is settled; the others get the usual one, or the next
            larger round one that holds an item at all.
        kind: what samples are made of; by default rows where the source is a few tables, else files.
        progress: hears how far it has come.

    Raises:
        AgilError: the source is empty, holds what no data set may hold, or changes while it is read.
        UsageError: rows are asked for and the source is not all tables, or a level would be empty.
    """
    progress = progress or Progress()
    listing = source.listing()
    if not listing:
        raise AgilError(
            f"{safe_text(source.address)} holds no file", next="agil data add NAME FOLDER"
        )
    _check_paths(listing)
    _check_kind(listing, kind)
    digests, hashed = _digests(project, source, listing, progress)
    items = [
        Item(found.path, sha256, found.size, found.version)
        for found, sha256 in zip(listing, digests, strict=True)
    ]
    notes: list[str] = []
    if kind == "rows" or (kind is None and _few_tables(listing)):
        try:
            return Made(_by_rows(source, items, shares, notes, progress), hashed, notes)
        except _WholeFiles as error:
            if kind == "rows":
                raise UsageError(str(error), next="--items files") from error
            notes.append(f"{error}: files are its items")
    return Made(_by_files(items, shares, notes), hashed, notes)


def _digests(
    project: Project, source: Source, listing: Sequence[Found], progress: Progress
) -> tuple[list[str], int]:
    """Return the digest of every file, and how many of them had to be read."""
    name = hashlib.sha256(source.address.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    memory = Remembered(project.state / "data" / f"{name}.json")
    known = [found.sha256 or memory.digest(found.path, found.mark) for found in listing]
    unread = [found for found, digest in zip(listing, known, strict=True) if digest is None]
    progress.begin("hashing", len(unread), sum(found.size for found in unread))

    def digest(found: Found) -> str:
        sha256 = source.digest(found, lambda size: progress.add(size=size))
        progress.add(files=1)
        return sha256

    fresh = iter(in_threads(digest, unread))
    digests = [sha256 or next(fresh) for sha256 in known]
    kept: dict[str, tuple[Mark, str]] = {
        found.path: (found.mark, sha256)
        for found, sha256 in zip(listing, digests, strict=True)
        if found.mark and found.sure
    }
    memory.keep(kept)
    return digests, len(unread)


def _by_files(items: Sequence[Item], shares: Mapping[str, str], notes: list[str]) -> Manifest:
    settled = _settle(shares, [item.sha256 for item in items], len(items), "file", notes)
    manifest = Manifest("files", settled, tuple(items))
    for level in (DEV, TEST):
        if not manifest.entries(level):
            raise _empty(level, settled[level], len(items), "file")
    return manifest


def _by_rows(
    source: Source,
    items: Sequence[Item],
    shares: Mapping[str, str],
    notes: list[str],
    progress: Progress,
) -> Manifest:
    size = sum(item.size for item in items)
    with tempfile.TemporaryDirectory(prefix="agil-data-") as folder:
        places = in_threads(lambda item: _here(source, item, Path(folder)), items)
        if not set(shares) >= {DEV, TEST}:
            progress.begin("counting rows", len(items), size)
            first = _look(items, places, {}, progress)
            least = [rows.least for rows in first]
            shares = _settle(shares, least, sum(rows.total for rows in first), "row", notes)
        progress.begin("sampling rows", len(items), size)
        found = _look(items, places, shares, progress)
    sampled = [
        Item(item.path, item.sha256, item.size, item.version, rows.total, rows.samples)
        for item, rows in zip(items, found, strict=True)
    ]
    count = sum(rows.total for rows in found)
    for level in (DEV, TEST):
        if not sum(rows.samples[level].rows for rows in found):
            raise _empty(level, shares[level], count, "row")
    return Manifest("rows", dict(shares), tuple(sampled))


def _look(
    items: Sequence[Item], places: Sequence[Path], shares: Mapping[str, str], progress: Progress
) -> list[Rows]:
    found = []
    for item, place in zip(items, places, strict=True):
        try:
            found.append(look(place, item.path, shares))
        except NotATable as error:
            raise _WholeFiles(f"{safe_text(item.path)} cannot be cut into rows") from error
        progress.add(files=1, size=item.size)
    return found


def _here(source: Source, item: Item, folder: Path) -> Path:
    place = source.local(item.path)
    if place is None:
        place = folder / item.sha256
        source.copy(item, place, lambda _: None)
    return place


def _settle(
    given: Mapping[str, str], digests: Sequence[str], count: int, item: str, notes: list[str]
) -> dict[str, str]:
    shares: dict[str, str] = {}
    for level in (DEV, TEST):
        share = given.get(level) or smallest_share(digests, USUAL[level])
        if level not in given and share != USUAL[level]:
            many = f"{count:,} {item}s" if count != 1 else f"one {item}"
            notes.append(f"{level} is {share}: {USUAL[level]} of {many} is nothing")
        shares[level] = share
    return shares


def _few_tables(listing: Sequence[Found]) -> bool:
    return len(listing) <= FEW_TABLES and all(is_table(found.path) for found in listing)


def _check_paths(listing: Sequence[Found]) -> None:
    for found in listing:
        check_path(found.path)
    both = shadowed([found.path for found in listing])
    if both:
        raise AgilError(
            f"{safe_text(both)} is a file and a folder, which only a bucket can hold",
            next="rename one of the two",
        )


def _check_kind(listing: Sequence[Found], kind: Kind | None) -> None:
    other = next((found for found in listing if not is_table(found.path)), None)
    if kind == "rows" and other is not None:
        raise UsageError(
            f"{safe_text(other.path)} is no table (.csv, .tsv, .jsonl), so there are no rows to sample",
            next="--items files",
        )


def _empty(level: str, share: str, count: int, item: str) -> UsageError:
    return UsageError(
        f"level {level} would be empty: {share} of {count:,} {item}s",
        next=f"--level {level}=20%, or leave it out and a share that holds something is taken",
    )
