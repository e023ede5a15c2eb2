"""Log one metric a call, time every call, and log what the calls took."""

from __future__ import annotations

import math
import os
import signal
import time
from typing import TYPE_CHECKING

from agilml.model import attempt_number

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def value(step: int) -> float:
    """Return a value with as many digits as a real one has, the same for every tracker."""
    return math.exp(-step / 4000) + 0.05 * math.sin(0.37 * step)


def train(cfg: Config, run: Run) -> None:
    """Log ``cfg.calls`` points, ``cfg.pace`` seconds apart; with ``cfg.die``, be killed behind the last."""
    if cfg.die and attempt_number(run.id) > 1:
        return
    taken = []
    for step in range(cfg.calls):
        loss = value(step)
        began = time.perf_counter_ns()
        run.log(step=step, loss=loss)
        taken.append(time.perf_counter_ns() - began)
        if cfg.pace:
            time.sleep(cfg.pace)
    if cfg.die:
        os.kill(os.getpid(), signal.SIGKILL)
    taken.sort()
    # Under two names more than the points: what they take is in the size of the small ledger too.
    run.log(p50_us=taken[len(taken) // 2] / 1e3, p99_us=taken[len(taken) * 99 // 100] / 1e3)
