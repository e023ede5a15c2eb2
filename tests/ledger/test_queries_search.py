from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agilml.ledger import queries, queries_search, screen
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, TrialState
from agilml.testing.ledgers import HOST, SampleSweep, log_sample, plan_sample, start_sample
from agilml.testing.searches import search_ledger

RELEASED = Path(__file__).parent / "released" / "v1.sql"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, SampleSweep]]:
    path = tmp_path_factory.mktemp("searches") / "ledger.db"
    return path, search_ledger(path)


def test_endings_are_those_of_stopped_and_cancelled_runs(
    written: tuple[Path, dict[str, SampleSweep]],
) -> None:
    path, sweeps = written
    drained = sweeps["drained"]
    with queries.reader(path) as db:
        found = queries_search.endings(db, drained.trials)
        states = queries.trial_states(db, drained.trials)
        assert queries_search.endings(db, []) == {}
        assert queries_search.endings(db, sweeps["pareto"].trials) == {}
    stopped = {trial for trial, ending in found.items() if ending.stopped}
    assert stopped == {trial for trial, state in states.items() if state is TrialState.PRUNED}
    assert {found[trial].stopped.stopper for trial in stopped} == {"asha"}  # type: ignore[union-attr]
    (cancelled,) = set(found) - stopped
    assert cancelled == drained.trials[-1]
    assert "budget.hours" in (found[cancelled].reason or "")


def test_only_the_decision_about_the_latest_attempt_counts(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        made = plan_sample(ledger, [{"x": 1}])
        (trial,) = made.trials
        with Control.take(ledger, made.id, HOST, 1).turn() as turn:
            lease = start_sample(turn, trial)
            log_sample(turn, lease, {"val_acc": [0.1]})
            turn.decided(lease, "prune", "asha", 0, float("nan"), "val_acc is nan at step 0")
            turn.ended(lease, AttemptState.LOST, TrialState.PENDING)
        with queries.reader(tmp_path / "ledger.db") as db:
            (ending,) = queries_search.endings(db, [trial]).values()
        assert ending.stopped is not None
        assert ending.stopped.value is None
        with Control.take(ledger, made.id, HOST, 1).turn() as turn:
            start_sample(turn, trial)
        with queries.reader(tmp_path / "ledger.db") as db:
            assert queries_search.endings(db, [trial]) == {}


def test_counts_and_notices_of_a_search(written: tuple[Path, dict[str, SampleSweep]]) -> None:
    path, sweeps = written
    with queries.reader(path) as db:
        assert queries_search.candidates(db, sweeps["searching"].id) == 44
        assert queries_search.repetitions(db, sweeps["searching"].id) == 1
        assert queries_search.repetitions(db, "s-none") is None
        told = queries_search.notices(db, sweeps["drained"].id)
        assert [(one.name, one.share, one.limit) for one in told] == [
            ("hours", 0.8, 1.1),
            ("hours", 1.0, 1.1),
        ]
        assert told[0].at < told[1].at
        sizes = queries_search.extremes(db, sweeps["pareto"].id, ["val_acc", "size_mb"])
        assert len(sizes) == 40
        assert all(low == high for row in sizes.values() for low, high in [row["size_mb"]])


def test_a_ledger_from_before_searches_has_nothing_to_tell(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(RELEASED.read_text())
        trials = [row[0] for row in db.execute("SELECT id FROM trial")]
        (sweep,) = db.execute("SELECT id FROM sweep LIMIT 1").fetchone()
    shutil.copy(path, tmp_path / "before.db")
    with queries.reader(path) as db:
        assert not queries_search.knows_searches(db)
        assert queries_search.endings(db, trials) == {}
        assert queries_search.candidates(db, sweep) == 0
        assert queries_search.repetitions(db, sweep) is None
        assert queries_search.notices(db, sweep) == []
        assert screen.recent_seconds(db, sweep)
    assert path.read_bytes() == (tmp_path / "before.db").read_bytes()
