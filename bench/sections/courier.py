"""What the courier beside a controller costs: event files, and a remote that does not answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench import ours
from bench.case import Case, first_error, interleave, median
from bench.options import Options
from bench.result import Cell, Result, ratio

TIMES = 10
"""Trials against the other sections: a sweep must outlive the moments in which no courier runs."""

NOWHERE = """[remote]
url = "s3://models/bench"
endpoint = "http://127.0.0.1:9"
region = "us-east-1"
"""
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
COLUMNS = ("sweep", "trials", "runs", "whole command s", "x without", "CPU s")


def measure(options: Options) -> Result:
    """Time sweeps of trivial trials without a courier and with one."""
    n = options.trials * TIMES
    result = Result("courier", f"{n} trivial trials, two at once, and the courier", COLUMNS)
    cases = _cases(n)
    samples = interleave(cases, options)
    without = samples[cases[0].name][n]
    base = None if first_error(samples[cases[0].name]) else median(without, "wall_s")
    for case in cases:
        error = first_error(samples[case.name])
        if error:
            result.fail(case.name, error)
            continue
        mine = samples[case.name][n]
        wall = median(mine, "wall_s")
        row: list[Cell] = [case.name, n, len(mine), wall, ratio(wall, base), median(mine, "cpu_s")]
        result.rows.append(row)
    result.notes += [
        "`whole command`: wall time until it returned; the courier goes on behind it.",
        "`CPU s`: the courier's own time included, at nice 19, behind the sweep's end too.",
        "`remote down`: an address on this machine where nobody listens.",
    ]
    return result


def _cases(n: int) -> list[Case]:
    plain = ours.sweep([n], torch=False)

    def case(name: str, tensorboard: str, settings: str = "") -> Case:
        return replace(
            plain,
            name=f"{ours.NAME}, {name}",
            env={**plain.env, **CREDENTIALS, "AGIL_TENSORBOARD": tensorboard},
            prepare=_project_with(settings),
        )

    return [
        case("no courier", "false"),
        case("event files", "auto"),
        case("event files, remote down", "auto", NOWHERE),
    ]


def _project_with(settings: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        ours.make_project(folder)
        (folder / "agil.toml").write_text(settings)

    return prepare
