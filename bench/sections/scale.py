"""What the controller and the ledger cost per trial when trials themselves cost nothing."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import ours
from bench.command import environment, run
from bench.options import Options
from bench.peers import venvs
from bench.peers.tools import CASES
from bench.result import Result, ratio
from bench.scale.reads import commands

SLOTS = 64
TRIALS = 10_000
MILLION = 1_000_000
PEER_TRIALS = 300
RAY_TASKS = 5_000
READS = ((10_000, 100), (100_000, 2))
"""Runs, and points that each has logged."""
_NOTHING = (None,) * 7


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table: a program that prints JSON, run in an empty folder."""

    name: str
    trials: int
    words: tuple[str, ...]
    once: bool = False


def measure(options: Options) -> Result:
    """Take turns between AgilML's controller and what peers do for a trial; each in a process of its own."""
    result = Result(
        "scale",
        "trials that do nothing: CPU of the driver or controller, the kernel's included",
        (
            *("tool", "trials", "runs", "CPU us a trial", "x AgilML", "wall us a trial"),
            *("plan CPU us", "bytes a trial", "MB at 10 %", "MB at 100 %", "seconds"),
        ),
    )
    rows = [row for row in _rows(options) if options.only in row.name or "AgilML" in row.name]
    found: dict[str, list[dict[str, Any]]] = {row.name: [] for row in rows}
    for turn in range(options.repeats):
        for row in rows:
            if turn == 0 or not row.once:
                _take(row, found[row.name], result, options.timeout)
    base = _median(found[rows[0].name], "cpu_us")
    for row in rows:
        if mine := found[row.name]:
            result.rows.append(_line(row, mine, base))
    for trials, points in READS if _large(options) else READS[:1]:
        _read(trials, points, options, result)
    if options.full:
        _resume(options, result)
    else:
        result.notes.append(
            "A million trials, and 10,000 processes: `python -m bench scale --full`"
        )
    result.notes.append(
        f"{SLOTS} slots; every turn of the controller is synced to the disk. A trial is leased, starts and"
        " succeeds; `point`: it logs one value as well."
    )
    if not venvs.installed("ray"):
        result.notes.append("Ray: not installed (`python -m bench.peers ray`)")
    return result


def _rows(options: Options) -> list[_Row]:
    noop = (sys.executable, "-m", "bench.scale.noop", ".")
    optuna = (sys.executable, "-m", "bench.scale.optuna_trials", ".", str(PEER_TRIALS))
    rows = [
        _Row("AgilML", TRIALS, (*noop, str(TRIALS), str(SLOTS), "0")),
        _Row("AgilML, point", TRIALS, (*noop, str(TRIALS), str(SLOTS), "1")),
        _Row("Optuna, journal file", PEER_TRIALS, (*optuna, "journal")),
        _Row("Optuna, SQLite", PEER_TRIALS, (*optuna, "sqlite")),
    ]
    if venvs.installed("ray"):
        program = (str(venvs.python("ray")), str(CASES / "ray_tasks.py"), str(RAY_TASKS))
        rows.append(_Row("Ray, one task a trial", RAY_TASKS, program))
    sizes = (10 * TRIALS, MILLION) if options.full else (10 * TRIALS,)
    for trials in sizes if _large(options) else ():
        words = (*noop, str(trials), str(SLOTS))
        rows.append(_Row(f"AgilML, {trials:,}", trials, (*words, "0"), once=True))
        rows.append(_Row(f"AgilML, {trials:,}, point", trials, (*words, "1"), once=True))
    return rows


def _large(options: Options) -> bool:
    return options.repeats > 1 or options.full


def _take(row: _Row, found: list[dict[str, Any]], result: Result, timeout: float) -> None:
    with tempfile.TemporaryDirectory(prefix="agil-bench-") as scratch:
        made = _json(row.name, row.words, Path(scratch), result, timeout)
    if made is not None:
        found.append(made)
        print(f"  {row.name}: {made['cpu_us']:.1f} us", file=sys.stderr, flush=True)


def _json(
    name: str, words: Sequence[str], scratch: Path, result: Result, timeout: float
) -> dict[str, Any] | None:
    """Return what a program printed that ran in the new folder ``work``; None where it failed."""
    folder = scratch / "work"
    folder.mkdir()
    env = {**environment(scratch, ours.ENVIRONMENT), "PYTHONPATH": str(ours.ROOT)}
    try:
        done = subprocess.run(
            words, cwd=folder, env=env, capture_output=True, text=True, check=True, timeout=timeout
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        result.fail(name, (str(error.stderr or "") or str(error)).strip()[-200:])
        return None
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _read(trials: int, points: int, options: Options, result: Result) -> None:
    """Add a row for each command that reads a ledger of so many runs."""
    name = f"AgilML, {trials:,} runs of {points} points"
    program = (sys.executable, "-m", "bench.scale.reads", ".", str(trials), str(points))
    with tempfile.TemporaryDirectory(prefix="agil-bench-") as temporary:
        scratch = Path(temporary)
        made = _json(name, program, scratch, result, options.timeout)
        if made is None:
            return
        env = environment(scratch, ours.ENVIRONMENT)
        for command, words in commands(made).items():
            samples = [
                run([*ours.AGIL, *words], scratch / "work", env, options.timeout)
                for _ in range(1 + options.repeats)
            ][1:]  # the first one fills the page cache
            if error := next((sample.error for sample in samples if sample.error), ""):
                result.fail(command, error)
            seconds = statistics.median(sample.wall_s for sample in samples)
            result.rows.append([command, trials, len(samples), *_NOTHING, seconds])
    result.notes.append(
        f"{name}: {made['bytes_a_point']:.1f} bytes a point, {made['bytes'] / 1e6:.0f} MB;"
        f" one run's curves: {', '.join(made['curve'])}"
    )


def _resume(options: Options, result: Result) -> None:
    """Add what a sweep of real processes takes that is killed half way."""
    program = (sys.executable, "-m", "bench.scale.resumed", ".", str(TRIALS))
    with tempfile.TemporaryDirectory(prefix="agil-bench-") as scratch:
        made = _json("AgilML, resumed", program, Path(scratch), result, 4 * options.timeout)
    if made is None:
        return
    for name, key in (
        ("`agil sweep conf=dry --detach`", "detach_s"),
        ("AgilML, dry, killed half way", "wall_s"),
        ("`agil resume`, first new trial", "first_s"),
    ):
        result.rows.append([name, TRIALS, 1, *_NOTHING, made[key]])
    result.notes.append(
        f"dry: processes, two at once; {made['kept']:,} had succeeded when the controller was killed,"
        f" and all {TRIALS:,} succeeded once"
    )


def _line(row: _Row, mine: Sequence[dict[str, Any]], base: float | None) -> list[Any]:
    cpu = _median(mine, "cpu_us")
    memory = mine[-1].get("rss_mb") or [None]
    return [
        *(row.name, row.trials, len(mine), cpu, ratio(cpu, base)),
        *(_median(mine, name) for name in ("wall_us", "plan_us", "bytes")),
        *(memory[0], memory[-1], None),
    ]


def _median(found: Sequence[dict[str, Any]], name: str) -> float | None:
    values = [float(one[name]) for one in found if name in one]
    return statistics.median(values) if values else None
