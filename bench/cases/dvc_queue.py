"""DVC experiments, two workers: ``dvc_queue.py N`` in a DVC project; waits for all results."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def results() -> int:
    """Return the number of finished experiments: each becomes a Git ref ``exps/17/84f5…/name``."""
    return sum(1 for ref in Path(".git/refs/exps").glob("??/*/*") if ref.suffix != ".lock")


def main(n: int) -> None:
    """Queue ``n`` experiments and run them."""
    values = ",".join(
        str(i + 1) for i in range(n)
    )  # not 0: that is the workspace, with nothing to do
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["dvc", "exp", "run", "--queue", "-S", f"x={values}"], check=True)
    subprocess.run(["dvc", "queue", "start", "-j", "2"], check=True, **quiet)
    while results() < n:
        time.sleep(0.1)
    subprocess.run(["dvc", "queue", "stop"], check=True, **quiet)


if __name__ == "__main__":
    main(int(sys.argv[1]))
