"""A trial of one second that tells a file when it starts and when it is done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def train(cfg: Config, run: Run) -> None:
    """Take a second."""
    tell(cfg.log, f"start {cfg.x:g}")
    time.sleep(1)
    tell(cfg.log, f"done {cfg.x:g}")
    run.log(score=cfg.x**2)


def tell(log: str, line: str) -> None:
    """Append a line."""
    with open(log, "a") as file:
        file.write(line + "\n")
