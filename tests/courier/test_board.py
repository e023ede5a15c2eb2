from __future__ import annotations

import math
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.courier.board import Board
from agilml.ledger import queries
from agilml.ledger.control import Control, Turn
from agilml.ledger.exchange import Exchange
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, TrialState
from agilml.testing.ledgers import Outcome, log_sample, run_sample, sample_ledger, start_sample
from tests.courier.conftest import Lab, scalars


def float32(value: float) -> float:
    """Return what is left of ``value`` in an event file."""
    number: float = struct.unpack("f", struct.pack("f", value))[0]
    return number


def lose(turn: Turn, lease: Any) -> None:
    turn.ended(lease, AttemptState.LOST, TrialState.PENDING, cause=Cause.NODE)


def succeed(turn: Turn, lease: Any) -> None:
    turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)


def hparams(folder: Path) -> dict[str, Any]:
    """Return what the hyperparameter plug-in of TensorBoard reads about a run."""
    from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

    reader = EventAccumulator(str(folder))
    reader.Reload()
    found: dict[str, Any] = {}
    for tag in reader.Tags()["tensors"]:
        about = reader.SummaryMetadata(tag).plugin_data
        if about.plugin_name == "hparams":
            found[tag.rpartition("/")[2]] = plugin_data_pb2.HParamsPluginData.FromString(
                about.content
            )
    return found


def test_tensorboard_reads_the_curves_that_the_ledger_has(lab: Lab) -> None:
    sweep = sample_ledger(lab.project.ledger)[0]
    assert Board(lab.project).catch_up() == 13
    with queries.reader(lab.project.ledger) as db:
        for i, trial in enumerate(sweep.trials):
            row = queries.run(db, trial)
            assert row is not None
            assert row.attempt is not None
            found = scalars(lab.run_folder(sweep, i))
            expected = {
                name: [(step, float32(value)) for step, value, _ in points]
                for name, points in queries.curves(db, row.attempt).items()
            }
            assert repr(found) == repr(expected)


def test_what_was_written_is_not_written_again(lab: Lab) -> None:
    sample_ledger(lab.project.ledger)
    Board(lab.project).catch_up()
    before = lab.event_files()
    assert Board(lab.project).catch_up() == 0
    lab.forget_how_far()
    assert Board(lab.project).catch_up() == 13
    assert lab.event_files() == before


def test_points_carry_the_time_at_which_they_were_logged(lab: Lab) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    sweep = lab.plan([{"x": 1}])
    with lab.control(sweep) as control, control.turn() as turn:
        lease = turn.lease(sweep.trials[0], "local:0", "runs")
        assert lease is not None
        turn.started(lease, host="h", pid=1, pid_started=1, isolation="fork", began=1000.0)
        turn.metrics(lease, 10, {"loss": [[0, 1], [0.5, 0.25], [2.0, 3.5]]})
    Board(lab.project).catch_up()
    reader = EventAccumulator(str(lab.run_folder(sweep)))
    reader.Reload()
    assert [event.wall_time for event in reader.Scalars("loss")] == [1002.0, 1003.5]


def test_parameters_and_the_end_are_there_for_the_hyperparameter_page(lab: Lab) -> None:
    sweep = lab.plan([{"optim.lr": 0.1, "name": "a", "flag": True, "layers": [1, 2]}, {"x": 1}])
    with lab.control(sweep) as control:
        with control.turn() as turn:
            run_sample(turn, sweep.trials[0], Outcome({"loss": [1.0]}))
            run_sample(turn, sweep.trials[1], Outcome({"loss": [1.0]}, AttemptState.FAILED))
        Board(lab.project).catch_up()
    first, second = (hparams(lab.run_folder(sweep, i)) for i in (0, 1))
    start = first["session_start_info"].session_start_info
    assert start.group_name == sweep.trials[0]
    values = {name: value.WhichOneof("kind") for name, value in start.hparams.items()}
    assert values == {
        "optim.lr": "number_value",
        "name": "string_value",
        "flag": "bool_value",
        "layers": "string_value",
    }
    assert first["session_end_info"].session_end_info.status == 1
    assert second["session_end_info"].session_end_info.status == 2


def test_a_resumed_attempt_continues_the_curve_without_doubling_it(lab: Lab) -> None:
    sweep = lab.plan([{"x": 1}])
    with lab.control(sweep) as control:
        with control.turn() as turn:
            first = start_sample(turn, sweep.trials[0])
            log_sample(turn, first, {"loss": [9.0, 8.0, 7.0, 6.0]})
            lose(turn, first)
        Board(lab.project).catch_up()
        with control.turn() as turn:
            second = start_sample(turn, sweep.trials[0])
            turn.resumed(second, first.attempt, 1)
            log_sample(turn, second, {"loss": [3.0, 2.0]}, first=2)
            succeed(turn, second)
    Board(lab.project).catch_up()
    assert scalars(lab.run_folder(sweep)) == {"loss": [(0, 9.0), (1, 8.0), (2, 3.0), (3, 2.0)]}
    assert len(lab.event_files()) == 2


def test_an_attempt_that_starts_afresh_voids_the_one_before(lab: Lab) -> None:
    sweep = lab.plan([{"x": 1}])
    with lab.control(sweep) as control, control.turn() as turn:
        first = start_sample(turn, sweep.trials[0])
        log_sample(turn, first, {"loss": [9.0, 8.0]})
        lose(turn, first)
        second = start_sample(turn, sweep.trials[0])
        log_sample(turn, second, {"loss": [1.0]})
        succeed(turn, second)
    Board(lab.project).catch_up()
    assert scalars(lab.run_folder(sweep)) == {"loss": [(0, 1.0)]}
    assert hparams(lab.run_folder(sweep))["session_end_info"].session_end_info.status == 1


def test_an_attempt_of_another_sweep_brings_along_what_it_took_over(lab: Lab) -> None:
    one = lab.plan([{"x": 1}])
    with lab.control(one) as control, control.turn() as turn:
        first = start_sample(turn, one.trials[0])
        log_sample(turn, first, {"loss": [9.0, 8.0, 7.0]})
        turn.metrics(first, 900, {"final": [[None], [5.0], [9.0]]})
        lose(turn, first)
    with Ledger.open(lab.project.ledger) as ledger:
        spec = {"executor": {"name": "local"}, "budget": {}}
        row = ledger.db.execute("SELECT structure, delta FROM trial").fetchone()
        from agilml import events as e

        ledger.plan(
            e.SweepPlanned("s-two", "resnet", "resnet", "val_acc", "max", 1, spec, {}),
            [],
            [(one.trials[0], row[0], {"x": 1}, {"x": 1})],
        )
        with Control.take(ledger, "s-two", "host", 1).turn() as turn:
            second = start_sample(turn, one.trials[0])
            turn.resumed(second, first.attempt, 1)
            log_sample(turn, second, {"loss": [3.0]}, first=2)
    Board(lab.project).catch_up()
    folder = lab.project.state / "tensorboard" / "s-two" / one.trials[0]
    assert scalars(folder) == {"loss": [(0, 9.0), (1, 8.0), (2, 3.0)]}


def test_values_without_a_step_stand_at_the_last_step(lab: Lab) -> None:
    sweep = lab.plan([{"x": 1}])
    flushes: list[dict[str, list[list[Any]]]] = [
        {"early": [[None, None], [1.0, 2.0], [0.0, 0.0]]},
        {"loss": [[5, 6], [0.5, "nan"], [1.0, 2.0]]},
        {"test": [[None], ["inf"], [3.0]]},
    ]
    with lab.control(sweep) as control, control.turn() as turn:
        lease = start_sample(turn, sweep.trials[0])
        for offset, series in enumerate(flushes, start=1):
            turn.metrics(lease, offset, series)
    Board(lab.project).catch_up()
    found = scalars(lab.run_folder(sweep))
    assert found["early"] == [(0, 1.0), (1, 2.0)]
    assert found["loss"][0] == (5, 0.5)
    assert math.isnan(found["loss"][1][1])
    assert found["test"] == [(6, math.inf)]


@pytest.mark.parametrize("restarts", [False, True])
def test_written_bit_by_bit_or_at_once_the_files_are_the_same(lab: Lab, restarts: bool) -> None:
    sweep = lab.plan([{"x": 1}])
    board = Board(lab.project)
    with lab.control(sweep) as control:
        with control.turn() as turn:
            lease = start_sample(turn, sweep.trials[0])
        for step in range(5):
            with control.turn() as turn:
                log_sample(turn, lease, {"loss": [1.0 / (step + 1)], "acc": [0.5]}, first=step)
            (Board(lab.project) if restarts else board).catch_up()
        with control.turn() as turn:
            succeed(turn, lease)
    board.catch_up()
    slowly = lab.event_files()
    for name in slowly:
        (lab.project.state / "tensorboard" / name).unlink()
    lab.forget_how_far()
    Board(lab.project).catch_up()
    assert lab.event_files() == slowly
    assert len(scalars(lab.run_folder(sweep))["loss"]) == 5


@pytest.fixture(scope="module")
def cut_lab(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, Path, bytes]:
    """Return a project with one event file, that file, and what is in it."""
    lab = Lab(tmp_path_factory.mktemp("cut"))
    sweep = lab.plan([{"x": 1}])
    with lab.control(sweep) as control, control.turn() as turn:
        lease = start_sample(turn, sweep.trials[0])
        for step in range(4):
            log_sample(turn, lease, {"loss": [0.5], "acc": [0.25]}, first=step)
        succeed(turn, lease)
    Board(lab.project).catch_up()
    (name,) = lab.event_files()
    path = lab.project.state / "tensorboard" / name
    return lab, path, path.read_bytes()


@given(data=st.data())
def test_a_file_that_a_crash_cut_anywhere_becomes_whole_again(
    cut_lab: tuple[Lab, Path, bytes], data: st.DataObject
) -> None:
    lab, path, whole = cut_lab
    length = data.draw(st.integers(0, len(whole)))
    os.truncate(path, length)
    lab.forget_how_far()
    Board(lab.project).catch_up()
    assert path.read_bytes() == whole


def test_a_courier_that_finds_its_file_changed_looks_at_it_again(lab: Lab) -> None:
    sweep = lab.plan([{"x": 1}])
    mine, other = Board(lab.project), Board(lab.project)
    with lab.control(sweep) as control:
        with control.turn() as turn:
            lease = start_sample(turn, sweep.trials[0])
        for step, board in enumerate((mine, other, mine, other)):
            with control.turn() as turn:
                log_sample(turn, lease, {"loss": [0.5]}, first=step)
            board.catch_up()
    assert scalars(lab.run_folder(sweep)) == {"loss": [(step, 0.5) for step in range(4)]}


def test_a_removed_folder_is_written_anew(lab: Lab) -> None:
    sample_ledger(lab.project.ledger)
    Board(lab.project).catch_up()
    before = lab.event_files()
    for path in sorted((lab.project.state / "tensorboard").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    Board(lab.project).catch_up()
    assert lab.event_files() == before


def test_event_files_that_a_recipe_wrote_itself_appear_beside_ours(lab: Lab) -> None:
    sweep = lab.plan([{"x": 1}])
    with lab.control(sweep) as control:
        with control.turn() as turn:
            lease = start_sample(turn, sweep.trials[0])
            log_sample(turn, lease, {"loss": [0.5]})
        theirs = lab.project.state / lease.folder / "tensorboard" / "images"
        theirs.mkdir(parents=True)
        (theirs / "events.out.tfevents.1.host").write_bytes(b"first")
        board = Board(lab.project)
        board.catch_up()
        shown = lab.run_folder(sweep) / "recipe" / "images" / "events.out.tfevents.1.host"
        assert shown.read_bytes() == b"first"
        with (theirs / "events.out.tfevents.1.host").open("ab") as file:
            file.write(b", second")
        assert shown.read_bytes() == b"first, second"
        (theirs.parent / "events.out.tfevents.2.host").write_bytes(b"late")
        with control.turn() as turn:
            succeed(turn, lease)
        board.catch_up()
    assert (lab.run_folder(sweep) / "recipe" / "events.out.tfevents.2.host").exists()


def test_runs_of_other_origins_are_written_when_asked_for(lab: Lab, tmp_path: Path) -> None:
    there = Lab(tmp_path / "there")
    sweep = sample_ledger(there.project.ledger)[0]
    Board(there.project).catch_up()
    with Ledger.open(there.project.ledger) as theirs, Ledger.open(lab.project.ledger) as ours:
        origin = Exchange(theirs).own
        Exchange(ours).take(origin, list(Exchange(theirs).facts(origin.id)))
    assert Board(lab.project).catch_up() == 0
    assert Board(lab.project).catch_up(everyone=True) == 13
    assert lab.event_files() == there.event_files()
    assert len(scalars(lab.run_folder(sweep))) == 3


@pytest.mark.parametrize("name", ["../../outside", "a/b", ".hidden", ""])
def test_an_id_that_is_no_name_of_a_file_becomes_none(lab: Lab, name: str) -> None:
    from agilml.courier.board import _is_plain

    assert not _is_plain(name)
    assert _is_plain("t-0077fc21.1-abcdef")
