"""``python -m bench.search``: time to target on digits, training real, clock simulated.

One unit of time is one epoch on one worker, so the load of the machine does not matter, and neither does the
time that choosing takes (it is printed). A repetition ends when some trial's validation loss reaches the
target, which 4 % of random configurations reach at all.
"""

from __future__ import annotations

import argparse
import heapq
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import optuna

from agilml.sweep.search.draws import at_random
from bench.search.digits import EPOCHS, Config, Curves
from bench.search.strategies import SPACE, WIDTHS, Grid, Optunas, Ours, Strategy

TRIALS = 64
"""A repetition that trained as many epochs as 64 whole trials has not reached the target."""

DEFAULT = "AgilML default (tpe + asha)"
PEER = "Optuna TPE + SuccessiveHalvingPruner, same settings"
SHUFFLED = "grid shuffled"

EAGER: Mapping[str, Callable[[int], Strategy]] = {
    DEFAULT: lambda seed: Ours(seed, {"name": "tpe"}, {"name": "asha"}),
    PEER: lambda seed: Optunas(
        seed, optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    ),
    "Optuna TPE + SuccessiveHalvingPruner, its defaults": lambda seed: Optunas(
        seed, optuna.pruners.SuccessiveHalvingPruner()
    ),
    "AgilML random + asha": lambda seed: Ours(seed, {"name": "random"}, {"name": "asha"}),
}
"""Strategies that give up early: cheap to repeat, so three times as many seeds."""

PATIENT: Mapping[str, Callable[[int], Strategy]] = {
    SHUFFLED: lambda seed: Grid(seed, shuffle=True),
    "grid in product order": lambda seed: Grid(seed, shuffle=False),
    "random": lambda seed: Ours(seed, {"name": "random"}, {"name": "nan"}),
}
"""Strategies that train every configuration to its end."""


@dataclass(slots=True)
class Outcome:
    """One repetition.

    Attributes:
        when: time at which the target was reached, or at which the budget was used up.
        chose_s: seconds spent in the strategy.
    """

    reached: bool
    when: float
    trials: int
    epochs: int
    chose_s: float


def simulate(strategy: Strategy, workers: int, curves: Curves, seed: int, target: float) -> Outcome:
    """Return what happens on ``workers`` workers, each of which takes a new trial when one ends."""
    queue: list[tuple[int, int, int, Config]] = []
    trials = epochs = 0
    chose = 0.0

    def start(now: int) -> None:
        nonlocal trials, chose
        began = time.perf_counter()
        config = strategy.choose(trials)
        chose += time.perf_counter() - began
        if config is not None:
            # Ends at now + 1; ties go in the order of numbers.
            heapq.heappush(queue, (now + 1, trials, 0, {**config, "seed": seed}))
            trials += 1

    for _ in range(workers):
        start(0)
    while queue:
        now, number, epoch, config = heapq.heappop(queue)
        loss = curves.loss(config, epoch)
        epochs += 1
        if loss <= target:
            return Outcome(True, now, trials, epochs, chose)
        if epochs >= TRIALS * EPOCHS:
            break
        began = time.perf_counter()
        goes_on = strategy.goes_on(number, epoch, loss)
        chose += time.perf_counter() - began
        if goes_on:
            heapq.heappush(queue, (now + 1, number, epoch + 1, config))
        else:
            start(now)
    return Outcome(False, TRIALS * EPOCHS / workers, trials, epochs, chose)


def target_loss(curves: Curves, n: int = 150, share: float = 0.04) -> float:
    """Return the loss that ``share`` of random configurations reach at some epoch."""
    best = []
    for i in range(n):
        choice = at_random(SPACE, 99, i)
        config = {**choice, "width": WIDTHS[int(choice["width"])], "seed": 1_000 + i}
        best.append(min(curves.loss(config, epoch) for epoch in range(EPOCHS)))
    return sorted(best)[int(n * share)]


def main(words: list[str] | None = None) -> int:
    """Print one line per strategy and number of workers, or everything as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--seeds", type=int, default=7, help="three times as many with early stops")
    parser.add_argument("--workers", default="2,8")
    parser.add_argument("--only", default="", help="strategies whose name contains this text")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(words)
    curves = Curves()
    target = target_loss(curves)
    rows = []
    for workers in map(int, arguments.workers.split(",")):
        for name, make in {**EAGER, **PATIENT}.items():
            if arguments.only in name:
                seeds = range(arguments.seeds * (3 if name in EAGER else 1))
                runs = [simulate(make(seed), workers, curves, seed, target) for seed in seeds]
                rows.append({"strategy": name, "workers": workers, **_summary(runs)})
                if not arguments.json:
                    print(
                        *(f"{key} {value}" for key, value in rows[-1].items()), sep="  ", flush=True
                    )
    if arguments.json:
        print(json.dumps({"target": target, "trained": curves.trained, "rows": rows}))
    return 0


def _summary(runs: list[Outcome]) -> dict[str, Any]:
    quarters = statistics.quantiles([run.when for run in runs], n=4, method="inclusive")
    return {
        "seeds": len(runs),
        "reached": sum(run.reached for run in runs),
        "median": statistics.median(run.when for run in runs),
        "mean": statistics.mean(run.when for run in runs),
        "quartiles": [quarters[0], quarters[2]],
        "trials": statistics.median(run.trials for run in runs),
        "chose_ms": 1e3 * statistics.median(run.chose_s / max(run.trials, 1) for run in runs),
    }


if __name__ == "__main__":
    sys.exit(main())
