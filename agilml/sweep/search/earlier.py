"""What earlier sweeps have found, for a search that starts from it (``sampler.warm_start``)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from agilml.ledger.history import final_values
from agilml.model import JSON, TrialState, canonical
from agilml.points import leaves, materialise
from agilml.sweep.search.base import Choice, Observation
from agilml.sweep.search.goals import Goals, observe
from agilml.sweep.search.plan import SearchPlan

_NEVER = (1 << 63) - 1


def observations(
    db: sqlite3.Connection, sweep: str, plan: SearchPlan, goals: Goals
) -> Iterator[tuple[Choice, Observation]]:
    """Yield what earlier sweeps had found when ``sweep`` was planned and fits its space, each point once.

    What they find later would change what a resumed sweep proposes.
    """
    done = _ended_before(db, sweep) if plan.warm_start else set()
    seen: set[str] = set()
    for earlier in plan.warm_start:
        for trial, state, choice in _trials(db, earlier, plan, done):
            if choice is None or canonical(dict(choice)) in seen:
                continue
            seen.add(canonical(dict(choice)))
            yield choice, observe({trial: state}, goals, lambda one: final_values(db, one))


def fits(db: sqlite3.Connection, sweep: str, plan: SearchPlan) -> list[JSON]:
    """Return how many trials of each earlier sweep can tell ``sweep`` something, as plain JSON.

    Per ``sweep`` that is ``trials``, those with a result by now, or before ``sweep`` was planned where it
    is known already, and ``fit``, those of them that lie in its space.
    """
    done = _ended_before(db, sweep) if plan.warm_start else set()
    found: list[JSON] = []
    for earlier in plan.warm_start:
        choices = [choice for _, _, choice in _trials(db, earlier, plan, done)]
        fit = sum(choice is not None for choice in choices)
        found.append({"sweep": earlier, "trials": len(choices), "fit": fit})
    return found


def _trials(
    db: sqlite3.Connection, earlier: str, plan: SearchPlan, done: set[str]
) -> Iterator[tuple[str, TrialState, Choice | None]]:
    """Yield the trials of a sweep whose attempt is in ``done``, each with the candidate that it was."""
    rows = db.execute(
        "SELECT t.attempt, t.id, t.state, s.choices, s.resolved, t.delta"
        " FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " JOIN structure s ON s.id = t.structure WHERE m.sweep = ? AND t.state IN ('succeeded', 'pruned')"
        " ORDER BY m.idx",
        (earlier,),
    )
    for attempt, trial, state, choices, resolved, delta in rows.fetchall():
        if attempt in done:
            config = materialise(json.loads(resolved), json.loads(delta))
            choice = plan.choose({**json.loads(choices), **leaves(config)})
            yield str(trial), TrialState(state), choice


def _ended_before(db: sqlite3.Connection, sweep: str) -> set[str]:
    """Return the attempts that had ended when the sweep was planned, by the order of recording.

    Of a sweep that is not planned yet, those that have ended by now.
    """
    rows = db.execute(
        "SELECT subject FROM fact WHERE kind = 'attempt.ended' AND rowid < coalesce("
        "(SELECT min(rowid) FROM fact WHERE kind = 'sweep.planned' AND subject = ?), ?)",
        (sweep, _NEVER),
    )
    return {str(row[0]) for row in rows}
