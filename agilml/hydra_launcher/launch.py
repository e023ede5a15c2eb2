"""One launch: jobs composed, made durable, executed where they are not done yet, and returned in order."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agilml.hydra_launcher.driving import drive
from agilml.hydra_launcher.job import App
from agilml.hydra_launcher.jobs import compose, main_script
from agilml.hydra_launcher.plan import JobPlan, plan_jobs
from agilml.hydra_launcher.returns import job_returns
from agilml.hydra_launcher.settings import LauncherSettings
from agilml.ledger.ledger import Ledger, Planned
from agilml.model import short
from agilml.project import MARKER, Project, find_project
from agilml.text import plural, safe_text

if TYPE_CHECKING:
    from hydra.core.utils import JobReturn
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig

log = logging.getLogger(__name__)


def launch(
    context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
    settings: LauncherSettings,
    job_overrides: Sequence[Sequence[str]],
    first: int,
) -> list[JobReturn]:
    """Execute every job that is not done, and return what became of each, in order.

    Raises:
        HydraException: a job cannot be composed; nothing was started.
        AgilError: the ledger cannot be written, or no slot can be had.
    """
    from hydra.core.utils import configure_log, setup_globals

    setup_globals()
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    Path(str(config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
    jobs = compose(context.config_loader, config, job_overrides, first)
    if not jobs:
        return []
    began = time.time()
    project = _project()
    plan = plan_jobs(project, jobs, task_function, settings)
    project.make_state()
    with Ledger.open(project.ledger) as ledger:
        planned = plan.record(project, ledger)
        over = ledger.end_if_complete(plan.sweep)
    _tell(project, plan, planned)
    if not over:
        configs = {trial: job.config for trial, job in zip(plan.trials, jobs, strict=True)}
        app = App(context, task_function, configs, settings.metric, Path.cwd(), tuple(sys.path))
        drive(project, plan, app, began)
    returns = job_returns(project, jobs, plan.trials, settings.metric)
    _tell_failures(plan, returns)
    return returns


def _project() -> Project:
    """Return the project of the working directory or, where that has none, of the app's folder.

    Where neither has one, it is made in the working directory, beside Hydra's own ``multirun``.
    """
    here, script = find_project(), main_script()
    if not _exists(here) and script is not None:
        beside = find_project(script.parent)
        if _exists(beside):
            return beside
    return here


def _exists(project: Project) -> bool:
    return (project.root / MARKER).is_file() or project.ledger.is_file()


def _tell(project: Project, plan: JobPlan, planned: Planned) -> None:
    kept = len(planned.kept)
    done = f", {kept} of them done already" if kept else ""
    log.info(
        "%s%s: %s in %s", plural(len(plan.jobs), "job"), done, short(plan.sweep), project.state
    )
    held = set(planned.kept)
    for job, trial in zip(plan.jobs, plan.trials, strict=True):
        words = safe_text(" ".join(job.overrides), 200)
        log.info(
            "\t#%d : %s%s", job.num, words, f" (kept: {short(trial)})" if trial in held else ""
        )


def _tell_failures(plan: JobPlan, returns: Sequence[JobReturn]) -> None:
    from hydra.core.utils import JobStatus

    for job, trial, made in zip(plan.jobs, plan.trials, returns, strict=True):
        if made.status is JobStatus.FAILED:
            failure = made._return_value  # noqa: SLF001 - to ask for it would raise it
            told = "".join(traceback.format_exception_only(failure)).strip()
            words = safe_text(" ".join(job.overrides), 200)
            log.error(
                "#%d : %s failed: %s (agil logs %s)", job.num, words, safe_text(told), short(trial)
            )
