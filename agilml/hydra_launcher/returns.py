"""Hydra's JobReturn, made from what the ledger and a job's folder hold."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING

from agilml.hydra_launcher.failures import JobFailed, rebuild
from agilml.hydra_launcher.jobs import Job
from agilml.hydra_launcher.results import JobResult
from agilml.ledger import queries
from agilml.ledger.rows import RunRow
from agilml.model import TrialState, short
from agilml.project import Project
from agilml.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydra.core.utils import JobReturn


def job_returns(
    project: Project, jobs: Sequence[Job], trials: Sequence[str], metric: str
) -> list[JobReturn]:
    """Return what became of each job, in order; a job that failed raises when its value is asked for."""
    with queries.reader(project.ledger) as db:
        rows = [queries.run(db, trial) for trial in trials]
    return [_job_return(project, job, row, metric) for job, row in zip(jobs, rows, strict=True)]


def _job_return(project: Project, job: Job, row: RunRow | None, metric: str) -> JobReturn:
    from hydra.core.utils import JobReturn, JobRuntime, JobStatus
    from omegaconf import OmegaConf, open_dict, read_write

    result = _result(project, row)
    config = job.config
    output_dir = os.path.abspath(
        result.output_dir
        if result
        else os.path.join(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir))
    )
    with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
        config.hydra.runtime.output_dir = output_dir
    task = copy.deepcopy(config)
    with read_write(task), open_dict(task):
        del task["hydra"]
    made = JobReturn(
        overrides=OmegaConf.to_container(config.hydra.overrides.task),  # type: ignore[arg-type]
        cfg=task,
        hydra_cfg=OmegaConf.masked_copy(config, "hydra"),
        working_dir=result.working_dir if result else output_dir,
        task_name=result.task_name if result else str(JobRuntime.instance().get("name")),
    )
    if row is not None and row.state is TrialState.SUCCEEDED:
        made.status = JobStatus.COMPLETED
        # Without its folder (moved, or recorded on another machine) the ledger still has the number.
        made.return_value = result.returned if result else row.metrics.get(metric)
    else:
        made.status = JobStatus.FAILED
        made.return_value = _failure(job, row, result)
    return made


def _result(project: Project, row: RunRow | None) -> JobResult | None:
    return JobResult.read(project.state / row.folder) if row is not None and row.folder else None


def _failure(job: Job, row: RunRow | None, result: JobResult | None) -> Exception:
    """Return what the job raised, or why it raised nothing (killed, cancelled, timed out)."""
    if result is not None and result.error is not None:
        return rebuild(result.error)
    state = row.state.value if row is not None else "unknown"
    told = f": {safe_text(row.error, 500)}" if row is not None and row.error else ""
    return JobFailed(
        f"job #{job.num} ({safe_text(' '.join(job.overrides), 200)}) {state}{told}",
        kept="the other jobs and what they returned",
        next=f"agil logs {short(row.run) if row is not None else 'RUN'}",
    )
