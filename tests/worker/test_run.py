from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agilml.errors import CheckpointError, RecipeError
from agilml.worker.order import Order, SavedCheckpoint
from agilml.worker.run import Preempted, Pruned, Run, current_run, set_current_run
from agilml.worker.spool import SpoolReader, SpoolWriter


def order(folder: Path, **changes: Any) -> Order:
    """Return an order with only a folder of its own."""
    known = {"attempt": "t-1.1", "fence": 1, "project": str(folder), "recipe": "toy", "config": {}}
    return Order(folder=str(folder), **{**known, **changes})


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    spool = SpoolWriter(tmp_path)
    yield Run(order(tmp_path), spool)
    os.close(spool.fd)


def series(run: Run) -> dict[str, list[tuple[Any, Any]]]:
    """Return what a slot would read: points by metric name."""
    reader = SpoolReader(run.folder)
    batch = reader.read()
    reader.close()
    assert 0 == reader.damaged
    return {
        name: list(zip(steps, values, strict=True))
        for name, (steps, values, _) in batch.series.items()
    }


def warnings(run: Run) -> list[str]:
    reader = SpoolReader(run.folder)
    found = reader.read().warnings
    reader.close()
    return found


def test_values_arrive_as_they_were_logged(run: Run) -> None:
    run.log(step=0, loss=0.1, n=3)
    run.log({"eval/acc": 0.9}, step=1)
    run.log(test_acc=0.95)

    assert {
        "loss": [(0, 0.1)],
        "n": [(0, 3)],
        "eval/acc": [(1, 0.9)],
        "test_acc": [(None, 0.95)],
    } == series(run)


def test_non_finite_values_arrive_by_name(run: Run) -> None:
    run.log(step=0, a=math.nan, b=math.inf, c=-math.inf)
    assert {"a": [(0, "nan")], "b": [(0, "inf")], "c": [(0, "-inf")]} == series(run)


def test_numbers_of_numpy_and_torch_are_numbers(run: Run) -> None:
    import numpy as np
    import torch

    run.log(step=np.int64(4), a=np.float32(0.5), b=torch.tensor(2), c=True, d=np.float64("nan"))
    assert {"a": [(4, 0.5)], "b": [(4, 2)], "c": [(4, 1)], "d": [(4, "nan")]} == series(run)


def test_a_huge_integer_becomes_a_float_that_sqlite_can_hold(run: Run) -> None:
    run.log(n=2**80)
    assert {"n": [(None, float(2**80))]} == series(run)


@pytest.mark.parametrize("value", [1 + 2j, "high", None, [1, 2], object()])
def test_what_is_no_number_is_left_out_with_a_warning_and_training_goes_on(
    run: Run, value: object
) -> None:
    run.log(step=0, good=1.0, bad=value)
    assert {"good": [(0, 1.0)]} == series(run)
    assert "'bad' was left out" in warnings(run)[0]


def test_a_long_name_is_cut_with_a_warning(run: Run) -> None:
    for _ in range(3):
        run.log({"x" * 10_000: 1.0})
    (name,) = series(run)
    assert 200 == len(name)
    assert ["a metric name of 10,000 characters was cut"] == [w[:42] for w in warnings(run)]


@pytest.mark.parametrize("name", ['a"b', "\x1b[31mred", "new\nline", "\ud800", "[/x]", "é", ""])
def test_any_text_can_be_a_metric_name(run: Run, name: str) -> None:
    run.log({name: 1.0}, step=0)
    assert [[(0, 1.0)]] == list(series(run).values())


def test_at_most_twenty_warnings_are_kept(run: Run) -> None:
    for _ in range(100):
        run.log(bad="text")
    assert 20 == len(warnings(run))


def test_a_full_disk_does_not_end_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = SpoolWriter(tmp_path)
    os.close(spool.fd)
    spool.fd = os.open("/dev/full", os.O_WRONLY)
    run = Run(order(tmp_path), spool)
    for step in range(5):
        run.log(step=step, loss=1.0)
    os.close(spool.fd)
    assert 1 == capsys.readouterr().out.count("metrics cannot be written")


def test_points_survive_a_kill_of_the_process(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from tests.worker.test_run import order\n"
        "from agilml.worker.run import Run\n"
        "from agilml.worker.spool import SpoolWriter\n"
        "from pathlib import Path\n"
        "folder = Path(sys.argv[1])\n"
        "run = Run(order(folder), SpoolWriter(folder))\n"
        "for step in range(2000): run.log(step=step, loss=step / 2)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert -signal.SIGKILL == done.returncode
    reader = SpoolReader(tmp_path)
    assert 2000 == reader.read().points
    reader.close()


def test_steps_start_behind_the_resumed_checkpoint(run: Run) -> None:
    assert run.resume() is None
    assert [0, 1, 2] == list(run.steps(3))
    run.checkpoint(step=1, seen=[1, 2])
    state = run.resume()
    assert state is not None
    assert [1, 2] == state["seen"]
    assert [2, 3] == list(run.steps(4))


@pytest.mark.parametrize("reason", [Pruned, Preempted])
def test_an_ending_comes_at_the_next_boundary(run: Run, reason: type[Exception]) -> None:
    seen: list[int] = []

    def train() -> None:
        for step in run.steps(10):
            seen.append(step)
            if step == 2:
                run.end_at_boundary(reason)

    with pytest.raises(reason):
        train()
    assert [0, 1, 2] == seen


def test_the_newest_and_the_best_checkpoint_are_kept(run: Run) -> None:
    for step, acc in enumerate([0.1, 0.9, 0.3, 0.5]):
        run.log(step=step, val_acc=acc)
        run.checkpoint(step=step, n=step)
    kept = sorted(path.name for path in (run.folder / "checkpoints").iterdir())
    assert ["step-00000001", "step-00000003"] == kept
    best, last = run.best, run.resume()
    assert best is not None
    assert last is not None
    assert (1, 3) == (best["n"], last["n"])


def test_a_step_saved_twice_is_there_as_it_was_saved_last(run: Run) -> None:
    run.checkpoint(step=3, n="first")
    run.checkpoint(step=3, n="second")
    state = run.resume()
    assert state is not None
    assert "second" == state["n"]


def test_a_step_beyond_reason_is_left_out_and_the_value_is_kept(run: Run) -> None:
    run.log(step=2**70, loss=0.5)
    run.log(step=1, huge=10**400)
    assert {"loss": [(None, 0.5)], "huge": [(1, "inf")]} == series(run)


def test_the_best_by_min_is_the_lowest(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path)
    run = Run(order(tmp_path, metric="loss", mode="min"), spool)
    for step, loss in enumerate([0.5, 0.2, float("nan"), 0.4]):
        run.log(step=step, loss=loss)
        run.checkpoint(step=step, n=step)
    assert run.best is not None
    assert 1 == run.best["n"]
    os.close(spool.fd)


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(run: Run) -> None:
    run.log(step=0, val_acc=0.9)
    run.checkpoint(step=0, n=0)
    run.log(step=1, val_acc=0.1)
    run.checkpoint(step=1, n=1)
    damaged = run.folder / "checkpoints" / "step-00000001" / "state.json"
    damaged.write_bytes(damaged.read_bytes()[:-9])

    state = run.resume()

    assert state is not None
    assert 0 == state["n"]
    assert "cannot be used" in warnings(run)[0]


def test_a_resume_from_an_earlier_attempt_is_told_to_the_ledger(tmp_path: Path) -> None:
    first = SpoolWriter(tmp_path / "one")
    before = Run(order(tmp_path / "one"), first)
    before.checkpoint(step=4, n=4)
    saved = [
        SavedCheckpoint(item.attempt, item.step, item.folder, item.sha256) for item in before._saved
    ]
    second = SpoolWriter(tmp_path / "two")
    run = Run(order(tmp_path / "two", attempt="t-1.2", checkpoints=tuple(saved)), second)
    assert run.resume() is not None
    reader = SpoolReader(tmp_path / "two")
    assert {"attempt": "t-1.1", "step": 4} == reader.read().resume
    reader.close()
    os.close(first.fd)
    os.close(second.fd)


def test_random_numbers_go_on_where_the_checkpoint_left_them(run: Run) -> None:
    import random

    import numpy as np
    import torch

    run.checkpoint(step=0)
    expected = (random.random(), float(np.random.random()), float(torch.rand(1)))  # noqa: NPY002
    state = run.resume()
    assert state is not None
    assert expected == (random.random(), float(np.random.random()), float(torch.rand(1)))  # noqa: NPY002


def test_a_checkpoint_refuses_what_it_cannot_hold(run: Run) -> None:
    with pytest.raises(CheckpointError, match=r"`a\.b` is a function"):
        run.checkpoint(step=0, a={"b": test_a_checkpoint_refuses_what_it_cannot_hold})
    assert run.resume() is None


def test_a_child_program_finds_the_run_through_its_environment(run: Run) -> None:
    code = "import agilml; agilml.current_run().log(step=3, child_acc=0.5)"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, **run.environment()}
    )
    assert {"child_acc": [(3, 0.5)]} == series(run)


def test_outside_a_run_there_is_no_current_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agilml.worker.run._current", None)
    with pytest.raises(RecipeError, match="not part of a run"):
        current_run()


def test_the_current_run_is_the_one_that_was_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agilml.worker.run._current", None)
    set_current_run(run)
    assert run is current_run()


def test_an_order_survives_json(tmp_path: Path) -> None:
    made = order(tmp_path, gpus=(0, 2), checkpoints=(SavedCheckpoint("t-1.1", 3, "x", "ab", 0.5),))
    assert made == Order.from_json(json.loads(json.dumps(made.as_json())))
