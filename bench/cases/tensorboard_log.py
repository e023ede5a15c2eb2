"""TensorBoard's SummaryWriter: ``tensorboard_log.py cost N``, ``die N`` or ``count``."""

from __future__ import annotations

import json
import os
import signal
import statistics
import sys
import time
from pathlib import Path


def write(n: int) -> list[int]:
    """Log ``n`` points; return the nanoseconds of each call."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter("events")
    taken = []
    for step in range(n):
        began = time.perf_counter_ns()
        writer.add_scalar("loss", 0.5, step)
        taken.append(time.perf_counter_ns() - began)
    return taken


def count() -> int:
    """Return the number of points that can be read back."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    files = Path("events").glob("events.out.*")
    return sum(
        len(event.summary.value) for file in files for event in EventFileLoader(str(file)).Load()
    )


if __name__ == "__main__":
    what = sys.argv[1]
    if what == "count":
        print(json.dumps(count()))
    else:
        taken = write(int(sys.argv[2]))
        if what == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        print(json.dumps(statistics.median(taken) / 1000))
