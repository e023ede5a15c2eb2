"""What a plan would do, without doing it: the dry run."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from agilml.executors.base import Quote
from agilml.ledger import queries, queries_search
from agilml.model import JSON, TrialState
from agilml.project import Project
from agilml.sweep.estimate import estimate
from agilml.sweep.plan import Plan


def preview(
    project: Project, plan: Plan, *, quote: Quote, retry: bool = False, rerun: bool = False
) -> dict[str, Any]:
    """Return the plan as plain JSON: what is new, kept, running, failed, and what would be sent where.

    Nothing is written; a project without a ledger is one where everything is new. The runs of a search are
    not known yet: ``trials`` and ``to_run`` are the most that there will be, or null. Those that it has
    proposed before are counted, and not listed.
    """
    with _reader(project) as db:
        states = queries.trial_states(db, [trial[0] for trial in plan.trials]) if db else {}
        runs: list[dict[str, Any]] = [
            {"run": trial, "params": params, "state": states.get(trial, "new")}
            for trial, _, _, params in plan.trials
        ]
        resting = _resting(plan, retry=retry, rerun=rerun)
        proposed = queries_search.candidates(db, plan.sweep) if db and plan.search else 0
        counts = _counts(plan, _by_state(db, plan, runs), resting, proposed)
        expected = estimate(
            db,
            plan.recipe,
            [t for t, run in zip(plan.trials, runs, strict=True) if run["state"] not in resting],
            plan.structures,
            slots=quote.slots,
            price=quote.usd_per_slot_hour,
            more=(counts["to_run"] or 0) if plan.search else 0,
        )
    return {
        "sweep": plan.sweep,
        "conf": plan.conf,
        "recipe": plan.recipe,
        "metric": plan.metric,
        "mode": plan.mode,
        "objectives": dict(plan.spec["objectives"]),
        **counts,
        "excluded": plan.excluded,
        "axes": {name: list(values) for name, values in plan.axes.items()},
        "sampler": dict(plan.spec["sampler"]),
        "stopper": dict(plan.spec["stopper"]),
        "budget": dict(plan.spec["budget"] or {}),
        "search": _search(plan, proposed),
        "assumed": list(plan.assumed),
        "executor": {**(plan.spec["executor"] or {}), "slots": quote.slots},
        "estimate": expected.as_json(),
        "cost": {"usd": expected.usd or 0.0},
        "code": {"digest": plan.code.digest, "files": sorted(plan.code.files)},
        "runs": runs,
    }


def _resting(plan: Plan, *, retry: bool, rerun: bool) -> dict[str, str]:
    """Return the states in which a trial is left alone, and what the preview counts it as."""
    found = {TrialState.RUNNING: "running"}
    if not rerun:
        found[TrialState.SUCCEEDED] = "kept"
        if not plan.unpruned:
            found[TrialState.PRUNED] = "kept"
        if not retry:
            found[TrialState.FAILED] = "failed"
    return {state.value: name for state, name in found.items()}


def _by_state(
    db: sqlite3.Connection | None, plan: Plan, runs: Sequence[Mapping[str, Any]]
) -> Counter[str]:
    """Return how many trials are in each state: those of the plan, or those that a search has by now."""
    if plan.search is None:
        return Counter(str(run["state"]) for run in runs)
    found = queries.counts(db, plan.sweep) if db else {}
    return Counter({state.value: count for state, count in found.items()})


def _counts(
    plan: Plan, states: Counter[str], resting: Mapping[str, str], proposed: int
) -> dict[str, int | None]:
    rest: Counter[str] = Counter()
    for state, name in resting.items():
        rest[name] += states[state]
    to_run = states.total() - rest.total()
    if plan.search is not None and plan.total is not None:
        to_run += max(0, plan.total - proposed * plan.search.repeats)
    return {
        "trials": plan.total,
        "to_run": None if plan.total is None else to_run,
        **{name: rest[name] for name in ("kept", "running", "failed")},
    }


def _search(plan: Plan, proposed: int) -> dict[str, JSON] | None:
    """Return what will be searched, for people to read; conditions as their text."""
    if plan.search is None:
        return None
    dimensions: list[JSON] = []
    for one, plain in zip(plan.search.space.dimensions, plan.search.space.as_json(), strict=True):
        assert isinstance(plain, dict)
        dimensions.append({**plain, "when": None if one.when is None else one.when.text})
    return {
        "dimensions": dimensions,
        "repeats": plan.search.repeats,
        "size": plan.search.size,
        "enqueued": len(plan.search.enqueued),
        "proposed": proposed,
        "warm_start": list(plan.search.warm_start),
        "warm_start_fit": list(plan.spec["search"].get("warm_start_fit") or ()),
    }


@contextmanager
def _reader(project: Project) -> Iterator[sqlite3.Connection | None]:
    if not project.ledger.exists():
        yield None
        return
    with queries.reader(project.ledger) as db:
        yield db
