"""A ledger that an earlier release wrote is opened, brought up to date, and used."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agilml.errors import LedgerError, LedgerFromFuture
from agilml.ledger import queries, queries_runs, schema
from agilml.ledger.control import Control
from agilml.ledger.exchange import Exchange
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.ledger.refold import digest_of_tables, tables_that_differ
from agilml.model import AttemptState, SweepState, TrialState

RELEASED = Path(__file__).parent / "released"


def rows(db: sqlite3.Connection, release: int) -> dict[str, list[Any]]:
    """Return every row of every table that the release had, in the columns that it had."""
    found = {}
    with closing(sqlite3.connect(":memory:")) as first:
        first.executescript((RELEASED / f"v{release}.sql").read_text())
        tables = [
            name
            for (name,) in first.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith(("sqlite_", "_sqlite"))
        ]
        for table in tables:
            columns = ", ".join(
                f'"{row[1]}"' for row in first.execute(f"PRAGMA table_info({table})")
            )
            found[table] = db.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
    return found


@pytest.fixture(params=range(1, schema.VERSION))
def release(request: pytest.FixtureRequest) -> int:
    """Return the schema of an earlier release; there is a fixture of every one."""
    return int(request.param)


@pytest.fixture
def path(tmp_path: Path, release: int) -> Path:
    """Return a ledger as the release left it."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((RELEASED / f"v{release}.sql").read_text())
        assert release == schema.version(db)
    return path


def test_a_released_ledger_has_all_its_rows_after_the_migration(path: Path, release: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        before = rows(db, release)
    with Ledger.open(path) as ledger:
        assert schema.VERSION == schema.version(ledger.db)
        assert before == rows(ledger.db, release)
        assert len(before["fact"]) == verify_chain(ledger.db, ledger.origin)
        assert not tables_that_differ(ledger.db)
    assert before["fact"]
    assert before["metric"]


def test_a_migrated_ledger_has_the_schema_of_a_new_one(path: Path, tmp_path: Path) -> None:
    def shape(db: sqlite3.Connection) -> list[Any]:
        query = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
        objects = db.execute(f"{query} ORDER BY 1, 2").fetchall()
        return [
            (*item, [row[1:6] for row in db.execute(f"PRAGMA table_info({item[1]})")])
            for item in objects
        ]

    with Ledger.open(path) as old, Ledger.open(tmp_path / "new.db") as new:
        assert shape(new.db) == shape(old.db)


def test_a_sweep_of_a_released_ledger_can_be_resumed(path: Path) -> None:
    with Ledger.open(path) as ledger:
        sweep, origin = str(ledger.db.execute("SELECT id FROM sweep").fetchone()[0]), ledger.origin
        facts = verify_chain(ledger.db, origin)
        (failed,) = ledger.resume(sweep, "ada", retry=True)
        control = Control.take(ledger, sweep, "here", 1)
        assert [failed] == control.waiting()
        with control.turn() as turn:
            lease = turn.lease(failed, "local:0", "runs")
            assert lease is not None
            assert 2 == lease.n
            turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
            turn.metrics(lease, 10, {"val_acc": [[0], [0.75], [0.1]]})
            turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
            assert turn.finish(SweepState.DONE)
        assert verify_chain(ledger.db, origin) > facts
    with queries.reader(path) as db:
        assert {TrialState.SUCCEEDED: 12} == {
            s: n for s, n in queries.counts(db, sweep).items() if n
        }
        run = queries.run(db, failed)
        assert run is not None
        assert {"val_acc": 0.75} == run.metrics


@pytest.mark.parametrize(
    "read",
    [
        queries.newest_runs,
        queries.sweeps,
        queries_runs.metric_names,
        lambda db: [
            queries.curves(db, row.attempt) for row in queries.newest_runs(db) if row.attempt
        ],
        lambda db: queries_runs.select_runs(db, queries_runs.Selection(sort="val_acc")),
    ],
)
def test_a_released_ledger_is_read_as_it_is(path: Path, read: Callable[[Any], Any]) -> None:
    """Reading comes before anything has brought it up to date, and must not."""
    before = path.read_bytes()
    with queries.reader(path) as db:
        old = repr(read(db))
    assert before == path.read_bytes()
    Ledger.open(path).close()
    with queries.reader(path) as db:
        assert old == repr(read(db))
    assert len(old) > 10


def test_a_ledger_of_the_next_schema_is_read_and_not_changed(path: Path, tmp_path: Path) -> None:
    Ledger.open(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
        db.execute("ALTER TABLE trial ADD COLUMN unheard_of TEXT")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, tmp_path / "copy.db")
    with pytest.raises(LedgerFromFuture, match=f"schema {schema.VERSION + 1}"):
        Ledger.open(path)
    with queries.reader(path) as db:
        assert len(queries.newest_runs(db)) >= 12
    assert (tmp_path / "copy.db").read_bytes() == path.read_bytes()


def test_an_older_ledger_is_kept_beside_the_one_that_is_migrated(path: Path, release: int) -> None:
    with closing(sqlite3.connect(path)) as db:
        before = list(db.iterdump())
    Ledger.open(path).close()
    kept = path.with_name(f"ledger.db.v{release}")
    assert 0o600 == kept.stat().st_mode & 0o777
    with closing(sqlite3.connect(f"file:{kept}?mode=ro", uri=True)) as db:
        assert release == schema.version(db)
        assert before == list(db.iterdump())
    assert not list(path.parent.glob("*.part"))


def test_a_new_ledger_and_a_current_one_have_nothing_to_keep(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    Ledger.open(path).close()
    assert not list(tmp_path.glob("ledger.db.v*"))


def test_a_ledger_that_cannot_be_kept_is_not_migrated(path: Path, release: int) -> None:
    path.with_name(f"ledger.db.v{release}").mkdir()
    with pytest.raises(LedgerError, match="directory"):
        Ledger.open(path)
    with closing(sqlite3.connect(path)) as db:
        assert release == schema.version(db)


def test_a_controller_gives_way_when_its_ledger_is_migrated_under_it(path: Path) -> None:
    with Ledger.open(path) as ledger:
        facts = ledger.db.execute("SELECT count(*) FROM fact").fetchone()
        with closing(sqlite3.connect(path)) as newer:
            newer.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
        with pytest.raises(LedgerFromFuture):
            ledger.tag("s-any", "late", on=True, by="ada")
        assert facts == ledger.db.execute("SELECT count(*) FROM fact").fetchone()


def test_facts_of_a_released_ledger_are_taken_in_by_others(path: Path, tmp_path: Path) -> None:
    with Ledger.open(path) as old, Ledger.open(tmp_path / "new.db") as new:
        plan = old.db.execute("SELECT id FROM trial ORDER BY id").fetchall()
        Exchange(new).take(Exchange(old).own, list(Exchange(old).facts(old.origin)))
        assert plan == new.db.execute("SELECT id FROM trial ORDER BY id").fetchall()
        assert digest_of_tables(old.db) == digest_of_tables(new.db)
        assert not tables_that_differ(new.db)
        with queries.reader(old.path) as mine, queries.reader(new.path) as theirs:
            for row in queries.newest_runs(mine):
                other = queries.run(theirs, row.run)
                assert other is not None
                assert str(row.metrics) == str(other.metrics)
                if row.attempt and other.attempt:
                    curves = queries.curves(mine, row.attempt)
                    assert str(curves) == str(queries.curves(theirs, other.attempt))
