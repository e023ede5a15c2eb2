"""What event files are made from, read in moments.

A process of the lowest priority may stand still for seconds between two lines. A read that lasted as long
would keep the ledger's write-ahead log from being moved into the database, and a controller waiting for it.
So each read takes a little into memory and is over before anything is made of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from agilml.courier.events import Series
from agilml.courier.facts import GROUP, Fact, facts_behind, own_origin
from agilml.events import AttemptEnded, AttemptLeased, MetricsLogged
from agilml.ledger import queries
from agilml.ledger.packing import load
from agilml.ledger.tables_attempts import logged_by
from agilml.project import Project

_KINDS = (AttemptLeased.kind, MetricsLogged.kind, AttemptEnded.kind)
_ROW = (
    "SELECT a.id, a.trial, a.sweep, a.folder, a.leased, coalesce(a.started, a.leased),"
    " coalesce((SELECT m.params FROM sweep_trial m WHERE m.trial = a.trial AND m.sweep = a.sweep"
    " LIMIT 1), '{}'), a.resumed_from, a.resumed_step"
    " FROM attempt a WHERE a.id IN (SELECT value FROM json_each(?))"
)


class AttemptRow(NamedTuple):
    """An attempt as the ledger knows it; ``params`` is JSON, times are Unix seconds."""

    id: str
    trial: str
    sweep: str
    folder: str
    leased: float
    began: float
    params: str
    source: str | None
    step: int | None

    @property
    def first(self) -> int:
        """The first step that the attempt brings itself."""
        return 0 if self.step is None else int(self.step) + 1


class News(NamedTuple):
    """The next facts of an origin, the last one looked at, and the attempts that they are about."""

    facts: Sequence[Fact]
    last: int
    attempts: dict[str, AttemptRow]


def origins(project: Project, *, everyone: bool) -> list[str]:
    """Return the ledger's own origin, and with ``everyone`` the others behind it."""
    with queries.reader(project.ledger) as db:
        if not everyone:
            return [own_origin(db)]
        rows = db.execute("SELECT id FROM origin ORDER BY own DESC, created, id")
        return [str(row[0]) for row in rows]


def news_behind(project: Project, origin: str, seq: int) -> News:
    """Return what the ledger has of ``origin`` behind fact ``seq``, a few hundred facts at most."""
    with queries.reader(project.ledger) as db, queries.snapshot(db):
        facts, last = facts_behind(db, origin, seq, _KINDS)
        wanted = json.dumps(sorted({fact.attempt for fact in facts}))
        rows = db.execute(_ROW, (wanted,)).fetchall() if facts else []
    return News(facts, last, {row[0]: AttemptRow(*row) for row in rows})


def attempt_row(project: Project, attempt: str) -> AttemptRow | None:
    """Return the attempt with this id, or None."""
    with queries.reader(project.ledger) as db:
        row = db.execute(_ROW, (json.dumps([attempt]),)).fetchone()
    return AttemptRow(*row) if row else None


def points_of(project: Project, attempt: str) -> Iterator[tuple[int, Series]]:
    """Yield number and points of every fact in which the attempt logged some, in order."""
    last = 0
    while True:
        with queries.reader(project.ledger) as db:
            found = list(islice(logged_by(db, attempt, last), GROUP))
        for seq, stored in found:
            yield seq, series_of(stored)
        if len(found) < GROUP:
            return
        last = found[-1][0]


def series_of(stored: str | bytes) -> Series:
    """Return the points of a fact as the ledger keeps it; one whose content was purged has none."""
    series: Series = load(stored).get("series") or {}
    return series


def points_before(series: Series, first: int) -> Series:
    """Return the points at steps before ``first``; those without a step are left out."""
    kept: dict[str, list[list[object]]] = {}
    for name, columns in series.items():
        points = [point for point in zip(*columns, strict=True) if point[0] is not None]
        points = [point for point in points if point[0] < first]
        if points:
            kept[name] = [list(column) for column in zip(*points, strict=True)]
    return kept
