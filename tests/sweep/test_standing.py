from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.ledger.rows import SweepRow
from agilml.model import AttemptState, TrialState
from agilml.sweep.standing import best_run, best_runs, objectives_of, pareto_front
from agilml.testing.ledgers import HOST, SPEC, Outcome, plan_sample, run_sample

Results = Sequence[tuple[float, float]]
SEVERAL = {"objectives": {"val_acc": "max", "size_mb": "min"}}


def write(path: Path, results: Results, states: Sequence[AttemptState] = ()) -> str:
    """Write a sweep of which each run ends with an accuracy and a size; return its id."""
    with Ledger.open(path) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        made = plan_sample(ledger, [{"x": i} for i in range(len(results))], spec=SPEC)
        with Control.take(ledger, made.id, HOST, 1).turn() as turn:
            for i, (accuracy, size) in enumerate(results):
                curves = {"val_acc": [accuracy - 0.1, accuracy], "size_mb": [size]}
                state = states[i] if i < len(states) else AttemptState.SUCCEEDED
                run_sample(turn, made.trials[i], Outcome(curves, state))
    return made.id


def row_of(path: Path, sweep: str, **spec: Any) -> SweepRow:
    with queries.reader(path) as db:
        row = queries.sweep(db, sweep)
    assert row is not None
    return replace(row, spec={**row.spec, **spec})


def kept(*texts: str) -> dict[str, Any]:
    return {"sampler": {"constraints": list(texts)}}


def test_without_constraints_the_best_run_is_the_best_run(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    sweep = write(path, [(0.8, 1), (0.9, 20), (0.7, 3)])
    row = row_of(path, sweep)
    assert objectives_of(row) == {"val_acc": "max"}
    with queries.reader(path) as db:
        best = best_run(db, row)
        assert best is not None
        assert best.params == {"x": 1}
        assert [run.params["x"] for run in best_runs(db, row, 2)] == [1, 0]


def test_a_run_that_failed_or_was_cancelled_is_never_the_best(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    states = (AttemptState.FAILED, AttemptState.CANCELLED, AttemptState.PRUNED)
    sweep = write(path, [(0.99, 1), (0.98, 1), (0.7, 1), (0.6, 1)], states)
    with queries.reader(path) as db:
        best = best_run(db, row_of(path, sweep))
    assert best is not None
    assert best.params == {"x": 2}


def test_a_sweep_of_failed_runs_has_no_best_run(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    sweep = write(path, [(0.99, 1), (0.9, 1)], [AttemptState.FAILED] * 2)
    with queries.reader(path) as db:
        assert best_run(db, row_of(path, sweep)) is None


def test_the_best_run_is_the_best_of_those_that_keep_all_constraints(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    sweep = write(path, [(0.8, 1), (0.9, 20), (0.7, 3)])
    with queries.reader(path) as db:
        best = best_run(db, row_of(path, sweep, **kept("size_mb <= 10")))
        assert best is not None
        assert best.params == {"x": 0}
        assert best_run(db, row_of(path, sweep, **kept("size_mb <= 10", "size_mb > 3"))) is None
        assert best_run(db, row_of(path, sweep, **kept("unknown <= 10"))) is None
        one = row_of(path, sweep, sampler={"constraints": "size_mb >= 3"})
        assert [run.params["x"] for run in best_runs(db, one, 5)] == [1, 2]


def test_ranks_go_on_behind_a_page_of_runs_that_miss_a_constraint(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    sweep = write(path, [(0.9 - i / 1000, 20) for i in range(405)] + [(0.1, 1)])
    with queries.reader(path) as db:
        best = best_run(db, row_of(path, sweep, **kept("size_mb <= 10")))
    assert best is not None
    assert best.best == 0.1


def test_a_sweep_without_a_value_has_no_best_run(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.open(path) as ledger:
        made = plan_sample(ledger, [{"x": 1}])
    with queries.reader(path) as db:
        assert best_run(db, row_of(path, made.id)) is None


def test_the_front_leaves_out_what_did_not_succeed_or_misses_a_constraint(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    results = [(0.8, 1), (0.9, 2), (0.7, 3), (0.99, 0.1), (0.95, 30), (0.9, 2)]
    sweep = write(path, results, [AttemptState.SUCCEEDED] * 3 + [AttemptState.PRUNED])
    with queries.reader(path) as db:
        front = pareto_front(db, row_of(path, sweep, **SEVERAL, **kept("size_mb <= 10")))
    assert [run.params["x"] for run in front.runs] == [1, 5, 0]
    assert front.infeasible == 1
    assert list(front.values[front.runs[2].run]) == [0.8, 1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_nothing_on_the_front_is_beaten_and_everything_else_is(
    tmp_path_factory: pytest.TempPathFactory, results: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("front") / "ledger.db"
    sweep = write(path, [(float(accuracy), float(size)) for accuracy, size in results])
    with queries.reader(path) as db:
        front = pareto_front(db, row_of(path, sweep, **SEVERAL))
        states = {run.state for run in front.runs}
    on_front = {int(run.params["x"]) for run in front.runs}
    for i, (accuracy, size) in enumerate(results):
        beaten = any(
            other[0] >= accuracy and other[1] <= size and other != (accuracy, size)
            for other in results
        )
        assert (i in on_front) == (not beaten)
    assert states <= {TrialState.SUCCEEDED}
