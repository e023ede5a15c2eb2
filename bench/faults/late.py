"""Writes that come too late: of attempts that lost their trial, and of controllers that lost their sweep."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agilml import events as e
from agilml.errors import StaleWrite
from agilml.ledger.control import Control, Lease, Turn
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, TrialState
from bench.faults.finding import Finding

TRIALS = 20
TABLES = ("sweep", "trial", "sweep_trial", "attempt", "metric", "checkpoint", "warning", "tag")
Late = Callable[[Turn, Lease], Any]


def measure(folder: Path, seed: int, count: int, *, believe: bool = False) -> Finding:
    """Write ``count`` times in the name of somebody who was replaced; compare every table before and after.

    Args:
        folder: where the ledger is made.
        seed: of the choice of what is written, and when.
        count: late writes.
        believe: the control: write under the *new* lease instead, which must change something.
    """
    finding = Finding(
        "late writes",
        seed,
        {"late writes": 0, "refused by fence and logged": 0, "refused by epoch": 0, "accepted": 0},
    )
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with Ledger.open(folder / "ledger.db") as ledger:
        _plan(ledger)
        control = Control.take(ledger, "s-late", "here", 1)
        for _ in range(count):
            if rng.random() < 0.2 and not believe:
                control = _by_an_old_controller(ledger, control, rng, finding)
            else:
                _by_an_old_attempt(control, rng, finding, believe)
            finding.count("late writes")
        verify_chain(ledger.db, ledger.origin)
    return finding


def _plan(ledger: Ledger) -> None:
    ledger.plan(
        e.SweepPlanned(
            "s-late",
            "fault",
            "fault",
            "val_acc",
            "max",
            TRIALS,
            {"executor": {"name": "local"}},
            {},
        ),
        [e.StructureComposed("base", "fault", {}, {"x": 0}, {"x": 0})],
        [(f"t-{x}", "base", {"x": x}, {"x": x}) for x in range(TRIALS)],
    )


def _by_an_old_attempt(
    control: Control, rng: random.Random, finding: Finding, believe: bool
) -> None:
    trial = f"t-{rng.randrange(TRIALS)}"
    with control.turn() as turn:
        old = turn.lease(trial, "local:0", "runs")
        if old is None:
            return  # only where a late write was believed has a trial come to its end
        if rng.random() < 0.7:
            _start(turn, old)
        turn.ended(old, AttemptState.LOST, TrialState.PENDING)
    replaced = rng.random() < 0.7
    new = None
    if replaced or believe:
        with control.turn() as turn:
            new = turn.lease(trial, "local:1", "runs")
    name, write = rng.choice(list(WRITES.items()))
    before, refused = _tables(control.ledger), _refused(control.ledger)
    with control.turn() as turn:
        write(turn, new if believe and new is not None else old)
    if _tables(control.ledger) != before:
        finding.count("accepted")
        finding.violations.append(f"{name} of {old.attempt} changed the tables")
    if _refused(control.ledger) == refused + 1:
        finding.count("refused by fence and logged")
    elif not believe:
        finding.violations.append(f"{name} of {old.attempt} was not logged as refused")
    if new is not None:
        with control.turn() as turn:
            turn.ended(new, AttemptState.LOST, TrialState.PENDING)


def _by_an_old_controller(
    ledger: Ledger, old: Control, rng: random.Random, finding: Finding
) -> Control:
    trial = f"t-{rng.randrange(TRIALS)}"
    with old.turn() as turn:
        lease = turn.lease(trial, "local:0", "runs")
        assert lease is not None
    new = Control.take(ledger, "s-late", "there", 2)
    before, name = _tables(ledger), "nothing"
    try:
        with old.turn() as turn:
            name, write = rng.choice(list(WRITES.items()))
            write(turn, lease)
    except StaleWrite:
        # Its whole transaction is taken back, so that there is no fact of the refusal.
        finding.count("refused by epoch")
    if _tables(ledger) != before:
        finding.count("accepted")
        finding.violations.append(f"{name} of epoch {old.epoch} changed the tables")
    with new.turn() as turn:
        turn.ended(lease, AttemptState.LOST, TrialState.PENDING)
    return new


def _start(turn: Turn, lease: Lease) -> None:
    turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")


WRITES: dict[str, Late] = {
    "a start": _start,
    "a resume": lambda turn, lease: turn.resumed(lease, "t-0.1", 3),
    "points": lambda turn, lease: turn.metrics(lease, 10**6, {"val_acc": [[9], [9.0], [9.0]]}),
    "a checkpoint": lambda turn, lease: turn.checkpoint(lease, 9, "runs/x", "0" * 64, 1, 9.0),
    "a warning": lambda turn, lease: turn.warned(lease, "too late"),
    "a success": lambda turn, lease: turn.ended(
        lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED
    ),
    "a failure": lambda turn, lease: turn.ended(lease, AttemptState.FAILED, TrialState.FAILED),
    "a pruning": lambda turn, lease: turn.ended(lease, AttemptState.PRUNED, TrialState.PRUNED),
    "a cancel": lambda turn, lease: turn.ended(lease, AttemptState.CANCELLED, TrialState.CANCELLED),
}
"""Everything that can be written in the name of an attempt."""


def _tables(ledger: Ledger) -> list[list[tuple[Any, ...]]]:
    return [
        ledger.db.execute(f"SELECT * FROM {name} ORDER BY rowid DESC LIMIT 200").fetchall()
        if name in ("trial", "sweep", "attempt", "warning")
        else ledger.db.execute(f"SELECT * FROM {name} LIMIT 200").fetchall()
        for name in TABLES
    ]


def _refused(ledger: Ledger) -> int:
    sql = "SELECT count(*) FROM fact WHERE kind = 'late.refused'"
    return int(ledger.db.execute(sql).fetchone()[0])
