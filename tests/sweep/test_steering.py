"""A controller in this process: what it holds in memory, how often it looks, what it takes back."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agilml.executors import executor_class
from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.history import Planned, history
from agilml.ledger.ledger import Ledger
from agilml.model import SweepState, TrialState
from agilml.sweep.controller import Controller
from agilml.sweep.plan import make_plan
from agilml.sweep.search.assemble import assemble
from agilml.sweep.search.base import Action, Decision
from agilml.sweep.settings import settings_of
from agilml.sweep.steering import Steering
from tests.sweep.toy import Toy

ASHA = {"stopper": {"name": "asha", "least": 1, "factor": 3}}
WORSE_AND_WORSE = """
def train(cfg, run):
    for step in run.steps(cfg.steps):
        run.log(step=step, val_acc=cfg.x / 10 + step / 1000)
"""


@dataclass
class Driven:
    """A controller that has not started, and what it is made of."""

    control: Control
    executor: Any
    steering: Steering
    controller: Controller
    polls: int = 0


@contextmanager
def driven(toy: Toy, sweep: str = "s-toy") -> Iterator[Driven]:
    """Give the controller of a planned sweep, to be run in this process."""
    with Ledger.open(toy.project.ledger) as ledger:
        row = queries.sweep(ledger.db, sweep)
        assert row is not None
        control = Control.take(ledger, sweep, platform.node(), os.getpid())
        executor: Any = executor_class("local")(
            row.spec["executor"], row.recipe, toy.project.root, toy.project.state
        )
        steering = Steering(
            control, row.spec, *assemble(ledger.db, sweep, row.spec, toy.project.root)
        )
        settings = settings_of(row.spec, toy.project.root, toy.project.runs)
        controller = Controller(control, executor, settings, steering, lambda _: None)
        made = Driven(control, executor, steering, controller)
        poll = executor.poll

        def counting(seconds: float) -> Any:
            made.polls += 1
            return poll(seconds)

        executor.poll = counting
        yield made


def record(toy: Toy, words: list[str]) -> str:
    """Record the sweep that ``words`` mean; return its id."""
    made = make_plan(toy.project, words)
    with Ledger.open(toy.project.ledger) as ledger:
        made.record(ledger, {})
    return made.sweep


def test_a_decision_about_a_trial_that_has_ended_is_forgotten(tmp_path: Path) -> None:
    toy = Toy(tmp_path, WORSE_AND_WORSE)
    toy.plan(range(12, 0, -1), config={"steps": 4}, settings=ASHA)
    with driven(toy) as one:
        assert one.controller.run() is SweepState.DONE
        # The trials are so short that most end in the turn that brings the values they are judged by.
        assert one.steering._held == {}


def test_a_replay_holds_back_no_decision_about_a_trial_that_has_ended(tmp_path: Path) -> None:
    toy = Toy(tmp_path, WORSE_AND_WORSE)
    toy.plan([1], settings=ASHA)
    toy.run()
    toy.plan([1, 2], sweep="s-more", settings=ASHA)
    with driven(toy, "s-more") as one:
        late = Decision("t-1", Action.PRUNE, "asha", 0, 0.1, "ranks 2 of 2")
        steering = Steering(one.control, {"metric": "val_acc"}, None, [late])
        with one.control.turn() as turn:
            steering.write(turn, ())
        steering.committed()
        assert steering._held == {}
        assert one.controller.run() is SweepState.DONE
    assert toy.states("s-more") == {TrialState.SUCCEEDED: 2}


@pytest.mark.slow
def test_a_search_that_may_start_nothing_waits_for_what_runs_and_does_not_spin(
    tmp_path: Path,
) -> None:
    toy = Toy(tmp_path)
    words = [
        "conf=dry",
        "sleep=interval(0.01,2)",
        "sampler=tpe",
        "stopper=none",
        "executor.slots=2",
    ]
    enqueue, budget = "sampler.enqueue=[{sleep:0.05},{sleep:0.6}]", "budget.hours=1e-6"
    sweep = record(toy, [*words, enqueue, budget])
    with driven(toy, sweep) as one:
        assert one.controller.run() is SweepState.STOPPED
        assert one.polls < 200


@pytest.mark.slow
def test_a_search_hears_of_what_was_known_before_as_a_replay_will(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    words = ["conf=dry", "steps=2", "fail_at='${x}'"]
    toy.run(record(toy, [*words, "x=1,9"]))
    sweep = record(toy, [*words, "sampler=tpe", "x=1,5,9"])
    with driven(toy, sweep) as one:
        search: Any = one.steering._search
        heard: list[Planned] = []
        told = search.told

        def listening(happening: Any) -> Any:
            if isinstance(happening, Planned):
                heard.append(happening)
            return told(happening)

        search.told = listening
        assert one.controller.run() is SweepState.DONE
        again = history(one.control.ledger.db, sweep, "val_acc")
        assert [what for what in again if isinstance(what, Planned)] == heard
    assert toy.states(sweep) == {TrialState.FAILED: 1, TrialState.SUCCEEDED: 2}
    assert sum(len(planned.known) for planned in heard) == 1


@pytest.mark.slow
def test_trials_that_were_told_to_end_run_on_when_the_stop_is_taken_back(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    toy.plan([1, 2], config={"steps": 20, "sleep": 0.05, "checkpoint": True})
    with driven(toy) as one, Ledger.open(toy.project.ledger) as other:
        once = one.controller._once
        asked: list[str] = []

        def between() -> SweepState | None:
            if not asked and toy.diary_lines().count("step 1 0"):
                asked.append("stop")
                other.request_stop("s-toy", "ada")
            elif asked == ["stop"] and one.controller._stopping:
                asked.append("go on")
                other.resume("s-toy", "ada")
            return once()

        one.controller._once = between  # type: ignore[method-assign]
        assert one.controller.run() is SweepState.DONE
        assert asked == ["stop", "go on"]
    assert toy.states() == {TrialState.SUCCEEDED: 2}
    assert toy.attempts("t-1")[0].state == "cancelled"
