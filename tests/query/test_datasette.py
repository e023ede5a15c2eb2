"""Other people's tools on a ledger, with the plug-in that unpacks curves."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agilml.ledger import plugins_datasette
from agilml.testing.ledgers import SampleSweep

CURVE = "select step, value from metric_point where attempt = '{}' and name = 'loss' order by step"


@pytest.fixture
def ledger(sample: SampleSweep, project: Path) -> Path:
    return project / ".agil" / "ledger.db"


def attempt_of(ledger: Path, trial: str) -> str:
    db = sqlite3.connect(ledger)
    (attempt,) = db.execute("SELECT attempt FROM trial WHERE id = ?", (trial,)).fetchone()
    db.close()
    return str(attempt)


@pytest.fixture
def datasette_plugin() -> Iterator[None]:
    plugins = pytest.importorskip("datasette.plugins")
    known = plugins.pm.is_registered(plugins_datasette)
    if not known:
        plugins.pm.register(plugins_datasette)
    yield
    if not known:
        plugins.pm.unregister(plugins_datasette)


@pytest.mark.slow
@pytest.mark.parametrize("immutable", [True, False])
def test_datasette_opens_a_ledger_and_unpacks_curves(
    ledger: Path, sample: SampleSweep, datasette_plugin: None, immutable: bool
) -> None:
    from datasette.app import Datasette

    before = hashlib.sha256(ledger.read_bytes()).hexdigest()
    attempt = attempt_of(ledger, sample.trials[4])

    async def ask(*paths: str) -> list[Any]:
        served = Datasette(
            [] if immutable else [str(ledger)], immutables=[str(ledger)] if immutable else []
        )
        answers = [await served.client.get(path) for path in paths]
        assert [answer.status_code for answer in answers] == [200] * len(paths)
        return answers

    page, table, rows, runs = asyncio.run(
        ask(
            "/ledger",
            f"/ledger/metric_point?attempt={attempt}",
            f"/ledger/metric_point.json?_shape=array&attempt={attempt}&name=loss&_sort=step",
            "/ledger/trial.json?_shape=array&state=succeeded",
        )
    )
    assert "metric_point" in page.text
    assert "val_acc" in table.text
    assert [row["step"] for row in rows.json()] == [0, 1, 2]
    assert len(runs.json()) == 11
    assert hashlib.sha256(ledger.read_bytes()).hexdigest() == before


def test_sqlite_utils_unpacks_curves(ledger: Path, sample: SampleSweep) -> None:
    from sqlite_utils import Database
    from sqlite_utils.plugins import pm

    known = pm.is_registered(plugins_datasette)
    if not known:
        pm.register(plugins_datasette)
    try:
        db = Database(ledger)
        rows = list(db.query(CURVE.format(attempt_of(ledger, sample.trials[4]))))
        db.close()
    finally:
        if not known:
            pm.unregister(plugins_datasette)
    assert [row["step"] for row in rows] == [0, 1, 2]
    assert json.dumps(rows)
