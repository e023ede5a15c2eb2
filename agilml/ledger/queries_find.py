"""Reads that find things by what people remember of them: a prefix, a tag, a branch."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple


class Tagged(NamedTuple):
    """One tag on one run or sweep; ``at`` in Unix seconds."""

    tag: str
    target: str
    by: str
    at: float


def with_prefix(db: sqlite3.Connection, prefix: str, limit: int = 10) -> list[str]:
    """Return ids of sweeps (``s-…``) or trials (``t-…``) that start so, in order."""
    table = "sweep" if prefix.startswith("s-") else "trial"
    rows = db.execute(
        f"SELECT id FROM {table} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
        (prefix, prefix + "\U0010ffff", limit),
    )
    return [str(row[0]) for row in rows]


def newest_sweep(db: sqlite3.Connection, branch: str | None = None) -> str | None:
    """Return the sweep planned last, on ``branch`` of Git where given.

    Of those that were planned here it is the one recorded last, whatever the clock said then; one of
    another clone has nothing but its time.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    here, there = ("here IS NOT NULL", "here IS NULL") if version > 2 else ("true", "false")
    on, values = (" AND git_branch = ?", (branch,)) if branch is not None else ("", ())
    newest = [
        db.execute(
            f"SELECT planned, id FROM sweep WHERE {whose}{on} ORDER BY {order} LIMIT 1", values
        ).fetchone()
        for whose, order in ((here, "rowid DESC"), (there, "planned DESC, id"))
    ]
    known = [row for row in newest if row is not None]
    return str(max(known, key=lambda row: row[0])[1]) if known else None


def branches(db: sqlite3.Connection) -> list[str]:
    """Return the Git branches that sweeps were planned on."""
    rows = db.execute(
        "SELECT DISTINCT git_branch FROM sweep WHERE git_branch IS NOT NULL ORDER BY git_branch"
    )
    return [str(row[0]) for row in rows]


def tagged(db: sqlite3.Connection, tag: str) -> list[str]:
    """Return the runs and sweeps that carry ``tag``, the one tagged last first."""
    rows = db.execute("SELECT target FROM tag WHERE tag = ? ORDER BY at DESC, target", (tag,))
    return [str(row[0]) for row in rows]


def all_tags(db: sqlite3.Connection) -> list[Tagged]:
    """Return every tag on everything, by tag."""
    rows = db.execute("SELECT tag, target, by, at FROM tag ORDER BY tag, at, target")
    return [Tagged(*row) for row in rows]


def recent_ids(db: sqlite3.Connection, limit: int = 20) -> list[tuple[str, str, str]]:
    """Return ``(id, state, what)`` of the newest sweeps, then of the newest runs."""
    sweeps: list[Any] = db.execute(
        "SELECT id, state, conf FROM sweep ORDER BY planned DESC, id LIMIT ?", (limit,)
    ).fetchall()
    runs = db.execute(
        "SELECT id, state, (SELECT params FROM sweep_trial WHERE trial = id LIMIT 1) FROM trial"
        " ORDER BY planned DESC, id LIMIT ?",
        (limit,),
    ).fetchall()
    return [(str(a), str(b), str(c)) for a, b, c in [*sweeps, *runs]]
