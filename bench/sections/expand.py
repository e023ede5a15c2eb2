"""Expansion of a sweep into points, beside Hydra's own compose; measured by ``bench/expand.py``."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

from bench import ours
from bench.options import Options
from bench.result import Cell, Result


def measure(options: Options) -> Result:
    """Run ``bench/expand.py`` and show every number that it reports."""
    result = Result(
        "expand", "points of a sweep against Hydra's compose per point", ("what", "value")
    )
    if find_spec("bench.expand") is None:
        result.fail("AgilML", "bench/expand.py is not there")
        return result
    words = [sys.executable, "-m", "bench.expand", "--json"]
    if options.repeats == 1:
        words.append("--quick")
    done = subprocess.run(
        words, check=False, cwd=ours.ROOT, capture_output=True, text=True, timeout=options.timeout
    )
    if done.returncode != 0:
        result.fail("AgilML", " / ".join(done.stderr.strip().splitlines()[-3:]))
        return result
    result.rows += [[name, value] for name, value in _flat("", json.loads(done.stdout))]
    return result


def _flat(prefix: str, value: Any) -> list[tuple[str, Cell]]:
    if isinstance(value, dict):
        return [row for key, item in value.items() for row in _flat(f"{prefix}{key} ", item)]
    if isinstance(value, list):
        return [row for i, item in enumerate(value) for row in _flat(f"{prefix}{i} ", item)]
    return [(prefix.strip(), value)]
