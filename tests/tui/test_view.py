from __future__ import annotations

from dataclasses import replace

import pytest

from agilml.errors import LedgerError
from agilml.ledger import queries
from agilml.ledger.control import Control, Turn
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, SweepState, TrialState
from agilml.project import Project
from agilml.sweep.liveness import ControllerLock
from agilml.testing.ledgers import (
    START,
    Outcome,
    SampleSweep,
    log_sample,
    run_sample,
    start_sample,
)
from agilml.tui.view import SweepReader, SweepView
from tests.tui.sweeps import NOW, add, busy, learn, look, points, reading, write_sweep


def names(made: SampleSweep, view: SweepView) -> list[int]:
    return [made.trials.index(row.run) for row in view.news]


def test_it_says_what_the_ledger_says(here: Project) -> None:
    view = look(here, write_sweep(here, points(12), busy).id)
    assert (view.total, view.ended, view.counts[TrialState.RUNNING]) == (12, 6, 3)
    assert view.params == ["optim.lr", "model.depth", "seed"]
    assert view.best is not None
    assert view.best.best == pytest.approx(0.97, abs=0.01)
    assert view.elapsed is not None
    assert view.elapsed < NOW - START


def test_seconds_of_a_running_run_count_on_with_the_clock(here: Project) -> None:
    view = look(here, write_sweep(here, points(12), busy).id)
    row = view.running[0]
    assert row.started is not None
    assert view.seconds(row) == NOW - row.started


def test_an_estimate_is_a_moment_that_does_not_move_between_two_looks(here: Project) -> None:
    view = look(here, write_sweep(here, points(12), busy).id)
    assert view.eta is not None
    assert replace(view, now=view.now + 1).eta == pytest.approx(max(0.0, view.eta - 1))


def test_a_sweep_without_runs_can_be_looked_at(here: Project) -> None:
    view = look(here, write_sweep(here, []).id)
    assert (view.total, view.rows, view.best, view.eta) == (0, [], None, 0.0)


@pytest.mark.parametrize("rows", [0, 100])
def test_a_run_that_failed_or_was_cancelled_is_never_the_best(here: Project, rows: int) -> None:
    def write(turn: Turn, made: SampleSweep) -> None:
        ends = (AttemptState.FAILED, AttemptState.CANCELLED, AttemptState.SUCCEEDED)
        for i, (top, state) in enumerate(zip((0.99, 0.98, 0.6), ends, strict=True)):
            run_sample(turn, made.trials[i], Outcome(learn(top), state))

    made = write_sweep(here, points(6), write)
    best = look(here, made.id, rows).best
    assert best is not None
    assert best.run == made.trials[2]


def test_an_unknown_sweep_is_an_error(here: Project) -> None:
    write_sweep(here, points(1))
    with pytest.raises(LedgerError, match="knows no sweep"):
        look(here, "s-000000000000")


def test_an_unstarted_sweep_without_a_controller_is_interrupted(here: Project) -> None:
    made = write_sweep(here, points(2))
    assert look(here, made.id).state is SweepState.INTERRUPTED
    lock = ControllerLock(here.sweep_folder(made.id))
    assert lock.take()
    assert look(here, made.id).state is SweepState.PLANNED
    lock.close()


def test_a_parameter_that_is_not_a_number_differs_from_one_that_is(here: Project) -> None:
    made = write_sweep(here, [{"x": "nan", "y": None}, {"x": 1.0, "y": None}, {"y": None}])
    assert look(here, made.id).params == ["x"]


def test_a_curve_grows_with_the_ledger(here: Project) -> None:
    curves = {}

    def write(turn: Turn, made: SampleSweep) -> None:
        curves["lease"] = start_sample(turn, made.trials[0])
        log_sample(turn, curves["lease"], {"val_acc": [0.1, "nan"], "loss": [1.0, 2.0]})

    made = write_sweep(here, points(1), write)
    with reading(here, made.id) as reader, Ledger.open(here.ledger) as ledger:
        before = reader.read(10, news=False).curves[curves["lease"].attempt]
        assert before[0] == 0.1
        assert before[1] != before[1]
        with Control(ledger, made.id, 1).turn() as turn:
            log_sample(turn, curves["lease"], {"val_acc": [0.3]}, 2)
        after = reader.read(10, news=False).curves[curves["lease"].attempt]
        assert [after[0], *after[2:]] == [0.1, 0.3]


def test_the_curve_of_a_resumed_run_starts_where_the_first_attempt_did(here: Project) -> None:
    def write(turn: Turn, made: SampleSweep) -> None:
        lost = start_sample(turn, made.trials[0])
        log_sample(turn, lost, {"val_acc": [0.1, 0.2, 0.3]})
        turn.ended(lost, AttemptState.LOST, TrialState.PENDING)
        lease = start_sample(turn, made.trials[0])
        turn.resumed(lease, lost.attempt, 1)
        log_sample(turn, lease, {"val_acc": [0.35, 0.4]}, 2)

    made = write_sweep(here, points(1), write)
    assert list(look(here, made.id).curves.values()) == [[0.1, 0.2, 0.35, 0.4]]


def test_a_metric_of_any_name_has_a_curve(here: Project) -> None:
    name = '"val".acc\'[0] ✓ \x1b[2J'

    def write(turn: Turn, made: SampleSweep) -> None:
        run_sample(turn, made.trials[0], Outcome({name: [1, 2, 3]}))

    made = write_sweep(here, points(1), write, metric=name)
    assert list(look(here, made.id).curves.values()) == [[1, 2, 3]]


def test_news_are_told_once(here: Project) -> None:
    made = write_sweep(here, points(4), lambda turn, made: None)
    with reading(here, made.id) as reader:
        assert names(made, reader.read(0, news=True)) == []
        add(here, made, 2, Outcome(learn(0.9)))
        add(here, made, 0, Outcome({}, AttemptState.FAILED, "no"), at=NOW + 1)
        assert names(made, reader.read(0, news=True)) == [2, 0]
        assert names(made, reader.read(0, news=True)) == []


def test_what_ended_before_is_no_news_and_what_ended_since_is(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    with reading(here, made.id, since=NOW) as reader:
        assert names(made, reader.read(0, news=True)) == []
    with reading(here, made.id, since=START) as reader:
        assert sorted(names(made, reader.read(0, news=True))) == [0, 1, 2, 3, 4, 5]


def test_a_run_that_ends_again_is_news_again(here: Project) -> None:
    made = write_sweep(here, points(2), lambda turn, made: None)
    with reading(here, made.id) as reader:
        add(here, made, 0, Outcome({}, AttemptState.FAILED, "no"))
        assert names(made, reader.read(0, news=True)) == [0]
        with Ledger.open(here.ledger) as ledger:
            assert ledger.resume(made.id, "ada", retry=True) == [made.trials[0]]
        assert names(made, reader.read(0, news=True)) == []
        add(here, made, 0, Outcome(learn(0.9)), at=NOW + 5)
        assert names(made, reader.read(0, news=True)) == [0]


def test_a_reader_notices_writes_of_others_and_another_size(here: Project) -> None:
    made = write_sweep(here, points(2), lambda turn, made: None)
    with reading(here, made.id) as reader:
        assert [reader.changed(10), reader.changed(10)] == [True, False]
        add(here, made, 0, Outcome(learn(0.9)))
        assert [reader.changed(10), reader.changed(10)] == [True, False]
        assert [reader.changed(4), reader.changed(4)] == [True, False]


def test_what_had_ended_before_the_command_is_kept(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    with queries.reader(here.ledger) as db:
        for since, kept in ((NOW, 6), (0.0, 0)):
            reader = SweepReader(db, here, made.id, since, ended_is_kept=True)
            assert reader.read(0, news=False).kept == kept
