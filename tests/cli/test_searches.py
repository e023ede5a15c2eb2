"""What ``agil show`` and ``agil runs`` say about adaptive sweeps."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agilml.ledger.ledger import Ledger
from agilml.model import short
from agilml.testing.ledgers import SampleSweep
from agilml.testing.searches import search_ledger
from tests.cli.conftest import Agil
from tests.golden.files import same_as_file

Sweeps = dict[str, SampleSweep]
RELEASED = Path(__file__).parents[1] / "ledger" / "released" / "v1.sql"


@pytest.fixture(scope="module")
def _written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sweeps]:
    path = tmp_path_factory.mktemp("searches") / "ledger.db"
    return path, search_ledger(path)


@pytest.fixture
def sweeps(project: Path, _written: tuple[Path, Sweeps]) -> Sweeps:
    (project / ".agil").mkdir()
    shutil.copy(_written[0], project / ".agil" / "ledger.db")
    return _written[1]


def in_state(agil: Agil, sweep: str, state: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = agil("runs", sweep, "--state", state, "--json").json
    return found


def test_a_pruned_run_says_by_which_stopper_at_which_step_and_why(
    agil: Agil, sweeps: Sweeps
) -> None:
    listed = in_state(agil, sweeps["drained"].id, "pruned")[0]
    stopped = listed["stopped"]
    assert (stopped["action"], stopped["stopper"]) == ("prune", "asha")
    run = agil("show", listed["run"], "--json").json
    assert (run["stopped"], run["reason"]) == (stopped, None)
    said = agil("show", listed["run"]).out
    ranks = stopped["reason"].replace(f" at step {stopped['step']}", "")
    assert f"pruned by asha at step {stopped['step']}: {ranks}" in said
    same_as_file("show-pruned-run.txt", said)


def test_a_cancelled_run_says_why(agil: Agil, sweeps: Sweeps) -> None:
    (listed,) = in_state(agil, sweeps["drained"].id, "cancelled")
    run = agil("show", listed["run"], "--json").json
    assert run["stopped"] is None
    assert run["reason"] == listed["reason"]
    assert "budget.hours" in run["reason"]
    assert f"cancelled: {run['reason']}" in agil("show", listed["run"]).out


def test_a_cancelled_run_of_a_person_says_so(
    agil: Agil, sample: SampleSweep, project: Path
) -> None:
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        sql = "UPDATE trial SET state = 'pending', here = 'pending' WHERE id = ?"
        ledger.db.execute(sql, (sample.trials[5],))
        ledger.request_cancel(sample.trials[5], "ada")
    assert agil("show", sample.trials[5], "--json").json["reason"] == "asked for"
    assert "cancelled: asked for" in agil("show", sample.trials[5]).out


def test_every_digit_of_a_drawn_number_is_in_the_json_and_four_in_a_table(
    agil: Agil, sweeps: Sweeps
) -> None:
    run = agil("runs", sweeps["pareto"].id, "--json", "--limit", "1").json[0]
    drawn = run["params"]["optim.lr"]
    assert len(repr(drawn)) > 10
    assert f" {drawn:.4g} " in agil("runs", sweeps["pareto"].id).out
    assert f"lr={drawn!r} " in agil("show", run["run"]).out


@pytest.mark.parametrize("name", ["drained", "pareto"])
def test_a_search_looks_as_agreed(agil: Agil, sweeps: Sweeps, name: str) -> None:
    same_as_file(f"show-{name}.txt", agil("show", sweeps[name].id).out)
    same_as_file(f"runs-{name}.txt", agil("runs", sweeps[name].id).out)


def test_a_sweep_says_how_it_searches_and_what_it_used(agil: Agil, sweeps: Sweeps) -> None:
    sweep = agil("show", sweeps["drained"].id, "--json").json
    search = sweep["search"]
    assert (search["adaptive"], search["candidates"]) == (True, 25)
    assert (search["sampler"], search["stopper"]) == ("tpe", "asha")
    budget = sweep["budget"]
    assert (budget["trials"], budget["hours"], budget["usd"]) == (64, 1.1, None)
    assert budget["used"]["trials"] == 25
    assert 1.1 < budget["used"]["hours"] < budget["used"]["slot_hours"]
    assert [(one["name"], one["share"]) for one in budget["notices"]] == [
        ("hours", 0.8),
        ("hours", 1.0),
    ]
    assert budget["notices"][0]["at"].endswith("Z")


def test_the_front_is_the_same_in_every_place(agil: Agil, sweeps: Sweeps) -> None:
    sweep = agil("show", sweeps["pareto"].id, "--json").json
    assert len(sweep["pareto"]) > 2
    rows = agil("runs", sweeps["pareto"].id, "--pareto", "--json").json
    assert [row["run"] for row in rows] == sweep["pareto"]
    values = [(row["metrics"]["val_acc"], row["metrics"]["size_mb"]) for row in rows]
    assert values == sorted(values, reverse=True)
    assert all(size <= 10 for _, size in values)
    assert sweep["best"]["run"] == sweep["pareto"][0]
    table = agil("runs", sweeps["pareto"].id, "--pareto").out
    assert table.splitlines()[0] == "Pareto front: 6 runs; 9 runs miss a constraint"
    assert [short(run) for run in sweep["pareto"]] == [
        line.split()[1] for line in table.splitlines()[2:]
    ]
    assert table in agil("show", sweeps["pareto"].id).out
    some = agil("runs", sweeps["pareto"].id, "--pareto", "--limit", "2").out.splitlines()
    assert len(some) == 4
    assert "2 of them here" in some[0]
    csv = agil("runs", sweeps["pareto"].id, "--pareto", "--csv").out.splitlines()
    assert [line.split(",")[0] for line in csv[1:]] == sweep["pareto"]


@pytest.mark.parametrize(
    "words", [[], ["{one}"], ["{several}", "--sort", "seconds"], ["{several}", "--state", "failed"]]
)
def test_a_front_is_of_one_sweep_with_several_objectives(
    agil: Agil, sweeps: Sweeps, words: list[str]
) -> None:
    ids = {"one": sweeps["drained"].id, "several": sweeps["pareto"].id}
    said = agil("runs", "--pareto", *(word.format(**ids) for word in words))
    assert (said.code, said.out) == (2, "")
    assert "next: agil runs" in said.err


def test_a_ledger_from_before_searches_is_shown_unchanged(agil: Agil, project: Path) -> None:
    path = project / ".agil" / "ledger.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(RELEASED.read_text())
        (trial,) = db.execute("SELECT id FROM trial WHERE attempt IS NOT NULL LIMIT 1").fetchone()
    before = path.read_bytes()
    for words in (("show", "latest"), ("show", trial), ("runs", "latest")):
        assert agil(*words).code == agil(*words, "--json").code == 0
    assert agil("watch", "latest").out.startswith("s-")
    assert agil("show", "latest", "--json").json["budget"]["notices"] == []
    assert path.read_bytes() == before
