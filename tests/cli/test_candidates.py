"""What ``agil show`` and ``best@`` say about a sweep whose runs are repetitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from agilml.model import short
from agilml.testing.ledgers import SampleSweep
from tests.cli.conftest import Agil
from tests.golden.files import same_as_file
from tests.sweep.seeds import LUCKY, REPEATED, write_grid, write_search


@pytest.fixture
def grid(project: Path) -> SampleSweep:
    return write_grid(project / ".agil" / "ledger.db", LUCKY)


def test_a_sweep_with_repetitions_looks_as_agreed(agil: Agil, grid: SampleSweep) -> None:
    same_as_file("show-candidates.txt", agil("show", grid.id).out)


def test_a_search_with_repetitions_shows_the_same_candidates(agil: Agil, project: Path) -> None:
    made = write_search(project / ".agil" / "ledger.db", LUCKY)
    assert "best        val_acc 0.9200 ± 0.0100, mean of 3  lr=0.03\n" in agil("show", made.id).out
    shown = agil("show", made.id, "--json").json
    assert [one["params"]["optim.lr"] for one in shown["candidates"]] == [
        0.03,
        0.1,
        0.003,
        0.01,
        0.001,
    ]


def test_best_is_the_same_run_in_every_place(agil: Agil, grid: SampleSweep) -> None:
    sweep = agil("show", grid.id, "--json").json
    best = agil("show", f"best@{grid.id}", "--json").json
    assert sweep["best"]["run"] == sweep["candidates"][0]["best"] == best["run"]
    assert best["params"] == {"optim.lr": 0.03, "seed": 1}
    assert (
        f"best run    val_acc 0.9300  {best['run']}  lr=0.03 seed=1\n" in agil("show", grid.id).out
    )


def test_single_runs_are_in_the_list_of_runs(agil: Agil, grid: SampleSweep) -> None:
    listed = agil("runs", grid.id, "--json").json
    assert {run["run"] for run in listed} == set(grid.trials)
    table = agil("runs", grid.id).out
    assert all(short(trial) in table for trial in grid.trials)


def test_several_objectives_show_the_front(agil: Agil, project: Path) -> None:
    spec = {**REPEATED, "objectives": {"val_acc": "max", "size_mb": "min"}}
    made = write_grid(project / ".agil" / "ledger.db", LUCKY, spec=spec)
    said = agil("show", made.id).out
    assert "Pareto front: 1 run\n" in said
    assert "by the mean of their runs" not in said
    assert len(agil("show", made.id, "--json").json["candidates"]) == len(LUCKY)


def test_a_sweep_without_repetitions_has_none(agil: Agil, sample: SampleSweep) -> None:
    assert agil("show", sample.id, "--json").json["candidates"] == []
    assert "by the mean of their runs" not in agil("show", sample.id).out
