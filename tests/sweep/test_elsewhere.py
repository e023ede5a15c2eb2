"""Sweeps that another clone runs, or that both run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agilml import events as e
from agilml.cli.following import stop_and_wait
from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.exchange import Exchange
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, SweepState, TrialState
from agilml.project import Project
from agilml.sweep.liveness import shown_state
from agilml.sweep.spending import HOUR, Meter

SWEEP = "s-1"


def project(root: Path) -> Project:
    root.mkdir()
    made = Project(root, root / ".agil")
    made.make_state()
    return made


def plan(ledger: Ledger, trials: int = 2, **spec: Any) -> None:
    settings = {"executor": {"name": "local"}, "budget": {"trials": None}, **spec}
    event = e.SweepPlanned(SWEEP, "toy", "toy", "acc", "max", trials, settings, {})
    structure = e.StructureComposed("c", "toy", {}, {"x": 0}, {"x": 0})
    values = [{"x": x} for x in range(trials)]
    ledger.plan(event, [structure], [(f"t-{v['x']}", "c", dict(v), dict(v)) for v in values])


def run(ledger: Ledger, host: str, *, to_the_end: bool) -> None:
    control = Control.take(ledger, SWEEP, host, 1)
    with control.turn() as turn:
        for trial in control.waiting():
            lease = turn.lease(trial, "local:0", "runs")
            assert lease is not None
            turn.started(lease, host=host, pid=1, pid_started=1, isolation="fork")
            turn.metrics(lease, 10, {"acc": [[0], [0.5], [60.0]]})
            if to_the_end:
                turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
        turn.finish(SweepState.DONE)


def hand_over(giver: Ledger, taker: Ledger) -> None:
    out = Exchange(giver)
    Exchange(taker).take(out.own, list(out.facts(giver.origin)))


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Project, Ledger, Ledger]]:
    """Return this project, its ledger, and the ledger of another clone."""
    here, there = project(tmp_path / "here"), project(tmp_path / "there")
    with Ledger.open(here.ledger) as mine, Ledger.open(there.ledger) as theirs:
        yield here, mine, theirs


def shown(here: Project) -> tuple[SweepState, SweepState | None, bool]:
    with queries.reader(here.ledger) as db:
        row = queries.sweep(db, SWEEP)
    assert row is not None
    return shown_state(row, here.sweep_folder(SWEEP), "here"), row.here, row.elsewhere


def test_what_another_clone_runs_is_not_interrupted_even_on_this_machine(
    two: tuple[Project, Ledger, Ledger],
) -> None:
    here, mine, theirs = two
    plan(theirs)
    run(theirs, "here", to_the_end=False)
    hand_over(theirs, mine)
    assert (SweepState.RUNNING, None, True) == shown(here)


def test_a_stop_of_what_another_clone_runs_is_recorded_and_starts_nothing(
    two: tuple[Project, Ledger, Ledger],
) -> None:
    here, mine, theirs = two
    plan(theirs)
    run(theirs, "there", to_the_end=False)
    hand_over(theirs, mine)
    assert stop_and_wait(here, SWEEP, 1.0)
    assert not here.sweep_folder(SWEEP).exists()
    hand_over(mine, theirs)
    assert Control(theirs, SWEEP, 1).requests()[0]


def test_a_controller_goes_by_what_was_asked_for_here(
    two: tuple[Project, Ledger, Ledger],
) -> None:
    here, mine, theirs = two
    plan(theirs, executor={"name": "ray", "slots": 8}, budget={"hours": 100})
    run(theirs, "there", to_the_end=False)
    plan(mine, executor={"name": "local", "slots": 1}, budget={"hours": 1})
    hand_over(theirs, mine)
    assert "ray" == shown_executor(here)
    assert {"name": "local", "slots": 1} == mine.spec(SWEEP)["executor"]
    assert {"hours": 1} == mine.spec(SWEEP)["budget"]


def shown_executor(here: Project) -> str:
    with queries.reader(here.ledger) as db:
        row = queries.sweep(db, SWEEP)
    assert row is not None
    return row.executor


def test_an_open_attempt_of_a_dead_laptop_is_spent_up_to_its_last_sign(
    two: tuple[Project, Ledger, Ledger],
) -> None:
    _, mine, theirs = two
    plan(theirs, trials=1)
    run(theirs, "there", to_the_end=False)
    hand_over(theirs, mine)
    spent = Meter(mine.db, SWEEP, mine.spec(SWEEP)).read(time.time() + 72 * HOUR, live=True)
    assert spent.slot_hours * HOUR == pytest.approx(60.0, abs=1.0)


def test_candidates_of_another_clone_are_not_spent_here(
    two: tuple[Project, Ledger, Ledger],
) -> None:
    _, mine, theirs = two
    for ledger in (mine, theirs):
        plan(ledger, trials=0, search={"space": {}})
    with Control.take(theirs, SWEEP, "there", 1).turn() as turn:
        for n in range(5):
            turn.propose(n, {"x": n}, [(f"t-{n}", "c", {"x": n}, {"x": n})], "sampler")
    hand_over(theirs, mine)
    assert 0 == Meter(mine.db, SWEEP, mine.spec(SWEEP)).read(time.time()).trials


def test_a_sweep_that_one_left_open_and_another_completed_is_done_for_both(
    two: tuple[Project, Ledger, Ledger],
) -> None:
    here, mine, theirs = two
    plan(theirs)
    run(theirs, "there", to_the_end=False)
    hand_over(theirs, mine)
    mine.resume(SWEEP, "ada")
    run(mine, "here", to_the_end=True)
    assert SweepState.DONE is shown(here)[0]
    hand_over(mine, theirs)
    with queries.reader(theirs.path) as db:
        row = queries.sweep(db, SWEEP)
    assert row is not None
    assert SweepState.DONE is row.state
