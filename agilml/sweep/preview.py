"""What a plan would do, without doing it: the dry run."""

from __future__ import annotations

from typing import Any

from agilml.ledger import queries
from agilml.model import TrialState
from agilml.project import Project
from agilml.sweep.plan import Plan


def preview(
    project: Project, plan: Plan, *, slots: int, retry: bool = False, rerun: bool = False
) -> dict[str, Any]:
    """Return the plan as plain JSON: what is new, kept, running, failed, and what would be sent where.

    Nothing is written; a project without a ledger is one where everything is new.
    """
    states = _states(project, [trial[0] for trial in plan.trials])
    runs: list[dict[str, Any]] = [
        {"run": trial, "params": params, "state": states.get(trial, "new")}
        for trial, _, _, params in plan.trials
    ]
    done = {TrialState.SUCCEEDED, TrialState.PRUNED}
    kept = 0 if rerun else sum(states.get(run["run"]) in done for run in runs)
    failed = (
        0 if retry or rerun else sum(states.get(run["run"]) == TrialState.FAILED for run in runs)
    )
    running = sum(states.get(run["run"]) == TrialState.RUNNING for run in runs)
    return {
        "sweep": plan.sweep,
        "conf": plan.conf,
        "recipe": plan.recipe,
        "metric": plan.metric,
        "mode": plan.mode,
        "trials": len(runs),
        "to_run": len(runs) - kept - failed - running,
        "kept": kept,
        "running": running,
        "failed": failed,
        "excluded": plan.excluded,
        "axes": {name: list(values) for name, values in plan.axes.items()},
        "executor": {**(plan.spec["executor"] or {}), "slots": slots},
        "cost": {"usd": 0.0},
        "code": {"digest": plan.code.digest, "files": sorted(plan.code.files)},
        "runs": runs,
    }


def _states(project: Project, trials: list[str]) -> dict[str, TrialState]:
    if not project.ledger.exists():
        return {}
    with queries.reader(project.ledger) as db:
        return queries.trial_states(db, trials)
