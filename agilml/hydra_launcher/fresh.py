"""A job in a fresh process: the app's command again, up to the point where jobs would be launched.

A process that cannot be forked (threads, a CUDA context) can be repeated: the script runs as it ran, Hydra
composes, the sweeper is made, and the launcher's ``setup`` finds that this process is for one job. It
executes that job, and neither the sweeper nor the rest of the script goes on. Nothing is pickled.
"""

from __future__ import annotations

import os
import runpy
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agilml.errors import RecipeError
from agilml.hydra_launcher.job import execute

if TYPE_CHECKING:
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig

    from agilml.worker.config import Config
    from agilml.worker.run import Run


@dataclass(slots=True)
class _Awaited:
    cfg: Config
    run: Run
    error: BaseException | None = None


class _JobOver(BaseException):
    """Ends the app behind its one job; no ``except Exception`` of the app or of Hydra stops it."""


_awaited: _Awaited | None = None


def command_again() -> dict[str, object] | None:
    """Return how to start this process's program again, or None where it has no file."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    script = getattr(main, "__file__", None)
    module = None if spec is None else spec.name.removesuffix(".__main__")
    if not script or not os.path.isfile(script):
        return None
    return {
        "module": module,
        "script": os.path.abspath(script),
        "argv": list(sys.argv),
        "folder": os.getcwd(),
        "path": list(sys.path),
    }


def train(cfg: Config, run: Run) -> None:
    """Start the app again for the job that ``cfg`` describes.

    Raises:
        RecipeError: the app did not come to its jobs.
        Exception: whatever the app's function raised.
    """
    global _awaited
    job = _awaited = _Awaited(cfg, run)
    os.chdir(cfg.folder)
    sys.path[:] = cfg.path
    sys.argv[:] = cfg.argv
    try:
        if cfg.module:
            runpy.run_module(cfg.module, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(cfg.script, run_name="__main__")
    except _JobOver:
        if job.error is not None:
            raise job.error from None
        return
    raise RecipeError(
        "the app ended before it came to its jobs",
        kept="the other jobs",
        next="hydra.launcher.isolation=fork",
    )


def execute_awaited(context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
    """Execute the job that this process was made for and end the app, or return where it was not."""
    if _awaited is None:
        return
    from hydra.core.utils import setup_globals
    from omegaconf import open_dict, read_write

    from agilml.hydra_launcher.jobs import compose_one

    cfg = _awaited.cfg
    setup_globals()
    try:
        composed = compose_one(
            context.config_loader, config, list(cfg.overrides), int(cfg.num)
        ).config
        with read_write(composed), open_dict(composed):
            # The time in its name was another when the sweep began.
            composed.hydra.sweep.dir = cfg.sweep_dir
        execute(context, task_function, composed, cfg.metric, _awaited.run)
    except BaseException as error:  # noqa: BLE001 - `train` raises it, outside of Hydra's reach
        _awaited.error = error
    raise _JobOver
