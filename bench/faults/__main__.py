"""``python -m bench.faults [harness …]``: one line of figures per harness; exit 1 on a violation."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.faults import (
    bucket,
    clock,
    damage,
    diskfault,
    kills,
    late,
    memory,
    merging,
    powercut,
    races,
    syncing,
    upgrade,
)
from bench.faults.finding import Finding, merged
from bench.faults.planted import (
    ERRORS_SWALLOWED,
    NO_LOCK,
    REPEATS_FINISHED_WORK,
    SYNC_NORMAL,
    TRUSTS_THE_WALL_CLOCK,
    plant,
)

IMAGES_OF_A_SWEEP = 1_000
KILLS_OF_A_SWEEP = 20


@dataclass(frozen=True, slots=True)
class Budget:
    """How often each harness breaks something; what the words of the command line say."""

    seed: int
    kills: int
    images: int
    late: int
    damages: int
    races: int
    every: int
    ooms: int
    orders: int
    segments: int


Harness = Callable[[Path, Budget], Finding]


def _power_cuts(folder: Path, budget: Budget) -> Finding:
    sweeps = max(1, budget.images // IMAGES_OF_A_SWEEP)
    parts = {
        budget.seed + n: powercut.measure(folder / f"{n}", budget.seed + n, budget.images // sweeps)
        for n in range(sweeps)
    }
    return merged(parts, "power cuts")


HARNESSES: dict[str, Harness] = {
    "late": lambda folder, budget: late.measure(folder, budget.seed, budget.late),
    "checkpoints": lambda folder, budget: damage.saved(folder, budget.seed, budget.damages),
    "ledgers": lambda folder, budget: damage.ledgers(folder, budget.seed, budget.damages),
    "orders": lambda folder, budget: merging.measure(folder, budget.seed, budget.orders),
    "bucket": lambda folder, budget: bucket.measure(folder, budget.seed, budget.damages),
    "sync": lambda folder, budget: syncing.measure(folder, budget.seed, budget.segments),
    "power": _power_cuts,
    "memory": lambda folder, budget: memory.measure(folder, budget.ooms),
    "clock": lambda folder, _: clock.measure(folder),
    "upgrade": lambda folder, _: upgrade.measure(folder),
    "outage": lambda folder, _: diskfault.full_for_a_while(folder),
    "disk": lambda folder, budget: diskfault.measure(folder, budget.seed, budget.every),
    "races": lambda folder, budget: races.measure(folder, budget.seed, budget.races),
    "kills": lambda folder, budget: kills.measure(
        folder, budget.seed, budget.kills, max(1, budget.kills // KILLS_OF_A_SWEEP)
    ),
}
"""Quick ones first."""


CONTROLS: dict[str, Harness] = {
    "late": lambda folder, budget: late.measure(folder, budget.seed, 50, believe=True),
    "checkpoints": lambda folder, budget: damage.saved(folder, budget.seed, 300, by_digest=False),
    "orders": lambda folder, budget: merging.measure(folder, budget.seed, 50, arrival=True),
    "bucket": lambda folder, budget: bucket.measure(folder, budget.seed, 20, silent=True),
    "sync": lambda folder, budget: syncing.measure(folder, budget.seed, 90, believe=True),
    "power": lambda folder, budget: powercut.measure(
        folder, budget.seed, 1_000, plant(folder / "planted", *SYNC_NORMAL)
    ),
    "clock": lambda folder, _: clock.measure(
        folder, plant(folder / "planted", *TRUSTS_THE_WALL_CLOCK), ()
    ),
    "disk": lambda folder, budget: diskfault.measure(
        folder, budget.seed, 60, plant(folder / "planted", *ERRORS_SWALLOWED)
    ),
    "races": lambda folder, budget: races.measure(
        folder, budget.seed, 1, plant(folder / "planted", *NO_LOCK)
    ),
    "kills": lambda folder, budget: kills.measure(
        folder, budget.seed, 20, 1, plant(folder / "planted", *REPEATS_FINISHED_WORK)
    ),
}
"""The same harnesses on an AgilML with a planted fault; each of them must find it."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the harnesses asked for, and their controls; 1 when a promise is broken or a control is not."""
    parser = _parser()
    arguments = parser.parse_args(words)
    unknown = sorted(set(arguments.harness) - set(HARNESSES))
    if unknown:
        parser.error(f"no such harness: {', '.join(unknown)}; there are {', '.join(HARNESSES)}")
    budget = _budget(arguments)
    good = True
    for name in arguments.harness or HARNESSES:
        good &= _run(HARNESSES[name], budget)
        if name in CONTROLS and not arguments.no_controls:
            good &= _run(CONTROLS[name], budget, control=True)
    return 0 if good else 1


def _run(harness: Harness, budget: Budget, *, control: bool = False) -> bool:
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="agil-faults-"))
    finding = harness(folder, budget)
    took = f"{time.monotonic() - began:.0f} s"
    if not control:
        print(finding.line(), f"[{took}]", flush=True)
        for line in finding.details():
            print("   ", line, flush=True)
        if finding.violations:
            print(f"    what is left of it lies in {folder}", flush=True)
        else:
            shutil.rmtree(folder)
        return not finding.violations
    shutil.rmtree(folder)
    found = bool(finding.violations) or bool(finding.skipped)
    verdict = f"found, {len(finding.violations)} times" if found else "NOT FOUND"
    print(f"    control, a planted fault: {verdict} [{took}]", flush=True)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("harness", nargs="*", help=f"any of {', '.join(HARNESSES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a tiny budget for each of them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-controls", action="store_true", help="leave the planted faults out")
    for name, usual, what in (
        ("kills", 1_000, "kills, 20 of a sweep"),
        ("images", 10_000, "disk images, 1,000 of a recorded sweep"),
        ("late", 10_000, "late writes"),
        ("damages", 1_000, "damaged ledgers, and as many checkpoints and buckets"),
        ("races", 100, "races of 2 to 8 commands"),
        ("every", 5, "fail every N-th write and sync"),
        ("ooms", 20, "trials that want too much memory"),
        ("orders", 1_000, "orders in which the segments of four writers are taken"),
        ("segments", 300, "segments of three writers through a hurt network"),
    ):
        parser.add_argument(f"--{name}", type=int, default=usual, metavar="N", help=what)
    return parser


def _budget(arguments: argparse.Namespace) -> Budget:
    if arguments.quick:
        return Budget(arguments.seed, 20, 300, 200, 60, 3, 120, 2, 60, 60)
    return Budget(
        arguments.seed,
        arguments.kills,
        arguments.images,
        arguments.late,
        arguments.damages,
        arguments.races,
        arguments.every,
        arguments.ooms,
        arguments.orders,
        arguments.segments,
    )


if __name__ == "__main__":
    sys.exit(main())
