"""``python -m bench.scale.resumed FOLDER TRIALS``: a large sweep of real processes, killed and resumed.

The recipe is `dry`, two at once. The controller is killed without warning once half of the trials have
succeeded. Prints one line of JSON, in seconds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import ours

LOOK_SECONDS = 0.02
LONGEST = 1_800.0
DONE = "SELECT count(*) FROM trial WHERE state = 'succeeded'"
BEGAN = "SELECT count(*) FROM attempt WHERE epoch = ? AND started IS NOT NULL"


def agil(folder: Path, *words: str) -> float:
    """Run one command; return the seconds from typing to the prompt."""
    began = time.perf_counter()
    subprocess.run([*ours.AGIL, *words], cwd=folder, check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - began


def until(true: Callable[[], bool]) -> float:
    """Wait; return the seconds that it took.

    Raises:
        TimeoutError: half an hour was not enough.
    """
    began = time.perf_counter()
    while not true():
        if time.perf_counter() - began > LONGEST:
            raise TimeoutError("half an hour was not enough")
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - began


def one(folder: Path, sql: str, *values: object) -> int:
    """Return the only value of a read, 0 where there is none."""
    rows = ours.query(folder, sql, *values)
    return int(rows[0][0] or 0) if rows else 0


def measure(folder: Path, trials: int) -> dict[str, float]:
    """Run the sweep, kill it, resume it; return how long each part took."""
    ours.make_project(folder)
    words = ("conf=dry", f"x=range({trials})", "executor.slots=2")
    planned = agil(folder, "sweep", *words, "--detach", "--quiet")
    first = until(lambda: one(folder, DONE) >= trials // 2)
    os.kill(one(folder, "SELECT controller_pid FROM sweep"), signal.SIGKILL)
    kept, began = one(folder, DONE), time.perf_counter()
    resumed = agil(folder, "resume", "--detach", "--quiet")
    until(lambda: one(folder, BEGAN, 2) > 0)
    going = time.perf_counter() - began
    rest = until(lambda: ours.query(folder, "SELECT state FROM sweep") == [("done",)])
    succeeded = "SELECT count(*) FROM attempt WHERE state = 'succeeded'"
    once = one(folder, f"{succeeded} GROUP BY trial ORDER BY 1 DESC LIMIT 1")
    if one(folder, DONE) != trials or one(folder, succeeded) != trials or once != 1:
        raise RuntimeError(f"{one(folder, DONE)} of {trials} trials, one of them {once} times")
    ran = first + rest
    return {
        "detach_s": planned,
        "resume_s": resumed,
        "first_s": going,
        "kept": kept,
        "wall_us": 1e6 * ran / trials,
        "wall_s": ran,
    }


def main(words: Sequence[str]) -> int:
    """Measure once and print what was found."""
    print(json.dumps(measure(Path(words[0]), int(words[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
