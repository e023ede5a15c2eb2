from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.report.export.columns import Column, Kind
from agilml.report.export.spool import Spool
from agilml.report.export.writers import write
from agilml.report.runs import csv_cell
from agilml.testing.ledgers import Outcome, SampleSweep, plan_sample, run_sample
from tests.cli.conftest import Agil

pq = pytest.importorskip("pyarrow.parquet")

FORMATS = ["csv", "jsonl", "parquet"]


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file as another program would see them."""
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    if path.suffix == ".csv":
        with open(path, newline="") as file:
            return [dict(row) for row in csv.DictReader(file)]
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("form", FORMATS)
def test_runs_are_exported_with_a_column_per_name(
    agil: Agil, sample: SampleSweep, project: Path, form: str
) -> None:
    said = agil("runs", "latest", "--export", f"runs.{form}")
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith(f"12 runs in runs.{form} (")
    rows = read(project / f"runs.{form}")
    listed = agil("runs", "latest", "--json").json
    assert [row["run"] for row in rows] == [run["run"] for run in listed]
    assert len({tuple(row) for row in rows}) == 1
    for row, run in zip(rows, listed, strict=True):
        assert float(row["param.optim.lr"]) == run["params"]["optim.lr"]
        assert row["tags"] == " ".join(run["tags"])
        value = row["metric.val_acc"]
        assert (float(value) if value not in ("", None) else None) == run["metrics"].get("val_acc")


def test_types_are_kept_in_parquet(agil: Agil, sample: SampleSweep, project: Path) -> None:
    agil("runs", "--export", "runs.parquet", "--quiet")
    table = pq.read_table(project / "runs.parquet")
    types = {field.name: str(field.type) for field in table.schema}
    assert types["param.seed"] == "int64"
    assert types["param.optim.lr"] == types["metric.loss"] == types["seconds"] == "double"
    assert types["started"] == "timestamp[ms, tz=UTC]"
    assert types["run"] == "string"
    losses = {row["run"]: row["metric.loss"] for row in table.to_pylist()}
    assert math.isnan(losses[sample.trials[2]])


def test_what_is_exported_is_what_would_be_listed(
    agil: Agil, sample: SampleSweep, project: Path
) -> None:
    words = ["--where", "seed < 2", "--state", "succeeded", "--sort", "val_acc", "--limit", "4"]
    agil("runs", *words, "--export", "some.jsonl")
    listed = [run["run"] for run in agil("runs", *words, "--json").json]
    assert [row["run"] for row in read(project / "some.jsonl")] == listed
    assert len(listed) == 4


@pytest.mark.parametrize("form", FORMATS)
def test_curves_are_exported_point_by_point_with_what_was_taken_over(
    agil: Agil, sample: SampleSweep, project: Path, form: str
) -> None:
    said = agil("runs", "--points", "--export", f"points.{form}")
    assert " points in " in said.err
    rows = [row for row in read(project / f"points.{form}") if row["run"] == sample.trials[1]]
    with queries.reader(project / ".agil" / "ledger.db") as db:
        run = queries.run(db, sample.trials[1])
        assert run is not None
        assert run.attempt is not None
        curves = queries.curves(db, run.attempt)
    for name, points in curves.items():
        found = [
            (int(row["step"]), float(row["value"]), float(row["seconds"]))
            for row in rows
            if row["name"] == name
        ]
        assert found == points
    assert len({row["attempt"] for row in rows}) == 2


def test_a_file_that_is_there_is_kept_unless_forced(
    agil: Agil, sample: SampleSweep, project: Path
) -> None:
    (project / "mine.csv").write_text("mine")
    said = agil("runs", "--export", "mine.csv")
    assert said.code == 2
    assert "--force" in said.err
    assert (project / "mine.csv").read_text() == "mine"
    assert agil("runs", "--export", "mine.csv", "--force").code == 0
    assert len(read(project / "mine.csv")) == 12
    assert agil("sql", "select 1", "--export", "mine.csv").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["--export", "runs.xlsx"],
        ["--export", "runs"],
        ["--export", "nowhere/runs.csv"],
        ["--export", ".csv"],
        ["--points"],
        ["--force"],
        ["--export", "runs.csv", "--json"],
        ["--export", "runs.csv", "--csv"],
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    agil: Agil, sample: SampleSweep, project: Path, words: list[str]
) -> None:
    before = sorted(os.listdir(project))
    assert agil("runs", *words).code == 2
    assert sorted(os.listdir(project)) == before


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")

    def batches() -> Any:
        yield [[1]]
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        write(path, [Column("a", Kind.INT)], batches())
    assert os.listdir(tmp_path) == ["out.csv"]
    assert path.read_text() == "before"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(AgilError, match="cannot be written"):
        write(tmp_path / "none" / "a.csv", [Column("a", Kind.INT)], [])


def test_an_answer_of_sql_is_exported(agil: Agil, sample: SampleSweep, project: Path) -> None:
    statement = "select seq, kind, time, null as none, 1 as one, 1 as one, x'ff' as raw from fact"
    for form in FORMATS:
        assert agil("sql", statement, "--export", f"facts.{form}").code == 0
    first = {form: read(project / f"facts.{form}")[0] for form in FORMATS}
    assert first["jsonl"] == first["parquet"]
    assert list(first["csv"]) == ["seq", "kind", "time", "none", "one", "one_2", "raw"]
    assert first["jsonl"]["raw"] == "ff"
    assert agil("sql", "select 1 as a where 0", "--export", "none.parquet").code == 0
    assert read(project / "none.parquet") == []


FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=cmd|' /c calc'!A1",
    "-x",
    "+",
    "@",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_file_is_a_formula(
    agil: Agil, project: Path, text: str, tmp_path: Path
) -> None:
    (project / ".agil").mkdir()
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        made = plan_sample(ledger, [{text: text}])
        with Control.take(ledger, made.id, "host", 1).turn() as turn:
            run_sample(turn, made.trials[0], Outcome({text: [-1.5]}))
        ledger.note(made.trials[0], text, by="ada")
    agil("runs", "--export", "runs.csv")
    with open(project / "runs.csv", newline="") as file:
        names, values = csv.reader(file)
    starts = ("=", "+", "-", "@", "\t", "\r")
    assert not [cell for cell in names if cell.startswith(starts)]
    formulas = [cell for cell in values if cell.startswith(starts)]
    assert formulas == ["-1.5"]


@given(st.text())
def test_a_cell_is_a_number_or_harmless(text: str) -> None:
    cell = csv_cell(text)
    assert "\n" not in cell
    if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        float(cell)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(),
    st.just([1, "a"]),
)


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "é", "=x"]), values), max_size=8))
def test_any_values_can_be_written_in_every_format(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with Spool(str(folder)) as spool:
        for row in rows:
            spool.add(row)
        for form in FORMATS:
            path = folder / f"out.{form}"
            assert write(path, spool.columns, spool.batches()) == len(rows)
            if spool.columns:
                assert len(read(path)) >= sum(bool(row) for row in rows) * (form != "csv")


_LONG = """
import resource, sys, time
from pathlib import Path
from unittest.mock import patch
from agilml.cli.main import main
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.testing.ledgers import plan_sample, start_sample, SampleSweep
from agilml.model import AttemptState, TrialState

Path(".agil").mkdir()
with Ledger.open(Path(".agil/ledger.db")) as ledger:
    ledger.db.execute("PRAGMA synchronous = OFF")
    made = plan_sample(ledger, [{"seed": 0}, {"seed": 1}])
    control = Control.take(ledger, made.id, "host", 1)
    for trial in made.trials:
        with control.turn() as turn:
            lease = start_sample(turn, trial)
            for first in range(0, 500_000, 1_000):
                steps = list(range(first, first + 1_000))
                loss = [1 / (1 + step) for step in steps]
                turn.metrics(lease, first + 1, {"loss": [steps, loss, [float(s) for s in steps]]})
            turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED, usage={"seconds": 1.0})
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_a_million_points_take_less_than_300_mb(project: Path, form: str) -> None:
    subprocess.run([sys.executable, "-c", _LONG], check=True, cwd=project)
    measured = (
        "import re, sys\nfrom agilml.cli.main import main\n"
        f"code = main(['runs', '--points', '--export', 'points.{form}'])\n"
        # Not ru_maxrss, which begins with that of the process that forked this one.
        "said = open('/proc/self/status').read()\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', said)[1]) / 1024)\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", measured], check=True, cwd=project, capture_output=True, text=True
    )
    assert done.stderr.startswith("1,000,000 points in ")
    assert float(done.stdout) < 300
