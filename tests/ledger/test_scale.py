"""What stays cheap when a ledger grows: the controller's turns, its memory, and the reads of people."""

from __future__ import annotations

import gc
import resource
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from agilml.ledger import queries, queries_runs, screen
from agilml.ledger.control import Control
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.ledger.tables_attempts import points_of
from agilml.model import SweepState, TrialState
from agilml.sweep.controller import Controller
from agilml.sweep.settings import settings_of
from agilml.sweep.steering import Steering
from agilml.testing.executors import NoopExecutor
from agilml.testing.ledgers import plan_sample, sample_ledger

SPEC = {"recipe": "resnet", "metric": "val_acc", "mode": "max"}


def cpu() -> float:
    """Return the CPU seconds of this process, both of its own and of the kernel for it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def make_controller(ledger: Ledger, sweep: str, executor: NoopExecutor) -> Controller:
    control = Control.take(ledger, sweep, "here", 1)
    root = ledger.path.parent
    settings = settings_of(SPEC, root, root / "runs")
    return Controller(control, executor, settings, Steering(control, SPEC), lambda _: True)


def plan(ledger: Ledger, trials: int) -> str:
    return plan_sample(ledger, [{"seed": i, "optim.lr": 0.1} for i in range(trials)]).id


@pytest.mark.parametrize("trials", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_sweep_of_noops_runs_to_its_end_with_every_fact_in_place(
    trials: int, tmp_path: Path
) -> None:
    executor = NoopExecutor(slots=64)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        sweep = plan(ledger, trials)
        began = cpu()
        assert SweepState.DONE is make_controller(ledger, sweep, executor).run()
        assert cpu() - began < 10 * trials / 10_000 + 1
        verify_chain(ledger.db, ledger.origin)
    assert trials == executor.executed
    with queries.reader(tmp_path / "ledger.db") as db:
        assert trials == queries.counts(db, sweep)[TrialState.SUCCEEDED]
        assert (trials,) == db.execute("SELECT count(*) FROM metric").fetchone()


def test_a_sweep_that_was_left_goes_on_where_it_was(tmp_path: Path) -> None:
    first, second = NoopExecutor(slots=16), NoopExecutor(slots=16)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        sweep = plan(ledger, 300)
        controller = make_controller(ledger, sweep, first)
        leave_after(controller, first, 100)
        assert SweepState.INTERRUPTED is controller.run()
        assert SweepState.DONE is make_controller(ledger, sweep, second).run()
    assert 300 == first.executed + second.executed


def leave_after(controller: Controller, executor: NoopExecutor, count: int) -> None:
    """Let the controller leave once ``count`` attempts were executed."""
    poll = executor.poll

    def counting(seconds: float) -> list[object]:
        if executor.executed >= count:
            controller.leave()
        return list(poll(seconds))

    executor.poll = counting  # type: ignore[method-assign, assignment]


def test_a_failed_noop_is_tried_as_often_as_the_settings_say(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        sweep = plan(ledger, 20)
        executor = NoopExecutor(slots=4, fail_every=5)
        assert SweepState.DONE is make_controller(ledger, sweep, executor).run()
        states = ledger.db.execute("SELECT state, count(*) FROM trial GROUP BY 1").fetchall()
    assert {"succeeded", "failed"} >= {state for state, _ in states}
    assert executor.executed >= 20


@pytest.mark.slow
def test_the_memory_of_a_controller_does_not_grow_with_its_sweep(tmp_path: Path) -> None:
    """Twice the trials may not take more memory while they run; a leak of 100 bytes a trial would."""
    peaks = []
    for trials in (1_500, 3_000):
        with Ledger.open(tmp_path / f"{trials}.db") as ledger:
            ledger.db.execute("PRAGMA synchronous = OFF")
            sweep = plan(ledger, trials)
            controller = make_controller(ledger, sweep, NoopExecutor(slots=32))
            control = controller._control
            tracemalloc.start()
            controller.run()
            gc.collect()
            peaks.append(tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()
            assert not control.recent.attempts
            assert not control.recent.trials
    assert peaks[1] - peaks[0] < 1_500 * 50


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scale") / "ledger.db"
    sample_ledger(path, trials=1_500)
    return path


def test_the_curves_of_one_attempt_are_found_by_index(sample: Path) -> None:
    """Neither a curve nor what a screen adds to it scans the facts."""
    seen: list[str] = []
    with queries.reader(sample) as db:
        attempt = str(db.execute("SELECT attempt FROM trial LIMIT 1").fetchone()[0])
        db.set_trace_callback(seen.append)
        assert points_of(db, attempt)
        screen.new_values(db, attempt, "val_acc", 0)
        db.execute("SELECT * FROM metric_point WHERE attempt = ?", (attempt,)).fetchall()
        db.set_trace_callback(None)
        reads = [sql for sql in seen if "fact" in sql or "metric_point" in sql]
        plans = [" ".join(r[3] for r in db.execute(f"EXPLAIN QUERY PLAN {sql}")) for sql in reads]
    assert 3 <= len(plans)
    for found in plans:
        assert "USING INDEX fact_points" in found
        assert "SCAN fact" not in found


@pytest.mark.parametrize(
    "read",
    [
        lambda db, sweep: queries.newest_runs(db, limit=30),
        lambda db, sweep: queries.runs_of_sweep(db, sweep, best_first=True, limit=30),
        lambda db, sweep: queries_runs.select_runs(
            db, queries_runs.Selection(sweep=sweep, sort="val_acc", limit=30)
        ),
        queries.counts,
        screen.recent_seconds,
    ],
)
def test_no_table_of_runs_reads_the_facts(sample: Path, read: Callable[..., object]) -> None:
    seen: list[str] = []
    with queries.reader(sample) as db:
        sweep = queries.sweeps(db)[0].id
        db.set_trace_callback(seen.append)
        assert read(db, sweep)
        db.set_trace_callback(None)
    assert seen
    assert not [sql for sql in seen if "fact" in sql]


@pytest.mark.slow
def test_the_runs_of_a_large_ledger_are_sorted_within_a_second(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    sample_ledger(path, trials=10_000)
    with queries.reader(path) as db:
        began = time.process_time()
        queries_runs.select_runs(db, queries_runs.Selection(sort="val_acc", limit=30))
        queries_runs.metric_names(db)
        assert time.process_time() - began < 1
