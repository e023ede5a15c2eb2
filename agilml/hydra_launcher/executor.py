"""Slots whose attempts are jobs of a Hydra app."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from agilml.errors import ExecutorError
from agilml.executors.local import LocalExecutor
from agilml.hydra_launcher.plan import RECIPE, JobPlan
from agilml.hydra_launcher.starter import AppTemplate
from agilml.model import digest
from agilml.text import safe_text
from agilml.worker.order import Order
from agilml.worker.slot import Slot
from agilml.worker.starter import Starter

FRESH_RECIPE = "agilml.hydra_launcher.fresh:train"


class AppExecutor(LocalExecutor):
    """Slots on this machine; an order says which job of the app, and the app knows the rest.

    Args:
        plan: the jobs.
        template: forks jobs off the app; None where each starts the app again, as ``command`` says.
    """

    name = "hydra"

    def __init__(
        self,
        plan: JobPlan,
        template: AppTemplate | None,
        command: Mapping[str, Any],
        project: Path,
        folder: Path,
    ) -> None:
        settings = {**plan.settings.executor, "isolation": "fork" if template else "spawn"}
        super().__init__(settings, RECIPE, project, folder)
        self._plan = plan
        self._jobs = dict(zip(plan.trials, plan.jobs, strict=True))
        self._template = template
        self._command = command

    def start(self, slot: Slot, order: Order) -> None:
        """Execute the job that ``order`` is about in ``slot``."""
        super().start(slot, self._job_order(order))

    def _make_starter(self) -> Starter:
        return self._template or super()._make_starter()

    def _job_order(self, order: Order) -> Order:
        """Return the order with the job in place of the app's config, whose keys may mean anything."""
        trial = order.attempt.rpartition(".")[0]
        # An app that seeds nothing gets a seed of its own per job, and the same one again.
        config: dict[str, Any] = {"trial": trial, "seed": int(digest(trial)[:8], 16)}
        if self._template is not None:
            return replace(order, recipe=RECIPE, config=config)
        job = self._jobs[trial]
        config |= {
            **self._command,
            "overrides": list(job.overrides),
            "num": job.num,
            "sweep_dir": str(job.config.hydra.sweep.dir),
            "metric": self._plan.settings.metric,
        }
        return replace(order, recipe=FRESH_RECIPE, config=config)


def elsewhere(settings: Mapping[str, Any], *_: Any) -> NoReturn:
    """Say that only the app itself can go on with its jobs.

    Raises:
        ExecutorError: always.
    """
    command = shlex.join(map(str, settings.get("command") or ["the", "app"]))
    raise ExecutorError(
        "the jobs of this sweep are forks of a Hydra app, which is not running",
        kept="every job that has ended",
        next=safe_text(command),
    )
