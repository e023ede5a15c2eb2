from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.ledger.ledger import Ledger
from agilml.model import TrialState
from tests.sweep.toy import Toy

SLOW_STEPS = {"steps": 40, "sleep": 0.05, "checkpoint": True}
LEARNS = """
import time

def train(cfg, run):
    state = run.resume()
    for step in run.steps(cfg.steps):
        value = float("nan") if cfg.get("nan_at") == step else cfg.x / 10 + step / 1000
        run.log(step=step, val_acc=value)
        run.checkpoint(step=step, seen=step)
        time.sleep(cfg.sleep)
    run.log(final=1.0)
    with open(cfg.diary, "a") as diary:
        diary.write(f"done {cfg.x}\\n")
"""


def decisions(toy: Toy) -> dict[str, tuple[Any, ...]]:
    """Return action, stopper, step and reason by attempt."""
    with queries.reader(toy.project.ledger) as db:
        rows = db.execute("SELECT attempt, action, stopper, step, reason FROM decision").fetchall()
    return {str(row[0]).rpartition("-")[0]: row[1:] for row in rows}


def test_a_diverging_trial_is_pruned_with_its_reason(tmp_path: Path) -> None:
    toy = Toy(tmp_path, LEARNS)
    toy.plan([1], config={**SLOW_STEPS, "nan_at": 2}, settings={"stopper": {"name": "nan"}})
    toy.run()
    assert toy.states() == {TrialState.PRUNED: 1}
    action, stopper, step, reason = decisions(toy)["t-1.1"]
    assert (action, stopper, step) == ("prune", "nan", 2)
    assert "nan" in reason
    assert toy.sweep_state() == "done"


def test_a_trial_that_is_good_enough_ends_early_and_has_succeeded(tmp_path: Path) -> None:
    toy = Toy(tmp_path, LEARNS)
    toy.plan([1], config=SLOW_STEPS, settings={"stopper": {"name": "target", "value": 0.103}})
    toy.run()
    (run,) = toy.runs()
    assert run.state is TrialState.SUCCEEDED
    # What follows the steps has run too: a final evaluation, an export.
    assert run.metrics["final"] == 1.0
    assert toy.diary_lines() == ["done 1"]
    assert decisions(toy)["t-1.1"][:3] == ("finish", "target", 3)
    assert run.best is not None
    assert run.best < 0.14


@pytest.mark.slow
def test_halving_ends_the_worse_trials_and_keeps_the_best(tmp_path: Path) -> None:
    toy = Toy(tmp_path, LEARNS)
    toy.plan(
        [9, 8, 1, 2, 3, 4, 5, 6],
        config={**SLOW_STEPS, "steps": 12},
        settings={"stopper": {"name": "asha", "least": 1, "factor": 3}},
    )
    toy.run()
    states = {run.run: run.state for run in toy.runs()}
    assert states["t-9"] is TrialState.SUCCEEDED
    assert sum(state is TrialState.PRUNED for state in states.values()) >= 4
    assert "t-9.1" not in decisions(toy)


@pytest.mark.slow
def test_a_decision_that_was_recorded_holds_although_the_controller_died_before_the_signal(
    tmp_path: Path,
) -> None:
    toy = Toy(tmp_path, LEARNS)
    toy.plan([1], config={**SLOW_STEPS, "nan_at": 2}, settings={"stopper": {"name": "nan"}})
    # Its turns: lease, start and points ..., decision. Die right behind the commit of the decision.
    for n in range(2, 12):
        process = toy.start(environment={"AGIL_CRASH_AT": f"tick.committed:{n}"})
        process.wait(timeout=60)
        assert process.stdout is not None
        process.stdout.close()
        if decisions(toy) or process.returncode != -signal.SIGKILL:
            break
    assert decisions(toy)
    toy.run()
    assert toy.states() == {TrialState.PRUNED: 1}
    assert len(toy.attempts("t-1")) >= 1


@pytest.mark.slow
def test_a_pruned_trial_goes_on_from_its_checkpoint_in_a_sweep_without_a_stopper(
    tmp_path: Path,
) -> None:
    toy = Toy(tmp_path, LEARNS)
    toy.plan(
        [1], config={**SLOW_STEPS, "steps": 8, "nan_at": 2}, settings={"stopper": {"name": "nan"}}
    )
    toy.run()
    toy.plan([1], sweep="s-whole", config={**SLOW_STEPS, "steps": 8, "nan_at": 2}, unpruned=True)
    toy.run("s-whole")
    assert toy.states("s-whole") == {TrialState.SUCCEEDED: 1}
    second = toy.attempts("t-1")[1]
    assert str(second.resumed_from).startswith("t-1.1-")


@pytest.mark.slow
def test_a_spent_budget_drains_the_sweep_and_a_larger_one_continues_it(tmp_path: Path) -> None:
    toy = Toy(tmp_path, LEARNS)
    toy.plan(
        [1, 2, 3, 4],
        slots=1,
        config={**SLOW_STEPS, "steps": 12},
        settings={"budget": {"hours": 0.5 / 3600}},
    )
    toy.run()
    assert toy.sweep_state() == "stopped"
    assert toy.states()[TrialState.CANCELLED] >= 1
    # What ran when the budget was spent has run to its end.
    assert TrialState.RUNNING not in toy.states()
    with queries.reader(toy.project.ledger) as db:
        notices = db.execute("SELECT name, share FROM budget_notice ORDER BY share").fetchall()
        reasons = {
            row[0] for row in db.execute("SELECT reason FROM trial WHERE state = 'cancelled'")
        }
    assert ("hours", 1.0) in notices
    assert all("budget.hours" in reason for reason in reasons)
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.respecify("s-toy", {"budget": {"hours": 1.0}}, "ada")
        ledger.resume("s-toy", "ada")
    toy.run()
    assert toy.states() == {TrialState.SUCCEEDED: 4}


@pytest.mark.slow
def test_the_target_of_a_sweep_drains_it(tmp_path: Path) -> None:
    toy = Toy(tmp_path, LEARNS)
    toy.plan(
        [5, 6, 7],
        slots=1,
        config={**SLOW_STEPS, "steps": 30},
        settings={"budget": {"target": 0.5}},
    )
    toy.run()
    assert toy.states() == {TrialState.SUCCEEDED: 1, TrialState.CANCELLED: 2}


def test_a_spent_budget_refuses_a_resume_and_says_what_to_type(tmp_path: Path) -> None:
    from agilml.sweep.budget import Budget
    from agilml.sweep.spending import Spending

    with pytest.raises(AgilError, match=r"budget\.hours") as caught:
        Budget(hours=1.0).refuse(Spending(hours=1.5), "s-toy")
    assert "agil resume s-toy budget.hours=" in caught.value.next
