"""What several origins say of one trial or sweep, and which of it is shown.

Each origin's part is folded from its own facts alone, in their order. What is shown is a symmetric function
of the parts, so that ledgers which hold the same facts show the same, in whatever order they came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

CHUNK = 500


class Who(NamedTuple):
    """Whose fact is folded: its origin, and whether that is the ledger's own."""

    origin: str
    own: bool


_TRIAL = ("state", "attempt", "attempts", "planned", "started", "ended", "reason", "round")
_SWEEP = (
    *("conf", "recipe", "metric", "mode", "executor", "state", "total", "epoch", "controller_host"),
    *("controller_pid", "planned", "started", "ended", "user", "git_commit", "git_branch", "spec"),
    "provenance",
)
COLUMNS = {"trial": _TRIAL, "sweep": _SWEEP}
"""What an origin's part consists of, by table."""

_TRIAL_RANK = {"succeeded": 5, "running": 4, "pruned": 3, "failed": 2, "cancelled": 1, "pending": 0}
_SWEEP_RANK = {"running": 2, "planned": 1}


def any_shared(db: sqlite3.Connection, table: str) -> bool:
    """Whether any row of ``table`` has parts; most ledgers have none."""
    return db.execute(f"SELECT 1 FROM {table}_part LIMIT 1").fetchone() is not None


def shared_among(db: sqlite3.Connection, table: str, ids: Iterable[str]) -> set[str]:
    """Return those of the given rows that several origins know."""
    if not any_shared(db, table):
        return set()
    wanted = list(ids)
    found: set[str] = set()
    for at in range(0, len(wanted), CHUNK):
        chunk = wanted[at : at + CHUNK]
        marks = ",".join("?" * len(chunk))
        rows = db.execute(f"SELECT id FROM {table} WHERE shared = 1 AND id IN ({marks})", chunk)
        found.update(str(row[0]) for row in rows)
    return found


def share(db: sqlite3.Connection, table: str, identifier: str) -> None:
    """Keep what the row says as the part of its only origin, before another one's is added."""
    columns = ", ".join(COLUMNS[table])
    db.execute(
        f"INSERT OR IGNORE INTO {table}_part (id, origin, {columns})"
        f" SELECT id, origin, {columns} FROM {table} WHERE id = ? AND shared = 0",
        (identifier,),
    )
    db.execute(f"UPDATE {table} SET shared = 1 WHERE id = ?", (identifier,))


def update(
    db: sqlite3.Connection,
    table: str,
    who: Who,
    shown: str,
    here: str,
    rows: Sequence[tuple[tuple[Any, ...], tuple[Any, ...], str]],
) -> None:
    """Change rows of ``table`` by the facts of one origin.

    Args:
        db: the ledger, in a transaction.
        table: ``trial`` or ``sweep``.
        who: whose facts they are; an origin changes its own part only.
        shown: assignments to columns of the origin's part, with ``?`` for values.
        here: assignments to columns of this ledger's own controllers; only its own facts change them.
        rows: values of ``shown``, values of ``here``, and the id, for each row.
    """
    sets, values = shown, [(*mine, identifier, who.origin) for mine, _, identifier in rows]
    if who.own and here:
        sets = f"{shown}, {here}" if shown else here
        values = [(*mine, *own, identifier, who.origin) for mine, own, identifier in rows]
    if sets:
        db.executemany(
            f"UPDATE {table} SET {sets} WHERE id = ? AND shared = 0 AND origin = ?", values
        )
    among = shared_among(db, table, (identifier for *_, identifier in rows))
    for mine, own, identifier in rows if among else ():
        if identifier not in among:
            continue
        if shown:
            db.execute(
                f"UPDATE {table}_part SET {shown} WHERE id = ? AND origin = ?",
                (*mine, identifier, who.origin),
            )
        if who.own and here:
            db.execute(f"UPDATE {table} SET {here} WHERE id = ?", (*own, identifier))
        show(db, table, identifier)


def show(db: sqlite3.Connection, table: str, identifier: str) -> None:
    """Let the row say what its parts together say."""
    columns = COLUMNS[table]
    rows = db.execute(
        f"SELECT origin, {', '.join(columns)} FROM {table}_part WHERE id = ?", (identifier,)
    )
    parts = [dict(zip(("origin", *columns), row, strict=True)) for row in rows]
    if table == "trial":
        shown = _shown_trial(parts)
    else:
        members = "SELECT count(*) FROM sweep_trial WHERE sweep = ?"
        shown = _shown_sweep(parts, db.execute(members, (identifier,)).fetchone()[0])
    sets = ", ".join(f"{name} = ?" for name in shown)
    db.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*shown.values(), identifier))


def _shown_trial(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    winner = max(parts, key=_trial_rank)
    return {
        **winner,
        "attempts": sum(part["attempts"] for part in parts),
        "planned": min(part["planned"] for part in parts),
        "started": _first(part["started"] for part in parts),
    }


def _trial_rank(part: dict[str, Any]) -> tuple[Any, ...]:
    """Order by what a person asked for last, then by how far it came, then by when."""
    when = part["ended"] or part["started"] or part["planned"]
    executed = part["attempt"] is not None
    return part["round"], _TRIAL_RANK.get(part["state"], -1), executed, when, part["origin"]


def _shown_sweep(parts: Sequence[dict[str, Any]], members: int) -> dict[str, Any]:
    winner = max(parts, key=_sweep_rank)
    return {
        **winner,
        # Searches of several origins propose trials of their own.
        "total": max(members, *(part["total"] for part in parts)),
        "planned": min(part["planned"] for part in parts),
        "started": _first(part["started"] for part in parts),
    }


def _sweep_rank(part: dict[str, Any]) -> tuple[Any, ...]:
    when = part["ended"] or part["started"] or part["planned"]
    return _SWEEP_RANK.get(part["state"], 0), part["started"] is not None, when, part["origin"]


def _first(times: Iterable[float | None]) -> float | None:
    return min((time for time in times if time is not None), default=None)
