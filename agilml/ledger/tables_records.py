"""How facts about tags, notes, artifacts, data and hardware change the tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from agilml import events as e
from agilml.ledger.parts import Who

_LATER = "(excluded.clock, excluded.origin) > (clock, origin)"
"""The last writer wins, by the clock that each word carries; origins break ties."""


def _tagged(db: sqlite3.Connection, event: e.Tagged, at: float, who: Who) -> None:
    db.execute(
        "INSERT INTO tag_word VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (target, tag) DO UPDATE SET"
        ' "on" = excluded."on", by = excluded.by, at = excluded.at, clock = excluded.clock,'
        f" origin = excluded.origin WHERE {_LATER}",
        (event.target, event.tag, int(event.on), event.by, at, event.clock or at, who.origin),
    )
    key = (event.target, event.tag)
    db.execute("DELETE FROM tag WHERE target = ? AND tag = ?", key)
    db.execute(
        "INSERT INTO tag SELECT target, tag, by, at FROM tag_word"
        ' WHERE target = ? AND tag = ? AND "on" = 1',
        key,
    )


def _note(db: sqlite3.Connection, event: e.NoteSet, at: float, who: Who) -> None:
    db.execute(
        "INSERT INTO note VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (target) DO UPDATE SET"
        " text = excluded.text, by = excluded.by, at = excluded.at, clock = excluded.clock,"
        f" origin = excluded.origin WHERE {_LATER}",
        (event.target, event.text, event.by, at, event.clock, who.origin),
    )


def _artifact(db: sqlite3.Connection, event: e.ArtifactStored, at: float, who: Who) -> None:
    db.execute(
        "INSERT OR REPLACE INTO artifact VALUES (?, ?, ?, ?, ?, ?, ?)",
        (event.owner, event.name, who.origin, event.role, event.sha256, event.size, at),
    )


def _hardware(db: sqlite3.Connection, event: e.HardwareSampled, at: float, who: Who) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO hardware VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(event.attempt, name, len(values)),
                *(sum(values) / len(values), min(values), max(values)),
                *(event.interval, event.seconds),
            )
            for name, values in event.series.items()
            if values
        ],
    )


def _dataset(db: sqlite3.Connection, event: e.DatasetAdded, at: float, who: Who) -> None:
    # Who added a version first stays who added it.
    db.execute(
        "INSERT INTO dataset VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name, level, digest) DO UPDATE"
        " SET source = excluded.source, by = excluded.by, at = excluded.at"
        " WHERE (excluded.at, excluded.by, excluded.source) < (at, by, source)",
        (
            *(event.dataset, event.level, event.digest, event.files, event.size),
            *(event.source, event.by, at),
        ),
    )


def _data_read(db: sqlite3.Connection, event: e.DataRead, at: float, who: Who) -> None:
    db.execute(
        "INSERT OR REPLACE INTO data_read VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(event.attempt, event.dataset, event.level, event.split, event.digest),
            *(event.files, event.size, at),
        ),
    )


def _purged(db: sqlite3.Connection, event: e.FactsPurged, at: float, who: Who) -> None:
    """Take away what the named facts said; those that have not come yet lose it when they come."""
    for origin, seq, digest, body in event.facts:
        db.execute(
            "INSERT INTO purge VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (origin, seq, digest) DO UPDATE SET"
            " body = excluded.body, by = excluded.by, reason = excluded.reason, at = excluded.at"
            " WHERE (excluded.at, excluded.by, excluded.body) < (at, by, body)",
            (origin, seq, digest, body, event.by, event.reason, at),
        )
        (kept,) = db.execute(
            "SELECT body FROM purge WHERE origin = ? AND seq = ? AND digest = ?",
            (origin, seq, digest),
        ).fetchone()
        db.execute(
            "UPDATE fact SET body = ? WHERE origin = ? AND seq = ? AND digest = ?",
            (kept, origin, seq, digest),
        )


RECORDS: dict[str, Callable[[sqlite3.Connection, Any, float, Who], None]] = {
    e.Tagged.kind: _tagged,
    e.NoteSet.kind: _note,
    e.ArtifactStored.kind: _artifact,
    e.HardwareSampled.kind: _hardware,
    e.DatasetAdded.kind: _dataset,
    e.DataRead.kind: _data_read,
    e.FactsPurged.kind: _purged,
}
