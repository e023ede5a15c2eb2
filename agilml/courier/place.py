"""Whose an attempt is, and where the files of one that another clone executed lie here once they were got.

What came from outside as a name is checked before it becomes a path, and never cleaned.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

from agilml.project import Project

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class Place(NamedTuple):
    """An attempt that another origin executed; ``folder`` may not be there yet."""

    attempt: str
    origin: str
    ended: bool
    folder: Path


def place_of(project: Project, db: sqlite3.Connection, attempt: str) -> Place | None:
    """Return where the files of another origin's attempt belong here; None for one of our own."""
    row = db.execute(
        "SELECT a.origin, a.ended FROM attempt a JOIN origin o ON o.id = a.origin"
        " WHERE a.id = ? AND o.own = 0",
        (attempt,),
    ).fetchone()
    if row is None or not _ID.fullmatch(attempt):
        return None
    # Not the folder that its origin names: ids differ between origins, and folders of copies do not.
    return Place(attempt, str(row[0]), row[1] is not None, project.runs / attempt)


def attempt_named(db: sqlite3.Connection, trial: str, n: int) -> str | None:
    """Return the id of the trial's ``n``-th attempt, the latest where several origins made one."""
    row = db.execute(
        "SELECT id FROM attempt WHERE trial = ? AND n = ? ORDER BY leased DESC LIMIT 1", (trial, n)
    ).fetchone()
    return str(row[0]) if row else None
