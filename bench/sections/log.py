"""Logging one metric per call, and what is left of it after SIGKILL."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench import ours
from bench.command import environment, run
from bench.options import Options
from bench.peers import venvs
from bench.peers.tools import CASES
from bench.result import Result, ratio

CALLS = 20_000
POINTS = 2_000

_CONF = """\
defaults: [_base, _self_]
metric: loss
mode: min
calls: {calls}
"""


def measure(options: Options) -> Result:
    """Take turns between ``run.log`` and TensorBoard's ``add_scalar``."""
    result = Result(
        "log",
        f"one metric a call from a loop; {POINTS:,} points, then SIGKILL",
        ("tool", "runs", "median us a call", "x AgilML", f"points kept of {POINTS:,}"),
    )
    agil_us: list[float] = []
    agil_kept: list[int] = []
    board_us: list[float] = []
    board_kept: list[int] = []
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory(prefix="agil-bench-") as scratch:
            agil_us += _agil_cost(Path(scratch), result)
            agil_kept += _agil_kept(Path(scratch))
            if venvs.installed("ray"):
                board_us.append(_board(Path(scratch), "cost", CALLS))
                board_kept.append(_board_kept(Path(scratch)))
    base = statistics.median(agil_us) if agil_us else None
    result.rows.append(
        ["AgilML `run.log`", len(agil_us), base, ratio(base, base), min(agil_kept, default=None)]
    )
    if board_us:
        median = statistics.median(board_us)
        name = "TensorBoard `add_scalar`"
        result.rows.append([name, len(board_us), median, ratio(median, base), int(min(board_kept))])
    else:
        result.notes.append("TensorBoard: not installed (`python -m bench.peers ray`)")
    result.notes.append(
        "Points kept: the worst of all runs, as read back from the ledger or the event file."
    )
    return result


def _agil(scratch: Path, recipe: str, calls: int) -> tuple[Path, str]:
    folder = scratch / recipe
    ours.add_recipe(folder, recipe, _CONF.format(calls=calls))
    words = [*ours.AGIL, "sweep", f"conf={recipe}", "attempts.max=1"]
    return folder, run(words, folder, environment(scratch, ours.ENVIRONMENT), timeout=120).error


def _agil_cost(scratch: Path, result: Result) -> list[float]:
    folder, error = _agil(scratch, "log_cost", CALLS)
    if error:
        result.fail("AgilML", error)
    return [
        float(us)
        for (us,) in ours.query(folder, "SELECT last FROM metric WHERE name = 'median_us'")
    ]


def _agil_kept(scratch: Path) -> list[int]:
    """Return the points in the ledger, or nothing when no attempt was killed."""
    folder, _ = _agil(scratch, "log_then_die", POINTS)  # it may end as failed: it was killed
    attempts = ours.query(folder, "SELECT id FROM attempt WHERE n = 1 AND signal = 9")
    if not attempts:
        return []
    first = attempts[0][0]
    rows = ours.query(folder, "SELECT n FROM metric WHERE name = 'loss' AND attempt = ?", first)
    return [int(rows[0][0]) if rows else 0]


def _board(scratch: Path, what: str, n: int) -> float:
    folder = scratch / f"board-{what}"
    folder.mkdir()
    return _board_answer(folder, [what, str(n)])


def _board_kept(scratch: Path) -> int:
    folder = scratch / "board-die"
    folder.mkdir()
    words = [str(venvs.python("ray")), str(CASES / "tensorboard_log.py"), "die", str(POINTS)]
    run(words, folder, environment(scratch), timeout=120)
    return int(_board_answer(folder, ["count"]))


def _board_answer(folder: Path, words: list[str]) -> float:
    program = [str(venvs.python("ray")), str(CASES / "tensorboard_log.py"), *words]
    env = environment(folder.parent)
    done = subprocess.run(
        program, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=True
    )
    return float(json.loads(done.stdout.splitlines()[-1]))
