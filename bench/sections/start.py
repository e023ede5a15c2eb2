"""From asking for a trial to the first line of its recipe, where the recipe imports torch."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import ours
from bench.command import environment, run
from bench.options import Options
from bench.peers import venvs
from bench.peers.tools import CASES
from bench.result import Result, ratio
from bench.tree import end_descendants

TRIALS = 40
ACTORS = 3


def measure(options: Options) -> Result:
    """Take turns between AgilML's forks, a fresh Python and fresh Ray actors."""
    result = Result(
        "start",
        "ms from asking for a trial to the first line of its recipe, torch imported",
        ("way", "trials", "median ms", "x AgilML", "slowest ms"),
    )
    taken: dict[str, list[float]] = {
        "AgilML, warm slot": [],
        "fresh `python -c 'import torch'`": [],
        "fresh Ray actor": [],
    }
    forks, fresh, actors = taken.values()
    for turn in range(min(options.repeats, 3)):
        print(f"  turn {turn + 1}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="agil-bench-") as scratch:
            forks += _forks(Path(scratch), result)
            fresh.append(_fresh_python(Path(scratch), options))
            if venvs.installed("ray"):
                actors += _ray_actors(Path(scratch))
    base = statistics.median(forks) if forks else None
    for name, values in taken.items():
        median = statistics.median(values) if values else None
        slowest = max(values, default=None)
        result.rows.append([name, len(values), median, ratio(median, base), slowest])
    result.notes.append(
        "AgilML: time until the recipe's first line, as AgilML itself measures it and keeps it in"
        " its ledger (`attempt.start_ms`); the recipe imports torch at its top; every trial is a"
        " process of its own, two slots."
    )
    result.notes.append(
        "Ray: the first two actors are left out; they get workers that Ray had started in advance."
        " No training step is part of any row."
    )
    return result


def _forks(scratch: Path, result: Result) -> list[float]:
    folder = scratch / "agil"
    ours.add_torch_recipe(folder)
    words = [
        *ours.AGIL,
        "sweep",
        "conf=torch_trial",
        f"x=range({TRIALS})",
        "executor.slots=2",
    ]
    sample = run(words, folder, environment(scratch, ours.ENVIRONMENT), timeout=120)
    if sample.error:
        result.fail("AgilML", sample.error)
        return []
    rows = ours.query(folder, "SELECT start_ms, isolation FROM attempt WHERE start_ms IS NOT NULL")
    others = {how for _, how in rows} - {"fork"}
    if others:
        result.notes.append(
            f"AgilML: some attempts were not forked but {', '.join(sorted(others))}"
        )
    return [float(ms) for ms, _ in rows]


def _fresh_python(scratch: Path, options: Options) -> float:
    words = [sys.executable, "-c", "import torch"]
    return 1000 * run(words, scratch, environment(scratch), options.timeout).wall_s


def _ray_actors(scratch: Path) -> list[float]:
    words = [str(venvs.python("ray")), str(CASES / "torch_actor.py"), str(ACTORS)]
    done = subprocess.run(
        words, env=environment(scratch), capture_output=True, text=True, timeout=180, check=True
    )
    end_descendants(15)
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found
