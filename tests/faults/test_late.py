"""Writes in the name of attempts and controllers that were replaced."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import TrialState
from bench.faults import late
from tests.faults.budget import runs
from tests.sweep.toy import Toy


def test_late_writes_change_nothing_and_are_logged(tmp_path: Path) -> None:
    found = late.measure(tmp_path, seed=1, count=runs(60))
    assert found.violations == [], found.line()
    by_fence, by_epoch = "refused by fence and logged", "refused by epoch"
    refused = int(found.figures[by_fence]) + int(found.figures[by_epoch])
    assert found.figures["late writes"] == refused


def test_a_late_write_that_is_believed_is_noticed(tmp_path: Path) -> None:
    assert late.measure(tmp_path, seed=1, count=20, believe=True).violations


@pytest.mark.slow
def test_a_stopped_controller_that_wakes_up_replaced_writes_nothing_more(toy: Toy) -> None:
    toy.plan(range(4), config={"steps": 30, "sleep": 0.05, "checkpoint": True})
    with toy.start() as process:
        toy.wait_for("step 0 3")
        os.kill(process.pid, signal.SIGSTOP)
        # Its children go on while it sleeps; what they write must not be recorded under its name.
        with Ledger.open(toy.project.ledger) as ledger:
            newer = Control.take(ledger, "s-toy", "another-host", 1)
            facts = "SELECT max(seq) FROM fact"
            (before,) = ledger.db.execute(facts).fetchone()
            time.sleep(0.2)
            os.kill(process.pid, signal.SIGCONT)
            assert 1 == process.wait(30)
            assert (before,) == ledger.db.execute(facts).fetchone()
            assert 2 == newer.epoch
    toy.run()
    assert {TrialState.SUCCEEDED: 4} == toy.states()
