"""From typing the command to the first finished training step."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench import ours
from bench.command import environment, run
from bench.options import Options
from bench.result import Result, ratio

_CONF = """\
defaults: [resnet, _self_]
epochs: 1
noted: {noted}
"""


def measure(options: Options) -> Result:
    """Take turns between a sweep of one ResNet and ``python -c "import torch"``."""
    result = Result(
        "first_step",
        "s from the command to the first finished optimizer step of `conf=resnet`",
        ("what", "runs", "median s", "x `import torch`", "slowest s"),
    )
    steps: list[float] = []
    imports: list[float] = []
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory(prefix="agil-bench-") as scratch:
            imports.append(_import(Path(scratch)))
            steps += _first_step(Path(scratch), result)
    base = statistics.median(imports)
    for name, values in (("AgilML", steps), ("`python -c 'import torch'`", imports)):
        median = statistics.median(values) if values else None
        result.rows.append(
            [name, len(values), median, ratio(median, base), max(values, default=None)]
        )
    result.notes.append(
        "The recipe is the packaged ResNet on digits, with a hook that notes the time."
    )
    return result


def _import(scratch: Path) -> float:
    return run(
        [sys.executable, "-c", "import torch"], scratch, environment(scratch), timeout=120
    ).wall_s


def _first_step(scratch: Path, result: Result) -> list[float]:
    folder, noted = scratch / "agil", scratch / "noted"
    ours.add_recipe(folder, "first_step", _CONF.format(noted=noted))
    began = time.monotonic()
    words = [*ours.AGIL, "sweep", "conf=first_step", "executor.slots=1"]
    sample = run(words, folder, environment(scratch, ours.ENVIRONMENT), timeout=300)
    if sample.error or not noted.exists():
        result.fail("AgilML", sample.error or "no step was taken")
        return []
    return [float(noted.read_text()) - began]
