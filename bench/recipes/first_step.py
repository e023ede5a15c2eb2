"""The packaged ResNet, noting the time at which its first optimizer step was done."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from torch.optim.optimizer import register_optimizer_step_post_hook

from agilml.recipes import resnet

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def train(cfg: Config, run: Run) -> None:
    """Train, and write the monotonic time of the first step to ``cfg.noted``."""
    noted = Path(cfg.noted)

    def note(*_: object) -> None:
        if not noted.exists():
            noted.write_text(repr(time.monotonic()))

    register_optimizer_step_post_hook(note)
    resnet.train(cfg, run)
