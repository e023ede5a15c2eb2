"""Reads of chosen runs: first which, from as few tables as can tell, then their rows."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from agilml.ledger.queries_runs import BEST_FIRST, CHUNK, Selection, runs_by_id, sorted_by
from agilml.ledger.rows import RunRow
from agilml.ledger.where import Condition
from agilml.model import TrialState

_ALL = "trial t LEFT JOIN attempt a ON a.id = t.attempt"
_SWEEP = (
    "JOIN sweep s ON s.id = coalesce(a.sweep,"
    " (SELECT min(f.sweep) FROM sweep_trial f WHERE f.trial = t.id))"
)
_OF_SWEEP = (
    "sweep_trial m JOIN trial t ON t.id = m.trial LEFT JOIN attempt a ON a.id = t.attempt"
    " JOIN sweep s ON s.id = m.sweep"
)
_BEST = "LEFT JOIN metric b ON b.attempt = t.attempt AND b.name = s.metric"
_USES_SWEEP = re.compile(r"\b[sb]\.")
"""Our own names of tables: every text of others is bound as a value and stands in no SQL."""


class Chosen:
    """The runs that were chosen, in order; their rows are read as they are asked for."""

    def __init__(
        self, db: sqlite3.Connection, wanted: Selection, found: Sequence[tuple[str, float]]
    ):
        self._db = db
        self._wanted = wanted
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def rows(self, limit: int | None = None) -> Iterator[RunRow]:
        """Yield the first ``limit`` runs, or all."""
        left = len(self._found) if limit is None else limit
        for group in self._groups():
            if left <= 0:
                return
            rows = runs_by_id(self._db, group, self._wanted.sweep)
            if self._newest_first:
                # Planned in one moment: in the order of their plan.
                rows.sort(key=lambda row: (-row.planned, row.sweep, -row.index, row.run))
            yield from rows[:left]
            left -= len(rows)

    @property
    def _newest_first(self) -> bool:
        return self._wanted.sweep is None and self._wanted.sort is None

    def _groups(self) -> Iterator[list[str]]:
        """Yield the ids in pieces of about a query's size; runs of one moment stay together."""
        if not self._newest_first:
            ids = [trial for trial, _ in self._found]
            yield from (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))
            return
        group: list[str] = []
        for _, moment in groupby(self._found, key=itemgetter(1)):
            group += [trial for trial, _ in moment]
            if len(group) >= CHUNK:
                yield group
                group = []
        yield group


def choose(db: sqlite3.Connection, wanted: Selection, condition: Condition | None) -> Chosen:
    """Return the runs that ``wanted`` (its limit aside) and ``condition`` describe."""
    tests, values = _tests(wanted, condition)
    order, join, joined = _order(wanted)
    where = f"WHERE {' AND '.join(tests)}" if tests else ""
    asked = condition.joins if condition else None
    source = _source(wanted, f"{where} {order}")
    rows = db.execute(
        f"SELECT t.id, t.planned FROM {source} {asked.text if asked else ''} {join} {where}"
        f" ORDER BY {order}",
        [*(asked.values if asked else ()), *joined, *values],
    )
    found: Sequence[tuple[str, float]] = rows.fetchall()
    if wanted.sweep is not None:
        # Two origins may have planned a trial of one sweep at different places.
        found = list(dict(found).items())
    return Chosen(db, wanted, found)


def _source(wanted: Selection, text: str) -> str:
    if wanted.sweep is not None:
        return f"{_OF_SWEEP} {_BEST}"
    return f"{_ALL} {_SWEEP} {_BEST}" if _USES_SWEEP.search(text) else _ALL


def _tests(wanted: Selection, condition: Condition | None) -> tuple[list[str], list[object]]:
    tests: list[str] = []
    values: list[object] = []
    if wanted.sweep is not None:
        tests.append("m.sweep = ?")
        values.append(wanted.sweep)
    if wanted.states:
        tests.append(f"t.state IN ({','.join('?' * len(wanted.states))})")
        values += [TrialState(state).value for state in wanted.states]
    if wanted.tag is not None:
        tests.append("EXISTS (SELECT 1 FROM tag g WHERE g.tag = ? AND g.target IN (t.id, s.id))")
        values.append(wanted.tag)
    if condition is not None:
        tests.append(condition.test.text)
        values += condition.test.values
    return tests, values


def _order(wanted: Selection) -> tuple[str, str, list[object]]:
    if wanted.sort is not None:
        order, join, values = sorted_by(wanted.sort, descending=wanted.descending)
        return order, join, list(values)
    return ("t.planned DESC, t.id" if wanted.sweep is None else BEST_FIRST), "", []
