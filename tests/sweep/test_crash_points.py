"""Kill the controller or the child at every named point, then let another controller finish."""

from __future__ import annotations

import pytest

from agilml.crashpoints import POINTS
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.model import SweepState, TrialState
from tests.sweep.toy import Toy

CONTROLLER = [
    "control.committed",
    "tick.before",
    "tick.committed",
    "start.sent",
    "spool.read",
    "end.committed",
    "finish.before",
    "finish.committed",
]
CHILD = ["child.started", "child.finished", "checkpoint.written", "checkpoint.renamed"]
TRIALS = 3
STEPS = 3


def test_every_named_point_is_tried() -> None:
    assert set(POINTS) == {*CONTROLLER, *CHILD, "plan.before", "plan.committed"}


def check(toy: Toy, crashes: int) -> None:
    """Every trial succeeded, has one result, and no facts are missing, whatever happened before."""
    assert SweepState.DONE == toy.sweep_state()
    assert {TrialState.SUCCEEDED: TRIALS} == toy.states()
    with Ledger.open(toy.project.ledger) as ledger:
        verify_chain(ledger.db, ledger.origin)
        results = ledger.db.execute(
            "SELECT trial, count(*) FROM attempt WHERE state = 'succeeded' GROUP BY trial"
        ).fetchall()
        still_open = ledger.db.execute(
            "SELECT count(*) FROM attempt WHERE state IN ('leased', 'started')"
        ).fetchone()
    assert [(f"t-{x}", 1) for x in range(TRIALS)] == sorted(results)
    assert (0,) == still_open
    assert [x + (STEPS - 1) / 100 for x in range(TRIALS)] == [
        run.metrics["val_acc"] for run in toy.runs()
    ]
    finished = [line for line in toy.diary_lines() if line.startswith("done")]
    assert len(finished) <= TRIALS + crashes


@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("point", CONTROLLER)
def test_a_controller_killed_at_a_point_loses_and_repeats_nothing(
    toy: Toy, point: str, n: int
) -> None:
    toy.plan(range(TRIALS), config={"steps": STEPS, "checkpoint": True})
    with toy.start(environment={"AGIL_CRASH_AT": f"{point}:{n}"}) as process:
        code = process.wait(30)
    assert code in (-9, 0), "the controller neither died at the point nor finished"
    if code == -9 and toy.sweep_state() != SweepState.DONE:
        toy.run()
    # A result that the spool holds is never executed again.
    check(toy, crashes=0 if point in ("end.committed", "finish.before") else 2)


@pytest.mark.slow
@pytest.mark.parametrize("point", CHILD)
def test_a_child_killed_at_a_point_is_tried_again(toy: Toy, point: str) -> None:
    toy.plan(range(TRIALS), config={"steps": STEPS, "checkpoint": True})
    # Every child dies at its second pass of the point, so progress needs what the first pass saved.
    n = 2 if point.startswith("checkpoint") else 99
    with toy.start(environment={"AGIL_CRASH_AT": f"{point}:{n}"}) as process:
        assert 0 == process.wait(60)
    check(toy, crashes=10)
