"""Epochs until a sweep has found a good configuration; measured by ``python -m bench.search``."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench import ours
from bench.options import Options
from bench.result import Result

GRID = "grid shuffled"


def measure(options: Options) -> Result:
    """Run ``bench.search`` and show its strategies against the shuffled grid."""
    result = Result(
        "search",
        "time to target of a small network on digits (1 is an epoch on one worker)",
        ("strategy", "workers", "median", "mean", "quartiles", "reached", "trials", "grid / this"),
    )
    words = [sys.executable, "-m", "bench.search", "--json"]
    words += ["--seeds", "2" if options.repeats == 1 else "7"]
    done = subprocess.run(
        words, check=False, cwd=ours.ROOT, capture_output=True, text=True, timeout=options.timeout
    )
    if done.returncode != 0:
        result.fail("AgilML", " / ".join(done.stderr.strip().splitlines()[-3:]))
        return result
    body = json.loads(done.stdout)
    grids = {row["workers"]: row["median"] for row in body["rows"] if row["strategy"] == GRID}
    result.rows += [_row(row, grids[row["workers"]]) for row in body["rows"]]
    result.notes += [
        f"Training is real ({body['trained']:,} epochs), the clock is simulated: load does not matter.",
        f"Target: validation loss {body['target']:.4f}, which 4 % of random configurations reach.",
        "A seed that did not reach it counts with its whole budget, 64 trials of 27 epochs.",
        "`grid / this` is the ratio of medians to the shuffled grid at the same number of workers.",
    ]
    return result


def _row(row: dict[str, Any], grid: float) -> list[Any]:
    low, high = row["quartiles"]
    return [
        row["strategy"],
        row["workers"],
        float(row["median"]),
        float(row["mean"]),
        f"{low:.0f} to {high:.0f}",
        f"{row['reached']} of {row['seeds']}",
        float(row["trials"]),
        grid / row["median"],
    ]
