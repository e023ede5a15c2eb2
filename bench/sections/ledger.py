"""What tracking a run costs, what is left of it, and how fast it answers: AgilML beside trackers."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.options import Options
from bench.peers import venvs
from bench.result import Cell, Result
from bench.trackers.agil import Agil
from bench.trackers.base import WRITERS, Tracker
from bench.trackers.peers import PEERS

POINTS = 10_000
KILLED = 2_000
RUNS = 1_000
MANY_RUNS = 100_000
SLOW_SECONDS = 120.0
"""A peer that took longer is not asked again, unless with ``--full``."""

_COLUMNS = (
    *("tool", "runs", "call p50 us", "call p99 us", f"points kept of {KILLED:,}"),
    *("bytes a point", "on the wire", f"{POINTS:,}-point curve ms", f"top ten of {RUNS:,} s"),
    *(f"writers that died of {WRITERS}", "points lost"),
)


def measure(options: Options) -> Result:
    """Take turns between the trackers; every question has a new folder."""
    result = Result(
        "ledger", "tracking runs: cost of a call, what is kept, how it answers", _COLUMNS
    )
    tools: list[Tracker] = [Agil()]
    for peer in PEERS:
        if not venvs.installed(peer.venv):
            result.notes.append(f"{peer.name}: not installed (`python -m bench.peers {peer.venv}`)")
        elif options.only in peer.name:
            tools.append(peer)
    found = {tool.name: _Found() for tool in tools}
    slow: set[str] = set()
    for _ in range(options.repeats):
        for tool in (one for one in tools if one.name not in slow):
            print(f"  {tool.name}", file=sys.stderr, flush=True)
            began = time.monotonic()
            _ask(tool, found[tool.name], result, RUNS // (1 if options.repeats > 1 else 10))
            late = time.monotonic() - began > SLOW_SECONDS
            if late and tool is not tools[0] and not options.full:
                slow.add(tool.name)
    result.rows += [[tool.name, *found[tool.name].cells()] for tool in tools]
    if options.repeats > 1 or options.full:
        _many(result)
    _explain(result, options)
    return result


class _Found:
    """Figures of one tool by question, one per repeat."""

    def __init__(self) -> None:
        self.figures: dict[str, list[float]] = {}

    def add(self, name: str, figure: float | None) -> None:
        if figure is not None:
            self.figures.setdefault(name, []).append(figure)

    def cells(self) -> list[Cell]:
        """Return the medians, but of what is lost or kept the worst."""
        worst: dict[str, Callable[[list[float]], float]] = {
            "kept": min,
            "died": max,
            "lost": max,
        }
        names = ("p50", "p99", "kept", "bytes", "wire", "curve", "top", "died", "lost")
        cells: list[Cell] = [max(map(len, self.figures.values()), default=0)]
        for name in names:
            figures = self.figures.get(name)
            value = None if not figures else worst.get(name, statistics.median)(figures)
            cells.append(int(value) if value is not None and name in worst else value)
        return cells


def _ask(tool: Tracker, found: _Found, result: Result, runs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="agil-bench-") as scratch:
        # Trackers make folders and caches below their home: one for each question.
        def place(name: str) -> Path:
            return Path(scratch) / name / "work"

        def log() -> None:
            base, whole = tool.log(place("one"), 1), tool.log(place("log"), POINTS)
            found.add("p50", whole.p50_us)
            found.add("p99", whole.p99_us)
            found.add("bytes", (whole.size - base.size) / (POINTS - 1))
            if whole.wire is not None and base.wire is not None:
                found.add("wire", (whole.wire - base.wire) / (POINTS - 1))
            found.add("curve", tool.curve_ms(place("log")))

        def top() -> None:
            if not tool.answers:
                return
            tool.write_finals(place("finals"), runs)
            found.add("top", tool.top_seconds(place("finals")))

        def write() -> None:
            died, lost = tool.writers(place("writers"))
            found.add("died", died)
            found.add("lost", lost)

        for question in (
            log,
            lambda: found.add("kept", tool.killed(place("killed"), KILLED)),
            top,
            write,
        ):
            try:
                question()
            except (RuntimeError, OSError, ValueError) as error:
                result.fail(tool.name, str(error).strip().splitlines()[-1][:200])


def _many(result: Result) -> None:
    """Add how fast the ten best of a hundred thousand runs are found."""
    tool = Agil()
    with tempfile.TemporaryDirectory(prefix="agil-bench-") as scratch:
        folder = Path(scratch) / "work"
        tool.write_finals(folder, MANY_RUNS)
        seconds = statistics.median(tool.top_seconds(folder) for _ in range(3))
    row: list[Cell] = [None] * len(_COLUMNS)
    row[0], row[1], row[8] = f"{tool.name}, {MANY_RUNS:,} runs", 3, seconds
    result.rows.append(row)


def _explain(result: Result, options: Options) -> None:
    result.notes += [
        f"Bytes: what {POINTS:,} points of one metric, logged one a call, add to a store with one point.",
        "Points kept: the writer logs one every 2 ms and is killed behind the last; the worst of all runs.",
        "Curve: a warm read in one process, the import left out.",
        "Top ten: a new process, everything counted; runs of ten parameters and twenty final metrics.",
        "W&B answers no query without its server; its offline files are read by forty lines of ours.",
        "On the wire: to a folder, by `agil sync`. The others are synchronised by a service only.",
    ]
    if options.repeats == 1:
        result.notes.append(f"One repeat: the top ten are those of {RUNS // 10:,} runs.")
