"""What there is to ship of this ledger's attempts: newest and best checkpoint first, then the rest."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agilml.courier.board import FOLDER as TENSORBOARD
from agilml.courier.board import RECIPE, event_file_name
from agilml.project import Project
from agilml.worker import logs

LIVE_SECONDS = 30.0
"""Attempts shorter than this are shipped when they have ended, and their event files not at all."""

CHECKPOINTS = "checkpoints"
_OTHER_ROLES = ("predictions", "model", "notebook")
"""Roles of files and folders of these names, with any ending, in an attempt's folder."""

_COLUMNS = (
    "a.id, a.trial, a.sweep, a.folder, a.leased, coalesce(a.started, a.leased), a.seconds,"
    " coalesce(s.mode, 'max') FROM attempt a LEFT JOIN sweep s ON s.id = a.sweep"
)


class Attempt(NamedTuple):
    """An attempt of this ledger's own; ``seconds`` is None until it has ended."""

    id: str
    trial: str
    sweep: str
    folder: str
    leased: float
    began: float
    seconds: float | None
    mode: str


class Saved(NamedTuple):
    """A checkpoint that is complete on the disk; ``folder`` is below the state folder."""

    attempt: str
    folder: str
    sha256: str
    size: int
    at: float

    @property
    def name(self) -> str:
        """The name that its artifacts begin with: ``checkpoints/step-00000012``."""
        return f"{CHECKPOINTS}/{Path(self.folder).name}"


class Parcel(NamedTuple):
    """A file to ship as an artifact of its attempt."""

    name: str
    role: str
    path: Path


def running(db: sqlite3.Connection, origin: str) -> list[Attempt]:
    """Return this ledger's attempts that have not ended."""
    rows = db.execute(
        f"SELECT {_COLUMNS} WHERE a.state IN ('leased', 'started') AND a.origin = ?", (origin,)
    )
    return [Attempt(*row) for row in rows]


def attempt_of(db: sqlite3.Connection, attempt: str) -> Attempt | None:
    """Return the attempt with this id, or None."""
    row = db.execute(f"SELECT {_COLUMNS} WHERE a.id = ?", (attempt,)).fetchone()
    return Attempt(*row) if row else None


def wanted_checkpoints(db: sqlite3.Connection, attempts: Sequence[Attempt]) -> list[Saved]:
    """Return what is not shipped of the attempts' newest and best checkpoints, the newest first.

    What a later one has replaced is left out: a slow network is not kept busy with it.
    """
    found = [
        (rank, -saved.at, saved)
        for attempt in attempts
        for rank, saved in enumerate(newest_and_best(db, attempt))
        if not _is_shipped(db, saved)
    ]
    return [saved for _, _, saved in sorted(found)]


def newest_and_best(db: sqlite3.Connection, attempt: Attempt) -> list[Saved]:
    """Return the attempt's newest checkpoint, and its best one where that is another."""
    rows = db.execute(
        "SELECT step, folder, sha256, size, value, saved FROM checkpoint WHERE attempt = ?"
        " ORDER BY step DESC",
        (attempt.id,),
    ).fetchall()
    chosen = dict.fromkeys([*rows[:1], *_best(rows, attempt.mode)])
    return [
        Saved(attempt.id, folder, sha256, size, at) for _, folder, sha256, size, _, at in chosen
    ]


def _best(rows: Sequence[tuple[Any, ...]], mode: str) -> list[tuple[Any, ...]]:
    valued = [row for row in rows if row[4] is not None]
    choose = min if mode == "min" else max
    return [choose(valued, key=lambda row: row[4])] if valued else []


def _is_shipped(db: sqlite3.Connection, saved: Saved) -> bool:
    from agilml.worker.checkpoints import STATE

    row = db.execute(
        "SELECT 1 FROM artifact WHERE owner = ? AND name = ? AND sha256 = ?",
        (saved.attempt, f"{saved.name}/{STATE}", saved.sha256),
    ).fetchone()
    return row is not None


def log_parcels(project: Project, attempt: Attempt) -> Iterator[Parcel]:
    """Yield what the attempt wrote to its standard output and error; the beginning too if it was cut."""
    folder = project.state / attempt.folder
    for name in (logs.HEAD, logs.NAME):
        if _size(folder / name):
            yield Parcel(name, "log", folder / name)


def event_parcels(project: Project, attempt: Attempt) -> Iterator[Parcel]:
    """Yield the attempt's event files: ours, and what its recipe wrote itself."""
    name = event_file_name(attempt.leased, attempt.id)
    ours = project.state / TENSORBOARD / attempt.sweep / attempt.trial / name
    if _size(ours):
        yield Parcel(f"{TENSORBOARD}/{name}", "tensorboard", ours)
    theirs = project.state / attempt.folder / TENSORBOARD
    for path in _files_below(theirs):
        inside = path.relative_to(theirs).as_posix()
        yield Parcel(f"{TENSORBOARD}/{RECIPE}/{inside}", "tensorboard", path)


def other_parcels(project: Project, attempt: Attempt) -> Iterator[Parcel]:
    """Yield the files that the recipe left as its results: predictions, models, notebooks."""
    folder = project.state / attempt.folder
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        role = name.partition(".")[0]
        if role in _OTHER_ROLES:
            path = folder / name
            for file in _files_below(path) if path.is_dir() else [path]:
                yield Parcel(file.relative_to(folder).as_posix(), role, file)


def _files_below(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            if not path.is_symlink() and path.is_file():
                yield path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
