"""Data sets for people and for programs: lists, one of them, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agilml.data.checking import Difference, Problem
from agilml.data.manifest import Level, Manifest
from agilml.data.pins import Pin
from agilml.data.progress import human_size
from agilml.ledger.queries_data import DatasetRow
from agilml.model import JSON
from agilml.report.fields import iso_time
from agilml.report.table import Column, table
from agilml.text import plural, safe_text

DIGITS = 12
"""Of a digest, as many as people are shown."""
SHOWN = 20
"""Names of files that are listed before the rest is only counted."""


def pin_fields(pin: Pin) -> dict[str, JSON]:
    """Return a data set as the JSON of ``agil data``."""
    return {
        "name": pin.name,
        "digest": pin.digest,
        "source": pin.source,
        "items": pin.kind,
        "stored": pin.stored,
        "levels": {name: _level_fields(level) for name, level in pin.levels.items()},
    }


def file_fields(manifest: Manifest) -> list[JSON]:
    """Return the files of a version as the JSON of ``agil data show``."""
    return [
        {"path": item.path, "sha256": item.sha256, "size": item.size, "version": item.version}
        for item in manifest.items
    ]


def version_fields(rows: Sequence[DatasetRow]) -> list[JSON]:
    """Return the recorded versions of a data set, the newest first."""
    return [
        {"digest": row.digest, "source": row.source, "by": row.by, "at": iso_time(row.at)}
        for row in rows
        if row.level == "prod"
    ]


def difference_fields(found: Difference) -> dict[str, JSON]:
    """Return what differs between two versions as the JSON of ``agil data diff``."""
    levels: dict[str, JSON] = {
        name: {"before": _level_fields(before), "after": _level_fields(after)}
        for name, (before, after) in found.levels.items()
    }
    return {
        "same": found.same,
        "added": [item.path for item in found.added],
        "removed": [item.path for item in found.removed],
        "changed": [before.path for before, _ in found.changed],
        "moved": dict(found.moved),
        "levels": levels,
    }


def list_lines(pins: Mapping[str, Pin], width: int | None) -> list[str]:
    """Return the table of a project's data sets."""
    columns = [
        Column("data"),
        Column("digest"),
        Column("files", right=True),
        Column("size", right=True),
        Column("dev", right=True, keep=2),
        Column("test", right=True, keep=2),
        Column("source", keep=1, least=12),
    ]
    rows = [
        [
            pin.name,
            pin.digest[:DIGITS],
            f"{pin.levels['prod'].files:,}",
            human_size(pin.levels["prod"].size),
            _items(pin, "dev"),
            _items(pin, "test"),
            pin.source + (" (stored)" if pin.stored else ""),
        ]
        for pin in pins.values()
    ]
    return table(columns, rows, width=width)


def pin_lines(pin: Pin, versions: Sequence[DatasetRow], width: int | None) -> list[str]:
    """Return one data set: where it lies, what its levels hold, and its recorded versions."""
    lines = [
        f"{pin.name}@{pin.digest[:DIGITS]}",
        f"  source  {safe_text(pin.source)}" + (", stored as blobs" if pin.stored else ""),
        "",
    ]
    columns = [
        Column("level"),
        Column("share", right=True),
        Column(pin.kind, right=True),
        Column("size", right=True),
        Column("digest", keep=1),
    ]
    rows = [
        [
            level.name,
            level.share,
            f"{level.items:,}",
            human_size(level.size),
            level.digest[:DIGITS],
        ]
        for level in pin.levels.values()
    ]
    lines += [f"  {line}" for line in table(columns, rows, width=width and width - 2)]
    known = [row for row in versions if row.level == "prod"]
    if known:
        columns = [Column("version"), Column("files", right=True), Column("added"), Column("by")]
        rows = [
            [row.digest[:DIGITS], f"{row.files:,}", (iso_time(row.at) or "")[:16], row.by]
            for row in known
        ]
        lines += ["", *(f"  {line}" for line in table(columns, rows, width=width and width - 2))]
    return lines


def difference_lines(found: Difference) -> Iterator[str]:
    """Yield what differs between two versions, names first and counts behind them."""
    if found.same:
        yield "no difference"
        return
    named = [
        *(("+", item.path) for item in found.added),
        *(("-", item.path) for item in found.removed),
        *(("~", before.path) for before, _ in found.changed),
        *((">", f"{old} -> {new}") for old, new in found.moved.items()),
    ]
    yield from (f"{sign} {safe_text(name)}" for sign, name in named[:SHOWN])
    if len(named) > SHOWN:
        yield f"… and {len(named) - SHOWN:,} more: --json lists all"
    counts = (
        f"{plural(len(found.added), 'file')} added",
        f"{len(found.removed):,} removed",
        f"{len(found.changed):,} changed",
        f"{len(found.moved):,} moved",
    )
    yield ", ".join(counts)
    for name, (before, after) in found.levels.items():
        if before.digest == after.digest:
            yield f"{name}: the same"
        else:
            yield f"{name}: {_told(before)} -> {_told(after)}"


def problem_lines(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield the files that are not as they were recorded."""
    yield from (f"{one.what:<8} {safe_text(one.path)}" for one in problems[:SHOWN])
    if len(problems) > SHOWN:
        yield f"… and {len(problems) - SHOWN:,} more: --json lists all"


def _level_fields(level: Level) -> dict[str, JSON]:
    return {
        "share": level.share,
        "files": level.files,
        "items": level.items,
        "size": level.size,
        "digest": level.digest,
    }


def _told(level: Level) -> str:
    return f"{level.items:,} items, {human_size(level.size)}"


def _items(pin: Pin, level: str) -> str:
    return f"{pin.levels[level].items:,} {pin.kind}"


def added_lines(pin: Pin, *, known: bool, notes: Sequence[str]) -> Iterator[str]:
    """Yield what ``agil data add`` says when it is done."""
    levels = pin.levels
    whole = levels["prod"]
    news = "unchanged" if known else "added"
    files = plural(whole.files, "file")
    yield f"{pin.name}@{pin.digest[:DIGITS]} {news}: {files}, {human_size(whole.size)}"
    samples = (f"{name} {levels[name].share}: {levels[name].items:,}" for name in ("dev", "test"))
    yield f"  {', '.join(samples)} of {whole.items:,} {pin.kind}"
    yield from (f"  {safe_text(note)}" for note in notes)
