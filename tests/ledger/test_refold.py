from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from agilml.doctor import examine
from agilml.ledger.ledger import Ledger
from agilml.ledger.refold import tables_that_differ
from agilml.project import Project
from agilml.testing.ledgers import sample_ledger
from agilml.testing.searches import search_ledger


@pytest.mark.parametrize("make", [sample_ledger, search_ledger])
def test_the_tables_of_a_sound_ledger_are_what_its_facts_say(tmp_path: Path, make: object) -> None:
    path = tmp_path / "ledger.db"
    make(path)  # type: ignore[operator]
    assert tables_that_differ(sqlite3.connect(path)) == []


def test_the_tables_of_a_migrated_ledger_are_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as old:
        old.executescript((Path(__file__).parent / "released" / "v1.sql").read_text())
    old.close()
    with Ledger.open(path) as ledger:
        assert tables_that_differ(ledger.db) == []


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("metric", "UPDATE metric SET last = last + 1"),
        ("trial", "UPDATE trial SET attempt = 't-0.9' WHERE attempt IS NOT NULL"),
        ("sweep_trial", "DELETE FROM sweep_trial"),
    ],
)
def test_doctor_names_a_table_that_was_changed_behind_the_facts(
    tmp_path: Path, table: str, change: str
) -> None:
    (tmp_path / "agil.toml").write_text("")
    project = Project(tmp_path, tmp_path / ".agil")
    project.make_state()
    sample_ledger(project.ledger)
    with sqlite3.connect(project.ledger) as db:
        db.execute(change)
    db.close()
    said = [one.said for one in examine(project) if one.level == "bad"]
    assert any(f"table {table} is not" in text for text in said), said
