"""The trial that every peer is given: x squared.

BENCH_TORCH makes it import torch first; BENCH_CRASH_LOG names a file that it tells when it starts
and when, a second later, it is done.
"""

from __future__ import annotations

import os
import time


def score(x: float) -> float:
    """Return ``x`` squared."""
    if os.environ.get("BENCH_TORCH"):
        import torch  # noqa: F401
    log = os.environ.get("BENCH_CRASH_LOG")
    if log:
        _tell(log, f"start {x:g}")
        time.sleep(1)
        _tell(log, f"done {x:g}")
    return float(x) ** 2


def _tell(log: str, line: str) -> None:
    with open(log, "a") as file:
        file.write(line + "\n")
