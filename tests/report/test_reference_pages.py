"""The pages that promise fields and columns, held against what is really there."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agilml.compare.comparison import compare
from agilml.compare.sides import Loader, split
from agilml.ledger import queries
from agilml.project import Project
from agilml.report.compare_data import compare_fields
from agilml.report.fields import run_fields
from agilml.report.show_fields import run_details, sweep_details
from agilml.testing.ledgers import SampleSweep, sample_ledger

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
FIELD = re.compile(r"^\| `(\w+)` \| .+ \|$", re.MULTILINE)


def documented(page: str) -> dict[str, list[str]]:
    """Return the names in the first column of each section's table."""
    parts = SECTION.split((REFERENCE / page).read_text())
    return {
        title: FIELD.findall(text) for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSweep]:
    path = tmp_path_factory.mktemp("reference") / "ledger.db"
    return path, sample_ledger(path)[0]


def test_every_table_and_column_is_documented_and_nothing_else(
    ledger: tuple[Path, SampleSweep],
) -> None:
    with queries.reader(ledger[0]) as db:
        tables = db.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
            " AND name NOT LIKE 'sqlite_%' AND name != '_sqlite_migrations'"
        ).fetchall()
        columns = {
            name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")] for (name,) in tables
        }
    assert documented("ledger-tables.md") == columns


def test_every_field_of_a_run_and_of_a_sweep_is_documented(
    ledger: tuple[Path, SampleSweep],
) -> None:
    path, sweep = ledger
    project = Project(path.parent, path.parent)
    page = documented("json.md")
    with queries.reader(path) as db:
        row = queries.run(db, sweep.trials[1])
        assert row is not None
        assert page["A run in a list"] == list(run_fields(row))
        run = run_details(db, project, sweep.trials[1])
        assert page["A run in a list"] + page["A run"] == list(run)
        assert page["A sweep"] == list(sweep_details(db, project, sweep.id))


def test_every_field_of_a_comparison_is_documented(ledger: tuple[Path, SampleSweep]) -> None:
    path, sweep = ledger
    with queries.reader(path) as db:
        sides = split([Loader(db).side("latest", [sweep.id])], "optim.lr")
    found = compare_fields(compare(sides))
    page = documented("json.md")
    assert page["A comparison"] == list(found)
    assert page["A metric of a comparison"] == list(found["metrics"][0])


@pytest.mark.parametrize("trials", [1, 2, 5])
def test_a_sample_ledger_is_the_same_every_time(trials: int, tmp_path: Path) -> None:
    rows = []
    for name in ("a", "b"):
        sample_ledger(tmp_path / name / "ledger.db", trials=trials)
        with closing(sqlite3.connect(tmp_path / name / "ledger.db")) as db:
            rows.append(db.execute("SELECT seq, time, kind, subject, body FROM fact").fetchall())
    assert rows[0] == rows[1]
    assert len(rows[0]) > trials
