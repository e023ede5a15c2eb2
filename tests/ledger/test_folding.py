"""Many facts in one turn fold into the same tables as the same facts one turn at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agilml import events as e
from agilml.ledger.control import Control, Lease, Turn
from agilml.ledger.encoding import encode
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, TrialState
from agilml.testing.ledgers import plan_sample, sample_clock, sample_points

TRIALS = 4
TABLES = ("sweep", "trial", "sweep_trial", "attempt", "metric", "checkpoint", "warning", "decision")
WHAT = (
    "lease",
    "start",
    "log",
    "nan",
    "succeed",
    "fail",
    "lose",
    "warn",
    "save",
    "decide",
    "cancel",
)

steps = st.lists(
    st.tuples(st.integers(0, TRIALS - 1), st.sampled_from(WHAT)), min_size=1, max_size=40
)


@cache
def planned() -> tuple[bytes, str, Sequence[str]]:
    """Return the file of a ledger with a sweep in it, and the ids of the sweep and of its trials."""
    with TemporaryDirectory() as folder, sample_clock():
        path = Path(folder) / "ledger.db"
        with Ledger.open(path) as ledger:
            sweep = plan_sample(ledger, sample_points(0, TRIALS))
        return path.read_bytes(), sweep.id, sweep.trials


class Player:
    """Plays steps on a ledger of its own and remembers the leases it got."""

    def __init__(self, path: Path) -> None:
        content, sweep, self.trials = planned()
        path.write_bytes(content)
        self.ledger = Ledger.open(path)
        self.ledger.db.execute("PRAGMA synchronous = OFF")
        self.control = Control.take(self.ledger, sweep, "here", 1)
        self.leases: dict[int, Lease] = {}
        self.answers: list[Any] = []

    def play(self, turn: Turn, n: int, which: int, what: str) -> None:
        lease = self.leases.get(which)
        if what == "lease":
            got = turn.lease(self.trials[which], "local:0", "runs")
            self.answers.append(got)
            self.leases[which] = got or self.leases.get(which) or _never(self.trials[which])
        elif what == "cancel":
            self.answers.append(turn.cancel(self.trials[which], "enough"))
        elif lease is not None:
            self.answers.append(_on_attempt(turn, lease, n, what))

    def tables(self) -> dict[str, list[Any]]:
        return {
            name: self.ledger.db.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for name in TABLES
        }

    def facts(self) -> list[Any]:
        return self.ledger.db.execute("SELECT * FROM fact ORDER BY seq").fetchall()


def _never(trial: str) -> Lease:
    return Lease(f"{trial}.9", trial, 9, 10_000, "local:0", "runs/never")


def _on_attempt(turn: Turn, lease: Lease, n: int, what: str) -> Any:
    if what == "start":
        return turn.started(lease, host="here", pid=n, pid_started=1, isolation="fork")
    if what in ("log", "nan"):
        value = "nan" if what == "nan" else n / 100
        return turn.metrics(
            lease, n + 1, {"val_acc": [[n], [value], [0.1]], "n": [[n], [n], [0.1]]}
        )
    if what == "save":
        return turn.checkpoint(lease, n, f"runs/{n}", "ab" * 32, 10, 0.5)
    if what == "warn":
        return turn.warned(lease, f"warning {n}")
    if what == "decide":
        return turn.decided(lease, "prune", "median", n, 0.5, "worse than the median")
    state, trial_state, cause = {
        "succeed": (AttemptState.SUCCEEDED, TrialState.SUCCEEDED, None),
        "fail": (AttemptState.FAILED, TrialState.PENDING, Cause.USER),
        "lose": (AttemptState.LOST, TrialState.PENDING, Cause.NODE),
    }[what]
    return turn.ended(lease, state, trial_state, cause=cause, usage={"seconds": float(n)})


@settings(max_examples=80)
@given(steps, st.integers(2, 40))
# The end of 1 could join the end of 0, which was held back before 1 had started.
@example([(0, "lease"), (0, "fail"), (1, "lease"), (1, "start"), (1, "succeed")], 40)
def test_many_facts_in_a_turn_are_the_same_as_a_turn_for_each(
    found: list[tuple[int, str]], size: int
) -> None:
    with TemporaryDirectory() as folder:
        players = []
        for name, each in (("together", size), ("apart", 1)):
            with sample_clock():
                player = Player(Path(folder) / name)
                for first in range(0, len(found), each):
                    with player.control.turn() as turn:
                        turn.foresee(player.trials)
                        for n, (which, what) in enumerate(found[first : first + each], first):
                            player.play(turn, n, which, what)
            players.append(player)
        together, apart = players
        assert together.answers == apart.answers
        assert together.facts() == apart.facts()
        assert together.tables() == apart.tables()
        for player in players:
            verify_chain(player.ledger.db, player.ledger.origin)
            player.ledger.close()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.slow
@given(st.dictionaries(st.text(), json_values))
def test_the_text_of_a_fact_is_what_json_dumps_writes(body: dict[str, Any]) -> None:
    assert json.dumps(body, separators=(",", ":"), allow_nan=False) == encode(body)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_no_json(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"value": value})


def _control(tmp_path: Path) -> Control:
    player = Player(tmp_path / "ledger.db")
    return player.control


def test_a_read_inside_of_a_turn_sees_what_the_turn_has_recorded(tmp_path: Path) -> None:
    control = _control(tmp_path)
    with control.turn() as turn:
        trial = control.waiting()[0]
        lease = turn.lease(trial, "local:0", "runs")
        assert lease is not None
        assert trial not in control.waiting()
        row = control.ledger.db.execute("SELECT attempt FROM trial WHERE id = ?", (trial,))
        assert (lease.attempt,) == row.fetchone()
    control.ledger.close()


def test_what_another_process_wrote_between_turns_is_noticed(tmp_path: Path) -> None:
    control = _control(tmp_path)
    trial = control.waiting()[0]
    with control.turn() as turn:
        lease = turn.lease(trial, "local:0", "runs")
        assert lease is not None
        assert turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
    with Ledger.open(control.ledger.path) as other, other.transaction() as tx:
        ended = e.AttemptEnded(
            lease.attempt, trial, AttemptState.LOST, TrialState.PENDING, Cause.NODE
        )
        tx.append(ended)
    with control.turn() as turn:
        assert not turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
        again = turn.lease(trial, "local:0", "runs")
        assert again is not None
        assert 2 == again.n
    control.ledger.close()


def test_a_turn_that_was_rolled_back_is_forgotten(tmp_path: Path) -> None:
    control = _control(tmp_path)
    trial = control.waiting()[0]

    def fail() -> None:
        with control.turn() as turn:
            assert turn.lease(trial, "local:0", "runs") is not None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with control.turn() as turn:
        lease = turn.lease(trial, "local:0", "runs")
        assert lease is not None
        assert 1 == lease.n
    control.ledger.close()


def test_a_turn_that_is_over_records_nothing(tmp_path: Path) -> None:
    control = _control(tmp_path)
    with control.turn() as turn:
        trial = control.waiting()[0]
    with pytest.raises(RuntimeError, match="over"):
        turn.lease(trial, "local:0", "runs")
    control.ledger.close()


def test_leases_that_were_foreseen_read_nothing(tmp_path: Path) -> None:
    control = _control(tmp_path)
    seen: list[str] = []
    with control.turn() as turn:
        waiting = control.waiting()
        turn.foresee(waiting)
        control.ledger.db.set_trace_callback(seen.append)
        assert all(turn.lease(trial, "local:0", "runs") for trial in waiting)
        assert not seen
        control.ledger.db.set_trace_callback(None)
    control.ledger.close()


def test_a_write_that_fails_at_the_end_of_a_turn_undoes_the_turn(tmp_path: Path) -> None:
    control = _control(tmp_path)
    trial = control.waiting()[0]
    ledger = control.ledger
    ledger.db.execute(
        "CREATE TEMP TRIGGER no BEFORE INSERT ON attempt BEGIN SELECT raise(ABORT, 'no'); END"
    )

    def fail() -> None:
        with control.turn() as turn:
            assert turn.lease(trial, "local:0", "runs") is not None

    with pytest.raises(sqlite3.IntegrityError):
        fail()
    assert not ledger.db.in_transaction
    ledger.db.execute("DROP TRIGGER no")
    with control.turn() as turn:
        assert turn.lease(trial, "local:0", "runs") is not None
    ledger.close()
