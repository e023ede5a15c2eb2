"""Taking over a sweep that others have planned: its plan as facts of this ledger's own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from agilml import events as e
from agilml.ledger.planning import PlannedTrial, trial_events

_PLANNED = "conf, recipe, metric, mode, total, spec, provenance, origin"


def plan_of(db: sqlite3.Connection, sweep: str) -> Iterator[e.Event]:
    """Yield the facts that plan ``sweep`` here as its shown origin has it; its results stay what they are.

    A trial that has succeeded is kept. An origin's facts stand for themselves: structures are told again.
    """
    row = db.execute(f"SELECT {_PLANNED} FROM sweep WHERE id = ?", (sweep,)).fetchone()
    conf, recipe, metric, mode, total, spec, provenance, origin = row
    trials, kept = _trials(db, sweep)
    yield from _structures(db, {trial[1] for trial in trials})
    yield e.SweepPlanned(
        sweep, conf, recipe, metric, mode, total, json.loads(spec), json.loads(provenance)
    )
    yield from _candidates(db, sweep, origin)
    yield from trial_events(sweep, trials, kept)


def _trials(db: sqlite3.Connection, sweep: str) -> tuple[list[PlannedTrial], set[str]]:
    rows = db.execute(
        "SELECT t.id, t.structure, t.delta, m.params, t.state FROM sweep_trial m"
        " JOIN trial t ON t.id = m.trial WHERE m.sweep = ? ORDER BY m.idx, t.id",
        (sweep,),
    ).fetchall()
    trials: list[PlannedTrial] = [
        (str(trial), str(structure), json.loads(delta), json.loads(params))
        for trial, structure, delta, params, _ in rows
    ]
    return trials, {str(row[0]) for row in rows if row[4] in ("succeeded", "pruned")}


def _structures(db: sqlite3.Connection, ids: set[str]) -> Iterator[e.StructureComposed]:
    for structure in sorted(ids):
        row = db.execute(
            "SELECT conf, choices, unresolved, resolved FROM structure WHERE id = ? AND here = 0",
            (structure,),
        ).fetchone()
        if row is not None:
            parts: list[Any] = [json.loads(text) for text in row[1:]]
            yield e.StructureComposed(structure, str(row[0]), *parts)


def _candidates(db: sqlite3.Connection, sweep: str, origin: str) -> Iterator[e.CandidateProposed]:
    rows = db.execute(
        "SELECT number, choice, trials, by FROM candidate WHERE sweep = ? AND origin = ? ORDER BY number",
        (sweep, origin),
    )
    for number, choice, trials, by in rows.fetchall():
        yield e.CandidateProposed(sweep, number, json.loads(choice), json.loads(trials), by)
