"""Whatever comes late is refused, and what is refused leaves everything as it was."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agilml import events as e
from agilml.errors import StaleWrite
from agilml.ledger.control import Control, Lease, Turn
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, TrialState
from tests.ledger.machine.rebuild import Rows, tables

LATE = int(os.environ.get("AGIL_LATE_WRITES", "300"))
RACES = int(os.environ.get("AGIL_RACES", "10"))
ENDS = (
    (AttemptState.SUCCEEDED, TrialState.SUCCEEDED, None),
    (AttemptState.FAILED, TrialState.FAILED, Cause.USER),
    (AttemptState.LOST, TrialState.PENDING, Cause.NODE),
    (AttemptState.PRUNED, TrialState.PRUNED, None),
)
SERIES: dict[str, list[list[Any]]] = {"loss": [[99], [99.0], [0.1]]}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder in memory: what is shown here is logic, and no disk has a part in it."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def plan(ledger: Ledger, trials: int) -> list[str]:
    """Plan a sweep; return its trials."""
    names = [f"t-{n}" for n in range(trials)]
    ledger.plan(
        e.SweepPlanned("s-1", "toy", "toy", "loss", "min", trials, {}, {}),
        [e.StructureComposed("base", "toy", {}, {"x": 0}, {"x": 0})],
        [(name, "base", {"x": name}, {"x": name}) for name in names],
    )
    return names


def start(turn: Turn, trial: str) -> Lease | None:
    """Lease and start a trial that waits."""
    lease = turn.lease(trial, "slot", "runs")
    if lease is not None:
        turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
    return lease


def late_write(rng: random.Random, lease: Lease, ended: AttemptState) -> Callable[[Turn], bool]:
    """Return something that a dead attempt might still say; never its own end once more."""
    state, trial_state, cause = rng.choice([end for end in ENDS if end[0] is not ended])
    offset, step = rng.randrange(1, 1 << 40), rng.randrange(1000)
    writes: list[Callable[[Turn], bool]] = [
        lambda turn: turn.ended(lease, state, trial_state, cause=cause),
        lambda turn: turn.metrics(lease, offset, SERIES),
        lambda turn: turn.checkpoint(lease, step, "late", "ab", 1, 0.5),
        lambda turn: turn.started(lease, host="h", pid=2, pid_started=2, isolation="fork"),
    ]
    return rng.choice(writes)


def late_facts(db: sqlite3.Connection) -> int:
    """Return how many writes were refused."""
    return int(db.execute("SELECT count(*) FROM fact WHERE kind = 'late.refused'").fetchone()[0])


def step_forward(
    rng: random.Random,
    control: Control,
    trials: list[str],
    running: list[Lease],
    dead: list[tuple[Lease, AttemptState]],
) -> None:
    """Let real work go on: a trial starts, reports, or ends."""
    with control.turn() as turn:
        if len(running) < 4 and (lease := start(turn, rng.choice(trials))) is not None:
            running.append(lease)
        elif running:
            lease = running.pop(rng.randrange(len(running)))
            assert turn.metrics(lease, 10, {"loss": [[0], [0.5], [0.1]]})
            # Most are lost, so that there is somebody to speak late while a newer attempt runs.
            state, trial_state, cause = ENDS[0] if rng.random() < 0.05 else ENDS[2]
            assert turn.ended(lease, state, trial_state, cause=cause)
            dead.append((lease, state))


def test_nothing_that_a_dead_attempt_says_is_recorded(folder: Path) -> None:
    rng, began = random.Random(5), time.monotonic()
    with Ledger.open(folder / "ledger.db") as ledger:
        trials = plan(ledger, 40)
        control = Control.take(ledger, "s-1", "here", 1)
        running: list[Lease] = []
        dead: list[tuple[Lease, AttemptState]] = []
        sent = accepted = looked = 0
        while sent < LATE:
            step_forward(rng, control, trials, running, dead)
            burst = min(rng.randrange(8), LATE - sent) if dead else 0
            look = burst > 0 and looked * 40 <= sent
            before: Rows = tables(ledger.db) if look else {}
            looked += look
            for _ in range(burst):
                write = late_write(rng, *rng.choice(dead))
                with control.turn() as turn:
                    accepted += write(turn)
                sent += 1
            assert not look or before == tables(ledger.db)
        assert (0, LATE) == (accepted, late_facts(ledger.db))
        verify_chain(ledger.db, ledger.origin)
    print(f"\n{sent} late writes, {accepted} accepted, in {time.monotonic() - began:.1f} s")  # noqa: T201


def test_nothing_that_a_fenced_controller_says_is_recorded(folder: Path) -> None:
    rng, began = random.Random(6), time.monotonic()
    path = folder / "ledger.db"
    with Ledger.open(path) as ledger, Ledger.open(path) as other:
        trials = plan(ledger, 40)
        fenced = [Control.take(ledger, "s-1", "here", 1)]
        newest = Control.take(other, "s-1", "here", 2)
        running: list[Lease] = []
        dead: list[tuple[Lease, AttemptState]] = []
        refused = 0
        while refused < LATE:
            step_forward(rng, newest, trials, running, dead)
            if rng.random() < 0.1:
                fenced.append(newest)
                newest = Control.take(rng.choice([ledger, other]), "s-1", "here", refused)
            # It speaks of attempts that still run as well: they are not its own any more.
            leases = [*running, *(lease for lease, _ in dead)]
            facts = last_seq(ledger)
            for _ in range(min(rng.randrange(8), LATE - refused)):
                with pytest.raises(StaleWrite):
                    speak(rng, rng.choice(fenced), leases)
                refused += 1
            assert facts == last_seq(ledger)
        assert 0 == late_facts(ledger.db)
        verify_chain(ledger.db, ledger.origin)
    print(f"\n{refused} writes of fenced controllers refused in {time.monotonic() - began:.1f} s")  # noqa: T201


def speak(rng: random.Random, control: Control, leases: list[Lease]) -> None:
    """Write something about an attempt, running or dead, in a turn of ``control``."""
    with control.turn() as turn:
        if leases:
            late_write(rng, rng.choice(leases), AttemptState.LEASED)(turn)


def last_seq(ledger: Ledger) -> int:
    """Return the number of the newest fact."""
    return int(ledger.db.execute("SELECT max(seq) FROM fact").fetchone()[0])


def contend(
    path: Path, name: int, barrier: threading.Barrier, wrote: dict[int, int], stop: threading.Event
) -> None:
    """Take the sweep at the same moment as the others, and lease until somebody newer has it."""
    with Ledger.open(path) as ledger:
        barrier.wait()
        control = Control.take(ledger, "s-1", "here", name)
        wrote[control.epoch] = 0
        try:
            while not stop.is_set():
                with control.turn() as turn:
                    for trial in control.waiting()[:1]:
                        lease = start(turn, trial)
                        assert lease is not None
                        turn.ended(lease, *ENDS[2][:2], cause=Cause.NODE)
                wrote[control.epoch] += 1
                # A controller listens between two turns; without a pause the other waits for the lock.
                stop.wait(0.002)
                if control.epoch == 2 and wrote[2] >= 3:
                    stop.set()
        except StaleWrite:
            return


def race(path: Path) -> dict[int, int]:
    """Let two controllers in two threads fight for one sweep; return how many turns each wrote."""
    with Ledger.open(path) as ledger:
        plan(ledger, 2)
    barrier, stop = threading.Barrier(2), threading.Event()
    wrote: dict[int, int] = {}
    threads = [
        threading.Thread(target=contend, args=(path, name, barrier, wrote, stop)) for name in (1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return wrote


def test_the_older_of_two_controllers_writes_nothing_after_the_newer_took_the_sweep(
    folder: Path,
) -> None:
    began = time.monotonic()
    older = 0
    for round_ in range(RACES):
        path = folder / f"{round_}.db"
        wrote = race(path)
        with Ledger.open(path) as ledger:
            verify_chain(ledger.db, ledger.origin)
            taken = ledger.db.execute(
                "SELECT seq FROM fact WHERE kind = 'controller.started' ORDER BY seq"
            ).fetchall()
            epochs = ledger.db.execute("SELECT epoch, fence FROM attempt").fetchall()
        assert 2 == len(taken) == len(wrote)
        # The fence of an attempt is the number of the fact that leased it.
        assert all(fence < taken[1][0] for epoch, fence in epochs if epoch == 1)
        assert all(fence > taken[1][0] for epoch, fence in epochs if epoch == 2)
        assert sum(wrote.values()) == len(epochs)
        older += wrote[1]
    print(f"\n{RACES} races, {older} turns of the older, in {time.monotonic() - began:.1f} s")  # noqa: T201
