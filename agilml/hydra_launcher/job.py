"""What the process of one job does: Hydra's own ``run_job``, and a result that outlives it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agilml.errors import RecipeError
from agilml.hydra_launcher.failures import describe
from agilml.hydra_launcher.results import JobResult, encode_or_repr
from agilml.recipes.program.returned import metrics_of

if TYPE_CHECKING:
    from hydra.core.utils import JobReturn
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig

    from agilml.worker.config import Config
    from agilml.worker.run import Run


@dataclass(frozen=True, slots=True)
class App:
    """A Hydra app as its own process knows it; a fork inherits all of it.

    Attributes:
        configs: the composed config of each job, by trial.
        folder: working directory of the app.
        path: its module search path.
    """

    context: HydraContext
    task_function: TaskFunction
    configs: Mapping[str, DictConfig]
    metric: str
    folder: Path
    path: tuple[str, ...]


_app: App | None = None


def set_app(app: App) -> None:
    """Make ``app`` the one whose jobs this process and its forks execute."""
    global _app
    _app = app


def train(cfg: Config, run: Run) -> None:
    """Execute the job of the trial ``cfg.trial``.

    Raises:
        RecipeError: this process is no fork of a Hydra app.
        Exception: whatever the app's function raised.
    """
    if _app is None:
        raise RecipeError(
            "jobs of a Hydra app are forks of it", next="give the app's command again"
        )
    # A recipe runs in its project's folder; a job of an app runs where the app does.
    os.chdir(_app.folder)
    sys.path[:] = _app.path
    execute(_app.context, _app.task_function, _app.configs[cfg.trial], _app.metric, run)


def execute(
    context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
    metric: str,
    run: Run,
) -> None:
    """Run one job as Hydra's launchers do, leave its result in the run's folder, log its numbers.

    Raises:
        Exception: whatever the app's function raised.
    """
    from hydra.core.utils import run_job

    from agilml.worker.run import Finished, Preempted, Pruned

    try:
        returned = run_job(
            hydra_context=context,
            task_function=task_function,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        value = returned.return_value
    except (Finished, Preempted, Pruned):
        # Whoever ended the job knows why; what it raised is ours.
        raise
    except BaseException as error:
        # SystemExit, too: an app that exits ends its job, and the others go on.
        _result(config, error=error).write(run.folder)
        raise
    encoded, plain = encode_or_repr(value)
    if not plain:
        run.warn(
            f"the app returned a {type(value).__name__}, which JSON cannot hold: its repr is kept"
        )
    _result(config, returned, encoded, plain).write(run.folder)
    run.log(metrics_of(value, metric))


def _result(
    config: DictConfig,
    returned: JobReturn | None = None,
    value: Any = None,
    plain: bool = True,
    error: BaseException | None = None,
) -> JobResult:
    from hydra.core.utils import JobRuntime

    output_dir = str(config.hydra.runtime.output_dir)
    return JobResult(
        output_dir=output_dir,
        working_dir=str((returned.working_dir if returned else None) or output_dir),
        task_name=str(JobRuntime.instance().get("name")),
        value=value,
        plain=plain,
        error=None if error is None else describe(error),
    )
