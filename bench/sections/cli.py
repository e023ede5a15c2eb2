"""How long a command takes that only answers."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from agilml.testing.ledgers import sample_ledger
from bench import ours
from bench.case import median
from bench.command import Sample, environment, run
from bench.options import Options
from bench.peers.tools import CASES
from bench.result import Result, ratio

TRIALS = 100_000
RUNS_FOR_ONE_REPEAT = 4


def measure(options: Options) -> Result:
    """Take turns between AgilML, a bare typer application and bare Python, all in this venv."""
    result = Result(
        "cli",
        f"ms from typing to the prompt; the ledger holds {TRIALS:,} trials",
        ("command", "runs", "median ms", "x typer", "fastest ms", "CPU ms"),
    )
    with tempfile.TemporaryDirectory(prefix="agil-bench-") as temporary:
        scratch = Path(temporary)
        project = scratch / "project"
        ours.make_project(project)
        sample_ledger(ours.ledger(project), TRIALS)
        commands: dict[str, list[str]] = {
            "`agil --help`": [*ours.AGIL, "--help"],
            "`agil runs`": [*ours.AGIL, "runs"],
            "typer app `--help`": [sys.executable, str(CASES / "typer_app.py"), "--help"],
            "`python -c pass`": [sys.executable, "-c", "pass"],
        }
        env = environment(scratch, ours.ENVIRONMENT)
        samples: dict[str, list[Sample]] = {name: [] for name in commands}
        for turn in range(1 + RUNS_FOR_ONE_REPEAT * options.repeats):
            for name, words in commands.items():
                sample = run(words, project, env, timeout=60)
                if turn > 0:  # the first one fills the page cache
                    samples[name].append(sample)
    typer = median(samples["typer app `--help`"], "wall_s")
    for name, mine in samples.items():
        error = next((sample.error for sample in mine if sample.error), "")
        if error:
            result.rows.append([name, 0, "failed", None, None, None])
            result.fail(name, error)
            continue
        wall, cpu = median(mine, "wall_s"), median(mine, "cpu_s")
        fastest = min(sample.wall_s for sample in mine)
        result.rows.append(
            [name, len(mine), 1000 * wall, ratio(wall, typer), 1000 * fastest, 1000 * cpu]
        )
    return result
