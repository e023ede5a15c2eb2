"""The trial that every peer is given, in a recipe that imports torch as recipes do: at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch  # noqa: F401  # what it costs to have it is what is measured

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def train(cfg: Config, run: Run) -> None:
    """Log x squared."""
    run.log(score=cfg.x**2)
