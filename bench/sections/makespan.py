"""How long slots wait for one another at the end of a sweep whose trials differ in length."""

from __future__ import annotations

import math
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import ours
from bench.command import environment, run
from bench.options import Options
from bench.result import Result, ratio

SLOTS = 4
STEP_SECONDS = 0.05
UNIT = 4
"""Steps of the shortest of three sizes."""

TRIALS = 32
POOL, FIRST, SECOND = (
    "process pool, in the order of the plan",
    "AgilML, first sweep",
    "AgilML, second",
)

Draw = Callable[[random.Random], list[int]]


def three_sizes(rng: random.Random) -> list[int]:
    """Return the steps of trials of which a third each has size 1, 4 and 16."""
    del rng
    return [UNIT * size for size in (1, 4, 16) for _ in range(TRIALS // 3)]


def lognormal(rng: random.Random) -> list[int]:
    """Return the steps of trials whose length has a lognormal distribution with sigma 1."""
    return [max(1, round(4 * UNIT * math.exp(rng.gauss(0, 1)))) for _ in range(TRIALS)]


DRAWS: dict[str, Draw] = {"sizes 1:4:16": three_sizes, "lognormal": lognormal}


def measure(options: Options) -> Result:
    """Take turns between a pool of processes and AgilML's sweeps before and after it knows durations."""
    result = Result(
        "makespan",
        f"mixed durations on {SLOTS} slots: makespan over its lower bound",
        ("way", "durations", "runs", "median", "lowest", "highest", "x AgilML, second"),
    )
    found: dict[tuple[str, str], list[float]] = {}
    for turn in range(options.repeats):
        for name, draw in DRAWS.items():
            with tempfile.TemporaryDirectory(prefix="agil-bench-") as scratch:
                shares = _turn(Path(scratch), draw, random.Random(turn), options, result)
            for way, share in shares.items():
                found.setdefault((name, way), []).append(share)
                print(f"  {name}, {way}, run {turn + 1}: {share:.3f}", file=sys.stderr, flush=True)
    for name in DRAWS:
        base = statistics.median(found.get((name, SECOND), [math.nan]))
        for way in (SECOND, FIRST, POOL):
            values = found.get((name, way))
            if values:
                median = statistics.median(values)
                spread = [min(values), max(values)]
                result.rows.append([way, name, len(values), median, *spread, ratio(median, base)])
    result.notes += _READING
    return result


_READING = (
    (
        "Bound: the largest of (sum of all durations) / slots, the longest duration, and the sum of the"
        " two that some slot must take when there are more trials than slots. Durations are those that"
        " the trials are told to sleep, so starting a trial counts against everybody."
    ),
    (
        "`first sweep`: an empty ledger. `second`: the same kind of sweep with fresh draws in the same"
        " project. Time runs from the first trial's start to the last one's end."
    ),
    (
        "The pool's processes are started before its time runs; it gets the trials of the second sweep,"
        " in that sweep's shuffled order."
    ),
)


def _turn(
    scratch: Path, draw: Draw, rng: random.Random, options: Options, result: Result
) -> dict[str, float]:
    folder = scratch / "work"
    ours.make_project(folder)
    shares: dict[str, float] = {}
    steps: list[int] = []
    for way in (FIRST, SECOND):
        steps = draw(rng)
        seconds = _sweep(folder, scratch, steps, rng.randrange(10**6), options, result)
        if seconds is None:
            return shares
        shares[way] = seconds / _bound(steps)
    return {**shares, POOL: _pool(_plan_order(folder, len(steps))) / _bound(steps)}


def _sweep(
    folder: Path, scratch: Path, steps: Sequence[int], first: int, options: Options, result: Result
) -> float | None:
    """Run trials of these lengths; return the seconds from the first start to the last end."""
    # Other values of x are other trials, and another shuffled order.
    xs = [first + i for i in range(len(steps))]
    rows = f"row=zip(x={xs},steps={list(steps)})".replace(" ", "")
    words = [
        *(*ours.AGIL, "sweep", "conf=dry", rows, f"sleep={STEP_SECONDS}"),
        *("sampler.shuffle=true", f"executor.slots={SLOTS}", "executor.resources.cpus=0"),
    ]
    sample = run(words, folder, environment(scratch, ours.ENVIRONMENT), options.timeout)
    done = ours.query(
        folder,
        "SELECT count(*), max(a.ended) - min(a.leased) FROM attempt a JOIN sweep s ON s.id = a.sweep"
        " WHERE a.state = 'succeeded' AND s.rowid = (SELECT max(rowid) FROM sweep)",
    )
    if sample.error or not done or done[0][0] != len(steps):
        result.fail("AgilML", sample.error or "not every trial succeeded")
        return None
    return float(done[0][1])


def _plan_order(folder: Path, count: int) -> list[int]:
    """Return the steps of the newest sweep's trials in the order of its plan."""
    rows = ours.query(
        folder,
        "SELECT json_extract(params, '$.steps') FROM sweep_trial WHERE sweep ="
        " (SELECT id FROM sweep ORDER BY rowid DESC LIMIT 1) ORDER BY idx",
    )
    found = [int(row[0]) for row in rows]
    assert len(found) == count
    return found


def _pool(steps: Sequence[int]) -> float:
    """Return the seconds that a pool of processes takes for trials of these lengths, in this order."""
    # Forked, because what else starts processes leaves one behind that looks after their semaphores.
    with multiprocessing.get_context("fork").Pool(SLOTS) as pool:
        pool.map(_trial, [0] * SLOTS, chunksize=1)
        began = time.perf_counter()
        done = Counter(pool.imap_unordered(_trial, steps, chunksize=1))
        seconds = time.perf_counter() - began
    assert done == Counter(steps)
    return seconds


def _trial(steps: int) -> int:
    for _ in range(steps):
        time.sleep(STEP_SECONDS)
    return steps


def _bound(steps: Sequence[int]) -> float:
    """Return the seconds that no schedule can beat."""
    longest = sorted((n * STEP_SECONDS for n in steps), reverse=True)
    pair = longest[SLOTS - 1] + longest[SLOTS] if len(longest) > SLOTS else 0.0
    return max(sum(longest) / SLOTS, longest[0], pair)
