from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from agilml.errors import ConfigError
from agilml.executors.local import interval_of
from agilml.ledger import queries
from agilml.ledger.queries_hardware import hardware, hardware_series, unit
from tests.sweep.toy import Toy


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_what_an_attempt_used_is_in_the_ledger_when_it_ends(toy: Toy, isolation: str) -> None:
    executor = {"name": "local", "slots": 2, "isolation": isolation, "hardware_seconds": 0.05}
    toy.plan(range(2), config={"sleep": 0.7}, settings={"executor": executor})
    toy.run()

    with queries.reader(toy.project.ledger) as db:
        for trial in ("t-0", "t-1"):
            (attempt,) = queries.attempts(db, trial)
            found = hardware(db, attempt.id)
            assert found is not None
            assert found.interval == 0.05
            assert found.seconds == pytest.approx(attempt.seconds, abs=0.2)
            rows = {row.name: row for row in found.rows}
            assert {"cpu_percent", "rss_mb", "disk_write_mb"} <= set(rows)
            memory = rows["rss_mb"]
            assert 5 < memory.low <= memory.mean + 1e-6 <= memory.high + 2e-6 < 1000
            series = hardware_series(db, attempt.id)
            assert {name: len(values) for name, values in series.items()} == {
                name: row.n for name, row in rows.items()
            }
            assert all(unit(name) for name in rows)


def test_short_attempts_leave_nothing_about_hardware(toy: Toy) -> None:
    toy.plan(range(2))
    toy.run()

    with queries.reader(toy.project.ledger) as db:
        (attempt,) = queries.attempts(db, "t-0")
        assert hardware(db, attempt.id) is None
        assert hardware_series(db, attempt.id) == {}
        assert hardware_series(db, "t-9.1") == {}
        (n,) = db.execute("SELECT count(*) FROM fact WHERE kind = 'hardware.sampled'").fetchone()
    assert n == 0


def test_a_ledger_that_was_written_before_hardware_was_looked_at_has_none() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        assert hardware(db, "t-1.1") is None
        assert hardware_series(db, "t-1.1") == {}


def test_looks_at_hardware_can_be_turned_off() -> None:
    assert interval_of(None) == interval_of(0) == 0
    with pytest.raises(ConfigError, match="hardware_seconds is a time from 0 up, not `often`"):
        interval_of("often")


def test_an_unknown_name_has_no_unit() -> None:
    assert (unit("gpu12_watts"), unit("gpu0_quarks"), unit("quarks")) == ("W", "", "")
