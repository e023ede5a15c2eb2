"""Trials that hang, machines that sleep, recipes that do not listen."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from agilml.ledger.ledger import Ledger
from agilml.model import TrialState
from bench.faults.planted import plant
from tests.faults.budget import runs
from tests.sweep.toy import Toy

HANGS_ONCE = """
import os, signal, subprocess, sys
LATE = '''
import sys, time
time.sleep(3.5)
with open(sys.argv[1], "a") as spool:
    spool.write('{"e": "log", "t": 9.0, "step": 99, "m": {"val_acc": 99.0}}\\\\n')
    spool.write('{"e": "end", "state": "succeeded", "cause": null, "error": null}\\\\n')
'''
def train(cfg, run):
    state = run.resume()
    for step in run.steps(3):
        run.log(step=step, val_acc=cfg.x)
        run.checkpoint(step=step, seen=step)
        if state is None and step == 1:
            # A process of its own session escapes the kill, as one on a lost host would.
            subprocess.Popen(
                [sys.executable, "-c", LATE, str(run.folder / "events.jsonl")], start_new_session=True
            )
            os.kill(os.getpid(), signal.SIGSTOP)
"""
DEAF = """
import signal, time
def train(cfg, run):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open("deaf", "w").close()
    while True:
        time.sleep(0.05)
"""


@pytest.mark.slow
def test_trials_that_hang_are_called_stuck_and_their_late_results_refused(project: Path) -> None:
    count = runs(4)
    toy = Toy(project, HANGS_ONCE)
    toy.plan(range(count), slots=4, beat_seconds=0.2)
    toy.run(seconds=60 + count * 5)
    # The zombies speak 3.5 s after the hang; the trials' second attempts have ended by then.
    time.sleep(1.5)
    toy.plan([100], sweep="s-more", config={"sleep": 0.0})

    assert {TrialState.SUCCEEDED: count} == toy.states()
    for x in range(count):
        ends = [(attempt.state, attempt.cause) for attempt in toy.attempts(f"t-{x}")]
        assert [("lost", "stuck"), ("succeeded", None)] == ends
    assert [float(x) for x in range(count)] == [run.metrics["val_acc"] for run in toy.runs()]


def sleep_and_wake(controller: int, seconds: float) -> None:
    """Stop a controller and all below it for a while, as a laptop does whose lid is closed.

    Its children stop a moment earlier and wake a moment later, so that it has heard all they had said
    and finds silence when it wakes.
    """
    own = psutil.Process(controller)
    below = own.children(recursive=True)
    for one in below:
        one.suspend()
    time.sleep(1.0)
    own.suspend()
    time.sleep(seconds)
    own.resume()
    time.sleep(0.6)
    for one in below:
        with suppress(psutil.NoSuchProcess):
            one.resume()


SLOW = {"steps": 20, "sleep": 0.1, "checkpoint": True}
# At five beats a second 2.6 s of silence are allowed.
NAP = 4.0


@pytest.mark.slow
def test_a_machine_that_slept_has_no_stuck_trials(toy: Toy) -> None:
    toy.plan(range(2), beat_seconds=0.2, config=SLOW)
    with toy.start() as process:
        toy.wait_for("step 0 2")
        sleep_and_wake(process.pid, NAP)
        assert 0 == process.wait(60)
    assert {TrialState.SUCCEEDED: 2} == toy.states()
    assert [1, 1] == [len(toy.attempts(f"t-{x}")) for x in range(2)]


@pytest.mark.slow
def test_a_controller_that_forgives_no_nap_is_noticed(toy: Toy, tmp_path: Path) -> None:
    unforgiving = plant(
        tmp_path / "planted",
        "agilml.sweep.watching",
        "module.Watch._forgive_nap = lambda *_: None",
    )
    toy.plan([0], beat_seconds=0.2, config=SLOW)
    with toy.start(environment=unforgiving) as process:
        toy.wait_for("step 0 2")
        sleep_and_wake(process.pid, NAP)
        process.wait(60)
    assert "stuck" in [attempt.cause for attempt in toy.attempts("t-0")]


@pytest.mark.slow
def test_a_recipe_that_does_not_listen_is_ended_after_the_grace(
    project: Path, tmp_path: Path
) -> None:
    toy = Toy(project, DEAF)
    toy.plan([0])
    soon = plant(tmp_path / "planted", "agilml.sweep.watching", "module.GRACE_SECONDS = 0.5")
    with toy.start(environment=soon) as process:
        end = time.monotonic() + 20
        while not (toy.project.root / "deaf").exists() and time.monotonic() < end:
            time.sleep(0.02)
        with Ledger.open(toy.project.ledger) as ledger:
            ledger.request_stop("s-toy", "ada")
        assert 0 == process.wait(30)
    assert {TrialState.CANCELLED: 1} == toy.states()
    assert [None] == [attempt.error for attempt in toy.attempts("t-0")]
    assert not [pid for attempt in toy.attempts("t-0") if (pid := _living(attempt.pid))]


def _living(pid: int | None) -> int | None:
    return pid if pid and os.path.exists(f"/proc/{pid}") else None
