"""The launcher ``hydra/launcher=agil``, as Hydra finds it.

Hydra imports every module below ``hydra_plugins`` whenever an app starts, so this one imports nothing of
AgilML before a sweep is launched.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from hydra_plugins.agilml_launcher._conf import AgilLauncherConf

ConfigStore.instance().store(
    group="hydra/launcher", name="agil", node=AgilLauncherConf, provider="agilml"
)


class AgilLauncher(Launcher):
    """Runs jobs in slots of this machine and records each in the ledger."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self._prepared: tuple[HydraContext, TaskFunction, DictConfig] | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Remember what to launch; in a process that was made for one job, execute that job."""
        # A fresh process repeats the app's command up to here, and no sweeper has been asked anything yet.
        fresh = sys.modules.get("agilml.hydra_launcher.fresh")
        if fresh is not None:
            fresh.execute_awaited(hydra_context, task_function, config)
        self._prepared = (hydra_context, task_function, config)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Execute the jobs, those excepted that are done already; return what came of each, in order."""
        from agilml.hydra_launcher.launch import launch
        from agilml.hydra_launcher.settings import LauncherSettings

        assert self._prepared is not None
        settings = LauncherSettings(**self._settings)
        return launch(*self._prepared, settings, job_overrides, initial_job_idx)
