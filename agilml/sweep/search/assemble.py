"""A sweep's search, put together from what the ledger has of the sweep, and brought up to date."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agilml.ledger.history import curve_of, final_values, history
from agilml.model import canonical
from agilml.points import Structure
from agilml.sweep.candidates import common_params
from agilml.sweep.search.base import Decision, Objective
from agilml.sweep.search.constraints import parse
from agilml.sweep.search.earlier import observations
from agilml.sweep.search.goals import Goals
from agilml.sweep.search.plan import SearchPlan
from agilml.sweep.search.samplers import make_sampler
from agilml.sweep.search.search import Search
from agilml.sweep.search.stoppers import make_stopper


def assemble(
    db: sqlite3.Connection, sweep: str, spec: Mapping[str, Any], root: Path
) -> tuple[Search, list[Decision]]:
    """Return the search of ``sweep`` as its history has left it, and decisions that it has just made.

    Args:
        db: the ledger.
        sweep: its full id.
        spec: its recorded settings.
        root: the project's folder.

    Raises:
        ConfigError: a setting of its sampler or stopper makes no sense.
    """
    goals = goals_of(spec)
    first = goals.objectives[0]
    stopper = spec.get("stopper") or {"name": "none"}
    rule = None if stopper.get("name") == "none" else make_stopper(stopper, first)

    def results(trial: str) -> Mapping[str, tuple[float | None, ...]]:
        return final_values(db, trial)

    if spec.get("search"):
        plan = SearchPlan.from_json(spec["search"], _structures(db, spec["search"]), root)
        sampler = make_sampler(spec["sampler"], plan.space, goals.objectives)
        found = Search(
            goals,
            results,
            plan=plan,
            sampler=sampler,
            stopper=rule,
            limit=(spec.get("budget") or {}).get("trials"),
            enqueued=plan.enqueued,
        )
        found.warm_start(observations(db, sweep, plan, goals))
    else:
        groups = _repetitions(db, sweep, spec.get("repeats") or ())
        found = Search(goals, results, stopper=rule, groups=groups)
    decisions = found.replay(
        history(db, sweep, first.metric), lambda trial: curve_of(db, trial, first.metric)
    )
    return found, decisions


def goals_of(spec: Mapping[str, Any]) -> Goals:
    """Return what the candidates of a sweep are judged by."""
    named = spec.get("objectives") or {spec["metric"]: spec["mode"]}
    texts = (spec.get("sampler") or {}).get("constraints") or ()
    return Goals(
        [Objective(str(metric), str(mode)) for metric, mode in named.items()], parse(texts)
    )


def _structures(db: sqlite3.Connection, search: Mapping[str, Any]) -> dict[str, Structure]:
    wanted = SearchPlan.structure_ids(search)
    found: dict[str, Structure] = {}
    for name in wanted:
        row = db.execute(
            "SELECT id, conf, choices, unresolved, resolved FROM structure WHERE id = ?", (name,)
        ).fetchone()
        found[name] = Structure(row[0], row[1], *(json.loads(text) for text in row[2:]))
    return found


def _repetitions(db: sqlite3.Connection, sweep: str, repeats: Any) -> dict[str, tuple[int, int]]:
    """Return, for every trial of a fixed plan, the number of its point and which repetition of it it is."""
    numbers: dict[str, int] = {}
    counts: dict[str, int] = {}
    found: dict[str, tuple[int, int]] = {}
    rows = db.execute(
        "SELECT trial, params FROM sweep_trial WHERE sweep = ? ORDER BY idx", (sweep,)
    )
    for trial, text in rows:
        point = canonical(common_params(json.loads(text), repeats)) if repeats else str(trial)
        number = numbers.setdefault(point, len(numbers))
        found[str(trial)] = (number, counts.get(point, 0))
        counts[point] = counts.get(point, 0) + 1
    return found
