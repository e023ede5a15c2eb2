"""Log some points, then be killed as the kernel would do it when memory runs out."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def train(cfg: Config, run: Run) -> None:
    """Log ``cfg.calls`` points and die without a word."""
    for step in range(cfg.calls):
        run.log(step=step, loss=0.5)
    os.kill(os.getpid(), signal.SIGKILL)
