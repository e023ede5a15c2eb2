"""The jobs of one launch as a sweep in the ledger."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agilml import events as e
from agilml.hydra_launcher.jobs import Job, code_of_app, params, trial_ids
from agilml.hydra_launcher.settings import LauncherSettings
from agilml.ledger.ledger import Ledger, Planned, PlannedTrial
from agilml.model import JSON, canonical, digest, sweep_id
from agilml.points import leaves
from agilml.project import Project, user
from agilml.provenance.capture import capture
from agilml.provenance.code import Code
from agilml.provenance.secrets import scrub_argv, scrub_json

RECIPE = "agilml.hydra_launcher.job:train"


@dataclass(frozen=True, slots=True)
class JobPlan:
    """A launch, ready to be recorded: ``trials[i]`` is the trial of ``jobs[i]``."""

    sweep: str
    name: str
    jobs: Sequence[Job]
    trials: Sequence[str]
    mode: str
    code: Code
    settings: LauncherSettings

    def record(self, project: Project, ledger: Ledger) -> Planned:
        """Make the launch durable, or find that it is."""
        command = [sys.executable, *sys.argv]
        structures, trials = _stored(self.name, self.jobs, self.trials)
        spec: dict[str, Any] = {
            "recipe": RECIPE,
            "words": [],
            "axes": _axes(self.jobs),
            "excluded": 0,
            "metric": self.settings.metric,
            "mode": self.mode,
            "executor": {**self.settings.executor, "command": scrub_argv(command)},
            "sampler": None,
            "stopper": None,
            "budget": {"trials": None, "hours": None},
            "attempts": self.settings.limits,
        }
        provenance: dict[str, Any] = {
            **scrub_json(capture(project.root, command, caches=project.state / "cache")),
            "code": {"digest": self.code.digest, "files": self.code.files},
            "data": {},
        }
        return ledger.plan(
            e.SweepPlanned(
                self.sweep,
                self.name,
                RECIPE,
                self.settings.metric,
                self.mode,
                len(trials),
                spec,
                provenance,
            ),
            structures,
            trials,
            retry=self.settings.retry,
            rerun=self.settings.rerun,
            by=user(),
        )


def plan_jobs(
    project: Project, jobs: Sequence[Job], task_function: Any, settings: LauncherSettings
) -> JobPlan:
    """Return the sweep that the jobs are; the same jobs of the same code are the same sweep."""
    code = code_of_app(task_function, project)
    trials = trial_ids(jobs, code)
    hydra = jobs[0].config.hydra
    mode = settings.mode or _direction(hydra.sweeper)
    chosen_by = {"by": "hydra", "metric": settings.metric, "mode": mode}
    return JobPlan(
        sweep=sweep_id(digest({"trials": sorted(trials), **chosen_by})),
        name=str(hydra.job.name),
        jobs=jobs,
        trials=trials,
        mode=mode,
        code=code,
        settings=settings,
    )


def _direction(sweeper: Any) -> str:
    """Return the mode that a sweeper's own ``direction`` says, where it has one."""
    direction = sweeper.get("direction") if "direction" in sweeper else None
    return "max" if isinstance(direction, str) and direction.startswith("max") else "min"


def _axes(jobs: Sequence[Job]) -> dict[str, list[JSON]]:
    found: dict[str, dict[str, JSON]] = {}
    for job in jobs:
        for name, value in scrub_json(params(job)).items():
            found.setdefault(name, {}).setdefault(canonical(value), value)
    return {name: list(values.values())[:100] for name, values in found.items() if len(values) > 1}


def _stored(
    name: str, jobs: Sequence[Job], ids: Sequence[str]
) -> tuple[list[e.StructureComposed], list[PlannedTrial]]:
    """Return the configs as structures and deltas: jobs of the same shape share one structure."""
    structures: dict[str, e.StructureComposed] = {}
    bases: dict[str, dict[str, JSON]] = {}
    trials: list[PlannedTrial] = []
    for job, trial in zip(jobs, ids, strict=True):
        # A job is a fork of the app, which knows its config: no secret has to be kept for it.
        plain = scrub_json(job.plain)
        values = leaves(plain)
        shape = digest([name, job.choices, sorted(values), _dotted(plain) and plain])
        if shape not in structures:
            key = digest({"conf": name, "choices": job.choices, "unresolved": plain})
            structures[shape] = e.StructureComposed(key, name, job.choices, plain, plain)
            bases[shape] = values
        base = bases[shape]
        delta: dict[str, object] = {
            path: value
            for path, value in values.items()
            if canonical(value) != canonical(base[path])
        }
        trials.append((trial, structures[shape].structure, delta, scrub_json(params(job))))
    return list(structures.values()), trials


def _dotted(value: Any) -> bool:
    """Whether a key has a dot in it, so that no dotted path can name what is below it."""
    if isinstance(value, dict):
        return any("." in key or _dotted(item) for key, item in value.items())
    return False
