"""kill -9 of the driver in the middle of a sweep, then going on as each tool documents."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import ours
from bench.command import environment
from bench.options import Options
from bench.peers import venvs
from bench.peers.tools import CASES, hydra_results, tune_results
from bench.result import Cell, Result
from bench.tree import descendants, end_descendants

TRIALS, KILLED_AFTER = 12, 6
LIMIT_SECONDS = 180.0
RECORD_SECONDS = 0.3
"""What a tool has after the sixth trial's last line to record it; no trial can end in that time."""

_CONF = """\
defaults: [_base, _self_]
metric: score
x: 0
log: {log}
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool that is killed and resumed.

    Attributes:
        name: what the table calls it.
        start: command that starts the sweep in a folder.
        resume: command that goes on with it, by its documentation.
        documented: that command in words.
        stored: results in its store.
        driver: process ids that make up the driver, besides the command itself.
    """

    name: str
    start: Callable[[Path], Sequence[str]]
    resume: Callable[[Path], Sequence[str]]
    documented: str
    stored: Callable[[Path], int]
    env: Mapping[str, str]
    driver: Callable[[Path], Sequence[int]] = lambda _folder: ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one kill and resume came to."""

    stored: int
    starts: int
    again: int
    left: int


_READING = (
    "`a to b`: fewest and most of all runs.",
    (
        f"{TRIALS} starts, and one for each trial that ran at the kill, is the least that is possible:"
        " two ran at AgilML and Ray Tune, one at Optuna and Hydra basic."
    ),
    (
        "Ray Tune saves its state every 10 s at most, so what it repeats depends on when it is killed;"
        " few runs show only a part of that range."
    ),
    "Hydra keeps no result by itself: its application writes one file per job.",
)


def measure(options: Options) -> Result:
    """Kill and resume the tools in turn, as often as ``options.crashes`` says."""
    result = Result(
        "crash",
        f"kill -9 of the driver after {KILLED_AFTER} of {TRIALS} trials of one second, then resume",
        (
            "tool",
            "resumed by",
            "runs",
            "results in store",
            "starts",
            "finished trials run again",
            "processes left 3 s after",
        ),
    )
    tools = _wanted(options, result)
    outcomes: dict[str, list[Outcome]] = {tool.name: [] for tool in tools}
    for turn in range(options.crashes):
        for tool in tools:
            print(f"  {tool.name}, run {turn + 1}", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(
                prefix="agil-bench-", ignore_cleanup_errors=True
            ) as scratch:
                outcomes[tool.name] += _killed_and_resumed(tool, Path(scratch), result)
    result.rows += [_row(tool, outcomes[tool.name]) for tool in tools]
    result.notes += _READING
    return result


def _wanted(options: Options, result: Result) -> list[Tool]:
    wanted = []
    for tool in _tools():
        if tool.name == ours.NAME:
            wanted.append(tool)
        elif not venvs.installed("ray"):
            result.notes.append(f"{tool.name}: not installed (`python -m bench.peers ray`)")
        elif options.only.lower() in tool.name.lower():
            wanted.append(tool)
    return wanted


def _row(tool: Tool, outcomes: Sequence[Outcome]) -> list[Cell]:
    if not outcomes:
        return [tool.name, tool.documented, 0, "failed", None, None, None]
    ranges = [
        _range([getattr(outcome, name) for outcome in outcomes])
        for name in ("stored", "starts", "again", "left")
    ]
    return [tool.name, tool.documented, len(outcomes), *ranges]


def _range(values: Sequence[int]) -> Cell:
    low, high = min(values), max(values)
    return low if low == high else f"{low} to {high}"


def _killed_and_resumed(tool: Tool, scratch: Path, result: Result) -> list[Outcome]:
    folder, log = scratch / "work", scratch / "trials.log"
    folder.mkdir()
    log.touch()
    env = {**environment(scratch, tool.env), "BENCH_CRASH_LOG": str(log)}
    with scratch.joinpath("output.txt").open("w") as output:

        def begin(command: Sequence[str]) -> subprocess.Popen[bytes]:
            return subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)

        finished, left = _kill_in_the_middle(tool, begin(tool.start(folder)), folder, log)
        if len(finished) < KILLED_AFTER:
            result.fail(tool.name, _tail(scratch))
            return []
        resumed = begin(tool.resume(folder))
        if not _wait_for(lambda: resumed.poll() is not None):
            result.fail(tool.name, f"its resume did not end in {LIMIT_SECONDS:.0f} s")
            resumed.kill()
            resumed.wait()
        end_descendants(5)
    starts = _count(log, "start")
    again = sum(starts[x] > 1 for x in finished)
    return [Outcome(tool.stored(folder), starts.total(), again, left)]


def _kill_in_the_middle(
    tool: Tool, command: subprocess.Popen[bytes], folder: Path, log: Path
) -> tuple[set[str], int]:
    """Kill the driver; return the trials finished before, and how many processes outlived it."""
    _wait_for(lambda: _count(log, "done").total() >= KILLED_AFTER or command.poll() is not None)
    time.sleep(RECORD_SECONDS)
    finished = set(_count(log, "done"))
    for pid in tool.driver(folder):
        os.kill(pid, signal.SIGKILL)
    command.kill()
    command.wait()
    time.sleep(3)
    left = len(descendants())
    end_descendants(0)  # as a reboot would
    return finished, left


def _tools() -> list[Tool]:
    python = str(venvs.python("ray"))
    hydra = [
        python,
        str(CASES / "hydra_app.py"),
        f"x=range({TRIALS})",
        "hydra.sweep.dir=multirun",
        "-m",
    ]
    tune = [python, str(CASES / "ray_tune.py"), str(TRIALS)]
    optuna = [python, str(CASES / "optuna_grid.py"), str(TRIALS)]
    peers = {"PYTHONPATH": str(CASES)}

    def same(command: Sequence[str]) -> Callable[[Path], Sequence[str]]:
        return lambda _folder: command

    return [
        Tool(
            name=ours.NAME,
            start=_agil_start,
            resume=_agil_resume,
            documented="`agil resume s-…`",
            stored=ours.succeeded,
            env=ours.ENVIRONMENT,
            driver=_controller,
        ),
        Tool(
            name="Ray Tune",
            start=same(tune),
            resume=same([*tune, "restore"]),
            documented="`Tuner.restore`",
            stored=tune_results,
            env=peers,
        ),
        Tool(
            name="Optuna, SQLite",
            start=same(optuna),
            resume=same(optuna),
            documented="same script again",
            stored=_optuna_results,
            env=peers,
        ),
        Tool(
            name="Hydra basic",
            start=same(hydra),
            resume=same(hydra),
            documented="same command again",
            stored=hydra_results,
            env=peers,
        ),
    ]


def _agil_start(folder: Path) -> Sequence[str]:
    ours.add_recipe(folder, "crash_trial", _CONF.format(log=folder.parent / "trials.log"))
    return [*ours.AGIL, "sweep", "conf=crash_trial", f"x=range({TRIALS})", "executor.slots=2"]


def _agil_resume(folder: Path) -> Sequence[str]:
    rows = ours.query(folder, "SELECT id FROM sweep")
    return [*ours.AGIL, "resume", *(str(row[0]) for row in rows)]


def _controller(folder: Path) -> Sequence[int]:
    rows = ours.query(folder, "SELECT controller_pid FROM sweep WHERE controller_pid IS NOT NULL")
    return [int(row[0]) for row in rows]


def _optuna_results(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "optuna.db")) as db:
        return int(db.execute("SELECT count(*) FROM trials WHERE state = 'COMPLETE'").fetchone()[0])


def _count(log: Path, what: str) -> Counter[str]:
    return Counter(
        line.split()[1] for line in log.read_text().splitlines() if line.startswith(what)
    )


def _wait_for(reached: Callable[[], bool]) -> bool:
    end = time.monotonic() + LIMIT_SECONDS
    while not reached():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _tail(scratch: Path) -> str:
    return " / ".join(scratch.joinpath("output.txt").read_text().strip().splitlines()[-4:])
