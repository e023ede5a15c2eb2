"""Log some points, then be killed as the kernel would do it; a second attempt does nothing."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from agilml.model import attempt_number

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def train(cfg: Config, run: Run) -> None:
    """Log ``cfg.calls`` points and die without a word, the first time."""
    # Whether and how often a killed trial is tried again is not what is measured here.
    if attempt_number(run.id) > 1:
        return
    for step in range(cfg.calls):
        run.log(step=step, loss=0.5)
    os.kill(os.getpid(), signal.SIGKILL)
