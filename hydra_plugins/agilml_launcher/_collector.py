"""Hydra's callback through which the return value of an app's function is heard.

``@hydra.main`` drops it. Only Hydra imports this module, when a job of the recipe ``hydra_app`` asks it to.
"""

from __future__ import annotations

from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

returned: list[Any] = []


class Collector(Callback):
    """Keeps what the app's function returned in :data:`returned`."""

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Keep the value of a job that came to its end."""
        del config, kwargs
        if job_return.status is JobStatus.COMPLETED:
            returned.append(job_return.return_value)
