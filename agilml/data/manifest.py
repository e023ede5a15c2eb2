"""The list of a data set's files with their digests; the same data always has the same text.

JSON lines: the first says how levels are made, each of the others describes one file, in the order of their
paths. The sha256 of the text is what a pin holds and what identifies a version of the data set.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from agilml.data.names import check_path
from agilml.data.shares import DEV, LEVELS, PROD, TEST, bound, parse_share
from agilml.data.tables import Sample
from agilml.errors import AgilError
from agilml.text import safe_text
from agilml.worker.reading import listing_digest

Kind: TypeAlias = Literal["files", "rows"]
FORMAT = "agilml-data/1"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 1 << 60


class DamagedManifest(AgilError):
    """The text is no manifest that AgilML ever wrote."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a data set.

    Attributes:
        path: relative to the data set, with ``/``; the file's name where the data set is one file.
        version: S3 VersionId of the object that was read, where its bucket keeps versions.
        rows: how many rows it has, where samples are made of rows.
        samples: what the levels below ``prod`` hold of it, where samples are made of rows.
    """

    path: str
    sha256: str
    size: int
    version: str | None = None
    rows: int | None = None
    samples: Mapping[str, Sample] = field(default_factory=dict)


class Entry(NamedTuple):
    """One file of one level: the item that it is, or that it is a sample of."""

    path: str
    sha256: str
    size: int
    item: Item

    @property
    def is_sample(self) -> bool:
        """Whether it holds some rows of its item rather than all of it."""
        return self.sha256 != self.item.sha256


class Level(NamedTuple):
    """A level of one version of a data set; ``digest`` is that of what a run of this level reads."""

    name: str
    share: str
    digest: str
    files: int
    size: int
    items: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a data set. ``kind`` says whether levels are samples of files or of rows."""

    kind: Kind
    shares: Mapping[str, str]
    items: Sequence[Item]

    def text(self) -> bytes:
        """Return the one text of this manifest."""
        head: dict[str, Any] = {
            "format": FORMAT,
            "items": self.kind,
            "levels": {level: self.shares[level] for level in (DEV, TEST)},
        }
        lines = [head, *map(_plain, sorted(self.items, key=lambda item: item.path))]
        return "".join(
            json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines
        ).encode()

    @property
    def digest(self) -> str:
        """The hex sha256 of the text."""
        return hashlib.sha256(self.text()).hexdigest()

    def entries(self, level: str) -> list[Entry]:
        """Return the files of a level, by path."""
        if level == PROD:
            return [Entry(item.path, item.sha256, item.size, item) for item in self.items]
        if self.kind == "rows":
            return [
                Entry(item.path, item.samples[level].sha256, item.samples[level].size, item)
                for item in self.items
            ]
        limit = bound(self.shares[level])
        chosen = (item for item in self.items if item.sha256 < limit)
        return [Entry(item.path, item.sha256, item.size, item) for item in chosen]

    def level(self, name: str) -> Level:
        """Return what a level holds, in numbers."""
        entries = self.entries(name)
        items = len(entries)
        if self.kind == "rows":
            counts = (
                entry.item.rows if name == PROD else entry.item.samples[name].rows
                for entry in entries
            )
            items = sum(count or 0 for count in counts)
        size = sum(entry.size for entry in entries)
        share = "100%" if name == PROD else self.shares[name]
        return Level(name, share, content_digest(entries), len(entries), size, items)

    def levels(self) -> list[Level]:
        """Return every level, the smallest kind of use first."""
        return [self.level(name) for name in LEVELS]


def content_digest(entries: Iterable[Entry]) -> str:
    """Return the hex sha256 over paths, sizes and digests: equal where a run would read the same."""
    return listing_digest((entry.path, entry.sha256, entry.size) for entry in entries)


def parse(text: bytes) -> Manifest:
    """Return the manifest with this text.

    Raises:
        DamagedManifest: it is none, or not in the one form that is written.
    """
    try:
        # Only at "\n": splitlines() would also cut at separators that a path may hold.
        head, *lines = (json.loads(line) for line in text.decode().removesuffix("\n").split("\n"))
        manifest = _manifest(head, lines)
    except AgilError as error:
        raise _damaged(error.cause) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(str(error)) from error
    paths = [item.path for item in manifest.items]
    if len(set(paths)) != len(paths) or shadowed(paths) or manifest.text() != text:
        raise _damaged("its lines are not in the form that agil writes")
    return manifest


def _manifest(head: Any, lines: Sequence[Any]) -> Manifest:
    if head["format"] != FORMAT or head["items"] not in ("files", "rows"):
        raise ValueError(f"the format {safe_text(head['format'], 40)} is not known")
    shares = {level: parse_share(head["levels"][level]) for level in (DEV, TEST)}
    return Manifest(head["items"], shares, tuple(_item(line, head["items"]) for line in lines))


def _item(line: Any, kind: Kind) -> Item:
    version, rows, samples = line.get("version"), None, {}
    if kind == "rows":
        rows = _number(line["rows"])
        samples = {
            level: Sample(_sha256(one["sha256"]), _number(one["size"]), _number(one["rows"]))
            for level, one in ((level, line["levels"][level]) for level in (DEV, TEST))
        }
    if version is not None and not isinstance(version, str):
        raise TypeError("a version is text")
    path, size = check_path(line["path"]), _number(line["size"])
    return Item(path, _sha256(line["sha256"]), size, version, rows, samples)


def _plain(item: Item | Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(item, Item):
        return item
    line: dict[str, Any] = {"path": item.path, "sha256": item.sha256, "size": item.size}
    if item.version is not None:
        line["version"] = item.version
    if item.rows is not None:
        line["rows"] = item.rows
        line["levels"] = {level: item.samples[level]._asdict() for level in (DEV, TEST)}
    return line


def shadowed(paths: Sequence[str]) -> str | None:
    """Return a path that is a file and a folder at once, or None."""
    files = set(paths)
    parents = (path[:at] for path in paths for at, char in enumerate(path) if char == "/")
    return next((parent for parent in parents if parent in files), None)


def _sha256(value: Any) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError("a digest is 64 hex digits")
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise ValueError("a size is a whole number")
    return value


def _damaged(why: str) -> DamagedManifest:
    return DamagedManifest(
        f"this is no manifest of a data set: {safe_text(why, 200)}",
        next="agil data add NAME SOURCE",
    )
