"""The fields of ``hydra/launcher=agil``.

Hydra executes plug-in modules under no name in ``sys.modules``, where a dataclass cannot be made; it leaves
alone those whose name begins with an underscore, and Python imports them as usual.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class AgilLauncherConf:
    """The fields of ``hydra/launcher=agil``.

    Attributes:
        slots: jobs at the same time; null is as many as the resources below allow.
        isolation: ``fork`` makes each job a fork of the app, ``spawn`` starts the app again for each,
            ``auto`` forks where that is safe.
        cpus: CPU cores that a job occupies; also its threads.
        gpus: GPUs that a job occupies, whole or a fraction of one; null is one where there are any.
        memory_gb: GiB of memory that a job occupies; 0 is not counted.
        attempts: executions of a job that its own failures may use up.
        timeout_minutes: for one execution; null is no limit.
        metric: name under which a number that the app returns is recorded.
        mode: ``min`` or ``max``; null is the sweeper's direction, or else ``min``.
        retry: whether a job that failed runs again when the command is given again.
        rerun: whether a job that succeeded runs again, too.
        quiet: whether to show no progress.
    """

    _target_: str = "hydra_plugins.agilml_launcher.launcher.AgilLauncher"
    slots: int | None = None
    isolation: str = "auto"
    cpus: float = 1
    gpus: float | None = None
    memory_gb: float = 0
    attempts: int = 1
    timeout_minutes: float | None = None
    metric: str = "value"
    mode: str | None = None
    retry: bool = True
    rerun: bool = False
    quiet: bool = False
