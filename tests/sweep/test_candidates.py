from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.ledger.rows import RunRow
from agilml.model import TrialState
from agilml.sweep.candidates import CandidateRow
from agilml.sweep.standing import best_candidate, best_run, best_runs, ranked_candidates
from agilml.testing.ledgers import HOST, SPEC, Outcome, SampleSweep, plan_sample, run_sample
from tests.sweep.seeds import FAILED, LUCKY, PRUNED, Value, write_grid, write_search

Write = Callable[..., SampleSweep]
CONSTRAINED = {"sampler": {"constraints": ["size_mb <= 10"]}}


def read(
    path: Path, sweep: str, spec: Mapping[str, Any] | None = None
) -> tuple[list[CandidateRow], RunRow | None]:
    """Return the candidates of the sweep and its best run, as if it had these further settings."""
    with queries.reader(path) as db:
        row = queries.sweep(db, sweep)
        assert row is not None
        row = replace(row, spec={**row.spec, **(spec or {})})
        return ranked_candidates(db, row), best_run(db, row)


def rates(found: Sequence[CandidateRow]) -> list[float]:
    return [one.params["optim.lr"] for one in found]


@pytest.mark.parametrize("write", [write_grid, write_search])
def test_candidates_are_ranked_by_their_mean_and_complete_ones_come_first(
    tmp_path: Path, write: Write
) -> None:
    made = write(tmp_path / "ledger.db", LUCKY)
    found, best = read(tmp_path / "ledger.db", made.id)
    assert [one.params for one in found] == [
        {"optim.lr": lr} for lr in (0.03, 0.1, 0.003, 0.01, 0.001)
    ]
    assert [(one.n, one.state.value) for one in found] == [
        (3, "succeeded"),
        (3, "succeeded"),
        (2, "failed"),
        (1, "pruned"),
        (0, "pruned"),
    ]
    assert [one.complete for one in found] == [True, True, False, False, False]
    assert best is not None
    assert best.run == found[0].best
    assert best.params == {"optim.lr": 0.03, "seed": 1}


def test_the_luckiest_run_is_not_the_best_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    made = write_grid(path, LUCKY)
    with queries.reader(path) as db:
        row = queries.sweep(db, made.id)
        assert row is not None
        (luckiest,) = best_runs(db, row, 1)
    _, best = read(path, made.id)
    assert best is not None
    assert (luckiest.best, best.best) == (0.99, 0.93)


@pytest.mark.parametrize("write", [write_grid, write_search])
def test_the_runs_of_a_candidate_are_its_seeds_in_order(tmp_path: Path, write: Write) -> None:
    made = write(tmp_path / "ledger.db", LUCKY)
    found, _ = read(tmp_path / "ledger.db", made.id)
    assert sorted(run for one in found for run in one.runs) == sorted(made.trials)
    with queries.reader(tmp_path / "ledger.db") as db:
        for one in found:
            params = [run.params for name in one.runs if (run := queries.run(db, name, made.id))]
            assert params == [{**one.params, "seed": seed} for seed in range(3)]


def test_least_is_best_where_the_mode_is_min(tmp_path: Path) -> None:
    made = write_grid(tmp_path / "ledger.db", {0.1: [0.01, 0.9], 0.2: [0.3, 0.2]}, mode="min")
    found, best = read(tmp_path / "ledger.db", made.id)
    assert rates(found) == [0.2, 0.1]
    assert best is not None
    assert best.best == 0.2


def test_only_repetitions_that_succeeded_with_a_number_count(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    values: Sequence[Value] = [0.5, 0.7, "nan", (0.99, PRUNED), (0.98, FAILED), "running", None]
    made = write_grid(path, {0.1: values}, done=False)
    ((one,), best) = read(path, made.id)
    assert (one.n, len(one.runs), one.state) == (2, 7, TrialState.RUNNING)
    assert one.mean == pytest.approx(0.6)
    assert one.sd == pytest.approx(statistics.stdev([0.5, 0.7]))
    assert not one.complete
    assert best is not None
    assert best.best == 0.7


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ([0.5, 0.5], "succeeded"),
        ([0.5, "running"], "running"),
        ([(0.5, PRUNED), None, "running"], "running"),
        ([(0.5, PRUNED), None], "pending"),
        ([None, None], "pending"),
        ([0.5, (0.5, FAILED), (0.5, PRUNED)], "pruned"),
        ([0.5, (0.5, FAILED)], "failed"),
    ],
)
def test_the_state_of_a_candidate_is_that_of_the_repetition_that_keeps_it_from_success(
    tmp_path: Path, values: Sequence[Value], state: str
) -> None:
    made = write_grid(tmp_path / "ledger.db", {0.1: values}, done=False)
    ((one,), _) = read(tmp_path / "ledger.db", made.id)
    assert one.state.value == state


def test_a_cancelled_repetition_leaves_a_cancelled_candidate(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    made = write_grid(path, {0.1: [0.5, None]}, done=False)
    with Ledger.open(path) as ledger:
        ledger.request_cancel(made.trials[1], "ada")
    ((one,), _) = read(path, made.id)
    assert (one.state, one.n) == (TrialState.CANCELLED, 1)


def test_without_a_mean_the_best_run_is_the_best_run(tmp_path: Path) -> None:
    made = write_grid(
        tmp_path / "ledger.db", {0.1: [(0.2, PRUNED), (0.6, PRUNED)], 0.2: [(0.4, PRUNED), None]}
    )
    found, best = read(tmp_path / "ledger.db", made.id)
    assert [one.mean for one in found] == [None, None]
    assert best_candidate(found) is None
    assert best is not None
    assert best.best == 0.6


def test_a_sweep_without_repetitions_has_no_candidates(tmp_path: Path) -> None:
    made = write_grid(tmp_path / "ledger.db", LUCKY, spec=SPEC)
    found, best = read(tmp_path / "ledger.db", made.id)
    assert found == []
    assert best is not None
    assert best.best == 0.99


def test_a_sweep_without_a_value_has_candidates_and_no_best_run(tmp_path: Path) -> None:
    made = write_grid(tmp_path / "ledger.db", {0.1: [None, None], 0.2: [None, "running"]})
    found, best = read(tmp_path / "ledger.db", made.id)
    assert rates(found) == [0.1, 0.2]
    assert [one.best for one in found] == [None, None]
    assert best is None


def test_a_candidate_misses_a_constraint_if_any_repetition_that_succeeded_does(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.db"
    sizes: dict[float, list[tuple[float, float | None]]] = {
        0.1: [(0.9, 4.0), (0.9, 40.0)],
        0.2: [(0.8, 4.0), (0.8, 9.0)],
        0.3: [(0.95, None)] * 2,
    }
    points: list[dict[str, Any]] = [
        {"optim.lr": lr, "seed": seed} for lr in sizes for seed in range(2)
    ]
    with Ledger.open(path) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        made = plan_sample(ledger, points, spec={**SPEC, "repeats": ["seed"]})
        with Control.take(ledger, made.id, HOST, 1).turn() as turn:
            for trial, point in zip(made.trials, points, strict=True):
                accuracy, size = sizes[point["optim.lr"]][point["seed"]]
                curves = {"val_acc": [accuracy], **({"size_mb": [size]} if size else {})}
                run_sample(turn, trial, Outcome(curves))
    found, best = read(path, made.id, CONSTRAINED)
    assert [(one.params["optim.lr"], one.feasible) for one in found] == [
        (0.2, True),
        (0.3, False),
        (0.1, False),
    ]
    assert best is not None
    assert best.params["optim.lr"] == 0.2
    assert rates(read(path, made.id)[0]) == [0.3, 0.1, 0.2]


def test_several_keys_may_repeat(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    points = [
        {"x": x, "seed": seed, "fold": fold} for seed in (0, 1) for fold in (0, 1) for x in (1, 2)
    ]
    with Ledger.open(path) as ledger:
        made = plan_sample(ledger, points, spec={**SPEC, "repeats": ["seed", "fold"]})
    found, _ = read(path, made.id)
    assert [(one.params, len(one.runs)) for one in found] == [({"x": 1}, 4), ({"x": 2}, 4)]


VALUES = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.1, 1.7e308, -1.7e308]
)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.lists(VALUES, min_size=1, max_size=5), min_size=1, max_size=4))
def test_means_and_deviations_hold_for_any_numbers(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[float]]
) -> None:
    path = tmp_path_factory.mktemp("means") / "ledger.db"
    made = write_grid(path, {float(i): values for i, values in enumerate(groups)})
    found, best = read(path, made.id)
    for one in found:
        values = groups[int(one.params["optim.lr"])]
        scale = max(map(abs, values))
        assert one.mean is not None
        assert math.isfinite(one.mean)
        assert min(values) - 1e-9 * scale <= one.mean <= max(values) + 1e-9 * scale
        if len(values) == 1:
            assert (one.mean, one.sd) == (values[0], None)
        else:
            assert one.sd is not None
            assert one.sd >= 0
        if len(set(values)) == 1 and len(values) > 1:
            assert (one.mean, one.sd) == (values[0], 0)
        if scale < 1e100 and len(values) > 1:
            assert one.sd == pytest.approx(statistics.stdev(values), rel=1e-6, abs=1e-9 * scale)
    assert [one.mean for one in found] == sorted((one.mean or 0.0 for one in found), reverse=True)
    assert best is not None
    assert best.best == max(groups[int(found[0].params["optim.lr"])])
