"""What stands out in a sweep: the best run, the best candidate, and the Pareto front.

Only what keeps the constraints of the sweep counts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from agilml.ledger import queries, queries_search
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import TrialState
from agilml.sweep.candidates import CandidateRow, candidates_of
from agilml.sweep.search.constraints import Constraint, parse
from agilml.sweep.search.pareto import front as front_of

CAN_BE_BEST = (TrialState.SUCCEEDED, TrialState.PRUNED, TrialState.RUNNING)
"""States of a run that can be the best one: what failed or was cancelled is no result."""
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Front:
    """The runs that no other run beats in every objective.

    Attributes:
        objectives: mode (``max`` or ``min``) by metric; the first one is the sweep's metric.
        runs: those of the front, the best by the first objective first.
        values: the best value of every objective, by run.
        infeasible: how many runs with a result were left out because they miss a constraint.
    """

    objectives: Mapping[str, str]
    runs: Sequence[RunRow]
    values: Mapping[str, Sequence[float]]
    infeasible: int


def objectives_of(sweep: SweepRow) -> dict[str, str]:
    """Return mode by metric, the sweep's metric first."""
    named = sweep.spec.get("objectives") or {sweep.metric: sweep.mode}
    return {str(metric): str(mode) for metric, mode in named.items()}


def constraint_texts(spec: Mapping[str, Any]) -> list[str]:
    """Return what the runs of a sweep must keep, as it was typed."""
    texts = (spec.get("sampler") or {}).get("constraints") or []
    return [texts] if isinstance(texts, str) else [str(text) for text in texts]


def best_run(
    db: sqlite3.Connection, sweep: SweepRow, ranked: Sequence[CandidateRow] | None = None
) -> RunRow | None:
    """Return the run with the best value of the sweep's metric that keeps its constraints, or None.

    A run that failed or was cancelled is never the best one, whatever it had logged before.
    Where runs are repetitions it is the best run of the best candidate: of all runs, the best one is that
    with the luckiest seed. Until a candidate has a mean, it is the best run all the same. ``ranked`` saves
    reading the candidates again.
    """
    best = best_candidate(ranked_candidates(db, sweep) if ranked is None else ranked)
    if best is not None and best.best is not None:
        return queries.run(db, best.best, sweep.id)
    found = best_runs(db, sweep, 1, CAN_BE_BEST)
    return found[0] if found and found[0].best is not None else None


def ranked_candidates(db: sqlite3.Connection, sweep: SweepRow) -> list[CandidateRow]:
    """Return the candidates of a sweep with repetitions, best first; none where it has no repetitions."""
    return candidates_of(db, sweep, parse(constraint_texts(sweep.spec)))


def best_candidate(ranked: Sequence[CandidateRow]) -> CandidateRow | None:
    """Return the first of ``ranked`` if it has a mean and keeps the constraints, else None."""
    if ranked and ranked[0].mean is not None and ranked[0].feasible:
        return ranked[0]
    return None


def best_runs(
    db: sqlite3.Connection,
    sweep: SweepRow,
    limit: int,
    states: Sequence[TrialState] | None = None,
) -> list[RunRow]:
    """Return at most ``limit`` runs that keep the sweep's constraints, best first."""
    texts = constraint_texts(sweep.spec)
    if not texts:
        return queries.runs_of_sweep(db, sweep.id, states=states, best_first=True, limit=limit)
    constraints = parse(texts)
    rows = (row for row in _ranked(db, sweep.id, states) if keeps(row, constraints))
    return list(islice(rows, limit))


def keeps(run: RunRow, constraints: Sequence[Constraint]) -> bool:
    """Whether the final values of ``run`` keep all constraints; a value that is missing keeps none."""
    return all(constraint.violation(run.metrics) <= 0 for constraint in constraints)


def pareto_front(db: sqlite3.Connection, sweep: SweepRow) -> Front:
    """Return the Pareto front of the sweep's runs that have succeeded and keep its constraints."""
    objectives = objectives_of(sweep)
    constraints = parse(constraint_texts(sweep.spec))
    extremes = queries_search.extremes(db, sweep.id, list(objectives))
    rows: list[RunRow] = []
    points: list[tuple[float, ...]] = []
    infeasible = 0
    for row in queries.runs_of_sweep(db, sweep.id, states=(TrialState.SUCCEEDED,), best_first=True):
        point = _point(objectives, extremes.get(row.run, {}))
        if point is None:
            continue
        if keeps(row, constraints):
            rows.append(row)
            points.append(point)
        else:
            infeasible += 1
    chosen = front_of(points, list(objectives.values()))
    values = {rows[i].run: points[i] for i in chosen}
    return Front(objectives, [rows[i] for i in chosen], values, infeasible)


def _point(
    objectives: Mapping[str, str], found: Mapping[str, tuple[float | None, float | None]]
) -> tuple[float, ...] | None:
    point: list[float] = []
    for name, mode in objectives.items():
        low, high = found.get(name, (None, None))
        best = low if mode == "min" else high
        if best is None:
            return None
        point.append(best)
    return tuple(point)


def _ranked(
    db: sqlite3.Connection, sweep: str, states: Sequence[TrialState] | None
) -> Iterator[RunRow]:
    offset = 0
    while True:
        page = queries.runs_of_sweep(
            db, sweep, states=states, best_first=True, limit=_PAGE, offset=offset
        )
        yield from page
        if len(page) < _PAGE:
            return
        offset += _PAGE
