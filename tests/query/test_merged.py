"""Lists of runs in ledgers that hold the same facts, which came together in different orders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from agilml.ledger import queries, queries_find
from agilml.ledger.exchange import Exchange
from agilml.ledger.ledger import Ledger
from agilml.ledger.queries_chosen import choose
from agilml.ledger.queries_runs import COLUMNS, Selection, select_runs
from agilml.testing.ledgers import SampleSweep, plan_sample, sample_clock

POINTS = [{"seed": seed} for seed in range(6)]


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleSweep, Sequence[Path]]:
    """Return a sweep that two origins planned, in another order, and two ledgers that hold both."""
    tmp_path = tmp_path_factory.mktemp("merged")
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    with sample_clock(), Ledger.open(ours) as ledger:
        made = plan_sample(ledger, POINTS)
        plan_sample(ledger, [{"seed": 10}], name="ours")
    with sample_clock(tick=0.5), Ledger.open(theirs) as ledger:
        plan_sample(ledger, [{"seed": 11}], name="theirs")
        _plan_turned_round(ledger, made.id)
    for name, sources in (("first.db", (ours, theirs)), ("second.db", (theirs, ours))):
        with Ledger.open(tmp_path / name) as ledger:
            for source in sources:
                _take(ledger, source)
    return made, (tmp_path / "first.db", tmp_path / "second.db")


def _plan_turned_round(ledger: Ledger, sweep: str) -> None:
    """Plan the same set of trials from its end: it is the same sweep."""
    with patch("agilml.testing.ledgers.sweep_id", lambda _: sweep):
        plan_sample(ledger, POINTS[::-1])


def _take(ledger: Ledger, source: Path) -> None:
    with Ledger.open(source) as other:
        giving = Exchange(other)
        for origin in giving.origins():
            Exchange(ledger).take(origin, list(giving.facts(origin.id)))


@pytest.mark.parametrize("sort", [None, *COLUMNS])
def test_every_list_is_the_same_in_every_copy(
    merged: tuple[SampleSweep, Sequence[Path]], sort: str | None
) -> None:
    made, paths = merged
    for sweep in (None, made.id):
        found = []
        for path in paths:
            with queries.reader(path) as db:
                wanted = Selection(sweep=sweep, sort=sort)
                rows = select_runs(db, wanted)
                assert [row.run for row in choose(db, wanted, None).rows()] == [r.run for r in rows]
                found.append([(row.run, row.sweep, row.index) for row in rows])
        assert found[0] == found[1]
        assert len({run for run, *_ in found[0]}) == len(found[0]) == (8 if sweep is None else 6)


def test_the_newest_sweep_is_the_same_in_every_copy(
    merged: tuple[SampleSweep, Sequence[Path]],
) -> None:
    found = []
    for path in merged[1]:
        with queries.reader(path) as db:
            found.append((queries_find.newest_sweep(db), queries_find.recent_ids(db)))
            assert len(queries.sweeps(db)) == 3
    assert found[0] == found[1]
