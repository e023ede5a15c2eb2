from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agilml.ledger import queries
from agilml.ledger.queries_best import best_trials
from agilml.ledger.queries_runs import Selection, select_runs
from agilml.testing.ledgers import sample_ledger


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Return a copy of a sample ledger, for a test to change the values of."""
    path: Path = tmp_path_factory.mktemp("best") / "ledger.db"
    sample_ledger(path, trials=60)
    with queries.reader(path) as source, closing(sqlite3.connect(":memory:")) as copy:
        source.backup(copy)
        copy.isolation_level = None
        yield copy


@pytest.mark.parametrize("distinct", [2, 5, 1000])
@pytest.mark.parametrize("descending", [True, False])
def test_the_best_are_those_that_a_look_at_all_runs_finds(
    db: sqlite3.Connection, distinct: int, descending: bool
) -> None:
    chance, found = random.Random(distinct), 0
    for (attempt,) in db.execute("SELECT attempt FROM metric WHERE name = 'val_acc'").fetchall():
        value = None if chance.random() < 0.1 else chance.randrange(distinct) / distinct
        db.execute(
            "UPDATE metric SET last = ? WHERE attempt = ? AND name = 'val_acc'", (value, attempt)
        )
    for limit in (1, 3, 10, 40):
        wanted = Selection(sort="val_acc", descending=descending, limit=limit)
        best = best_trials(db, "val_acc", descending=descending, limit=limit)
        if best is not None:
            assert best == [run.run for run in select_runs(db, wanted)]
            found += 1
    assert found >= 3 or distinct == 2


def test_values_of_earlier_attempts_do_not_count(db: sqlite3.Connection) -> None:
    retried = db.execute(
        "SELECT a.id FROM attempt a JOIN trial t ON t.id = a.trial JOIN metric m ON m.attempt = a.id"
        " WHERE t.attempt != a.id AND m.name = 'val_acc'"
    ).fetchall()
    assert retried
    for (attempt,) in retried:
        db.execute("UPDATE metric SET last = 99.0 WHERE attempt = ?", (attempt,))
    best = best_trials(db, "val_acc", descending=True, limit=3)
    everything = select_runs(db, Selection(sort="val_acc", descending=True, limit=3))
    assert best == [run.run for run in everything]
    assert 99.0 not in [run.metrics.get("val_acc") for run in everything]


def test_where_too_few_have_a_value_all_runs_must_be_looked_at(db: sqlite3.Connection) -> None:
    assert best_trials(db, "val_acc", descending=True, limit=1000) is None
    assert best_trials(db, "no such metric", descending=True, limit=1) is None
