"""submitit's local executor: ``submitit_local.py N``; two jobs in flight.

The executor has no limit of its own: it would start all N processes at once.
"""

from __future__ import annotations

import sys
import time

import submitit
from trial import score


def main(n: int) -> None:
    """Run ``n`` jobs; submitit keeps each result in ``jobs``."""
    executor = submitit.LocalExecutor(folder="jobs")
    executor.update_parameters(timeout_min=10)
    waiting, running, total = list(range(n)), [], 0.0
    while waiting or running:
        while waiting and len(running) < 2:
            running.append(executor.submit(score, waiting.pop(0)))
        for job in [job for job in running if job.done(force_check=True)]:
            total += job.result()
            running.remove(job)
        time.sleep(0.01)


if __name__ == "__main__":
    main(int(sys.argv[1]))
