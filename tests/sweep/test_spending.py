from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agilml import events as e
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, TrialState, attempt_id
from agilml.sweep.spending import HOUR, Meter, Union
from tests.sweep.toy import Toy

INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=15)


def covered(intervals: Sequence[tuple[float, float]], pause: float) -> float:
    """Return the length of the union the slow way: sort, then join what touches or nearly so."""
    total, end = 0.0, -1e9
    for start, until in sorted(intervals):
        if start > end + pause:
            total += until - start
        else:
            total += max(until - end, 0)
        end = max(end, until)
    return total


@given(INTERVALS, st.integers(0, 3))
def test_a_union_is_as_long_as_what_it_covers_in_any_order(
    found: list[tuple[int, int]], pause: int
) -> None:
    intervals = [(start, start + length) for start, length in found]
    union = Union(pause)
    for start, end in intervals:
        assert union.length_with(start, end) >= union.length
        expected = union.length_with(start, end)
        union.add(start, end)
        assert union.length == expected
    assert union.length == covered(intervals, pause)


@given(INTERVALS, st.integers(0, 3), st.randoms(use_true_random=False))
def test_a_union_does_not_depend_on_the_order(
    found: list[tuple[int, int]], pause: int, rng: random.Random
) -> None:
    intervals = [(start, start + length) for start, length in found]
    shuffled = rng.sample(intervals, len(intervals))
    one, other = Union(pause), Union(pause)
    for start, end in intervals:
        one.add(start, end)
    for start, end in shuffled:
        other.add(start, end)
    assert one.length == other.length


def test_a_clock_that_went_back_adds_nothing() -> None:
    union = Union()
    union.add(10.0, 5.0)
    assert union.length == 0.0
    assert union.length_with(10.0, 5.0) == 0.0


class Book:
    """A ledger with one sweep whose attempts are written at chosen times."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.n = 0

    def plan(self, sweep: str = "s-1", mode: str = "max", price: float = 0.0) -> Meter:
        spec = {"metric": "score", "mode": mode, "price": price}
        self.ledger.plan(
            e.SweepPlanned(sweep, "toy", "toy", "score", mode, 0, spec, {}),
            [],
            [],
        )
        return Meter(self.ledger.db, sweep, spec)

    def attempt(
        self,
        leased: float,
        seconds: float | None = None,
        ended: float | None = None,
        sweep: str = "s-1",
    ) -> str:
        """Write an attempt; without an end it is open."""
        self.n += 1
        name = attempt_id(f"t-{self.n}", 1, self.ledger.origin)
        over = seconds is not None or ended is not None
        state = "succeeded" if over else "started"
        until = ended if ended is not None else leased + seconds if seconds is not None else None
        self.ledger.db.execute(
            "INSERT INTO attempt (id, trial, n, sweep, epoch, fence, state, slot, folder, leased, started,"
            " ended, seconds, origin) VALUES (?, ?, 1, ?, 1, ?, ?, 'local:0', 'f', ?, ?, ?, ?, ?)",
            (
                *(name, f"t-{self.n}", sweep, self.n, state, leased, leased, until, seconds),
                self.ledger.origin,
            ),
        )
        return name

    def end(self, attempt: str, seconds: float) -> None:
        self.ledger.db.execute(
            "UPDATE attempt SET state = 'failed', seconds = ?, ended = leased + ? WHERE id = ?",
            (seconds, seconds, attempt),
        )

    def log(self, attempt: str, values: Sequence[object], times: Sequence[float]) -> None:
        with self.ledger.transaction() as tx:
            steps = list(range(len(values)))
            tx.append(e.MetricsLogged(attempt, 10, {"score": [steps, values, times]}))


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        yield Book(ledger)


def test_a_sweep_that_has_not_begun_has_spent_nothing(book: Book) -> None:
    spent = book.plan(price=3.0).read(1000.0)
    assert (spent.hours, spent.slot_hours, spent.usd, spent.best, spent.trials) == (
        0,
        0,
        0,
        None,
        0,
    )


def test_two_slots_at_once_are_two_slot_hours_in_one_hour(book: Book) -> None:
    meter = book.plan(price=3.0)
    book.attempt(0.0, HOUR)
    book.attempt(0.0, HOUR)
    spent = meter.read(10 * HOUR)
    assert (spent.hours, spent.slot_hours, spent.usd) == (1.0, 2.0, 6.0)


def test_the_time_a_sweep_was_down_is_not_spent(book: Book) -> None:
    meter = book.plan()
    book.attempt(0.0, HOUR)
    book.attempt(100 * HOUR, HOUR)
    assert meter.read(200 * HOUR).hours == 2.0


def test_a_controllers_moment_between_two_trials_is_no_time_down(book: Book) -> None:
    meter = book.plan()
    book.attempt(0.0, 10.0)
    book.attempt(11.0, 10.0)
    assert meter.read(100.0).hours * HOUR == pytest.approx(21.0)


def test_what_runs_now_counts_up_to_now(book: Book) -> None:
    meter = book.plan()
    book.attempt(0.0, HOUR)
    book.attempt(HOUR)
    assert meter.read(1.5 * HOUR).slot_hours == 1.5
    assert meter.read(3 * HOUR).slot_hours == 3.0


def test_an_attempt_of_a_dead_controller_counts_up_to_its_newest_point(book: Book) -> None:
    """The controller died at some time in the hundred hours after it."""
    meter = book.plan()
    attempt = book.attempt(0.0)
    book.log(attempt, [0.1, 0.2], [60.0, HOUR])
    silent = book.attempt(0.0)
    spent = meter.read(100 * HOUR, live=False)
    assert (spent.slot_hours, spent.hours) == (1.0, 1.0)
    # The next controller closes them, long after they were last heard of, and knows no seconds.
    for name in (attempt, silent):
        book.ledger.db.execute(
            "UPDATE attempt SET state = 'lost', ended = ? WHERE id = ?", (100 * HOUR, name)
        )
    spent = meter.read(100 * HOUR)
    assert (spent.slot_hours, spent.hours) == (1.0, 1.0)


def test_attempts_of_other_sweeps_are_theirs(book: Book) -> None:
    meter = book.plan()
    book.plan("s-2")
    book.attempt(0.0, HOUR, sweep="s-2")
    book.attempt(0.0, HOUR)
    book.attempt(0.0, HOUR, sweep="s-2")
    assert meter.read(9 * HOUR).slot_hours == 1.0


@pytest.mark.parametrize(("mode", "best"), [("max", 0.9), ("min", 0.2)])
def test_the_best_value_is_the_best_of_every_attempt(book: Book, mode: str, best: float) -> None:
    meter = book.plan(mode=mode)
    book.log(book.attempt(0.0, 5.0), [0.5, 0.9], [1.0, 2.0])
    running = book.attempt(6.0)
    book.log(running, [0.2, "nan"], [1.0, 2.0])
    assert meter.read(10.0).best == best
    book.log(running, [0.95 if mode == "max" else 0.1], [3.0])
    assert meter.read(11.0).best == (0.95 if mode == "max" else 0.1)


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["start", "end", "read", "other"]), st.integers(0, 3), st.integers(1, 50)
    ),
    max_size=25,
)


def test_reading_often_gives_what_reading_once_gives(book: Book) -> None:
    @settings(max_examples=60)
    @given(MOVES)
    def check(moves: list[tuple[str, int, int]]) -> None:
        book.n += 1
        sweep = f"s-{book.n}"
        often = book.plan(sweep)
        now, running = 0.0, []
        for move, which, seconds in moves:
            now += seconds
            if move == "start":
                running.append((book.attempt(now, sweep=sweep), now))
            elif move == "other":
                book.attempt(now, 1.0, sweep="s-other")
            elif move == "end" and running:
                attempt, began = running.pop(which % len(running))
                book.end(attempt, now - began)
            else:
                often.read(now)
        once = Meter(book.ledger.db, sweep, {"metric": "score", "mode": "max"}).read(now)
        found = often.read(now)
        assert found.slot_hours == pytest.approx(once.slot_hours)
        assert found.hours == pytest.approx(once.hours)

    check()


def test_candidates_of_a_search_are_counted(toy: Toy) -> None:
    toy.plan([1, 2])
    with Ledger.open(toy.project.ledger) as ledger:
        control = Control.take(ledger, "s-toy", "here", 1)
        meter = Meter(ledger.db, "s-toy", {"metric": "val_acc", "mode": "max"})
        with control.turn() as turn:
            turn.propose(0, {"x": 0}, [("t-1", "base-s-toy", {"x": 1}, {})], "sampler")
            turn.propose(1, {"x": 1}, [("t-2", "base-s-toy", {"x": 2}, {})], "sampler")
        assert meter.read(time.time()).trials == 2


def test_a_trial_that_was_kept_counts_for_the_best_value(toy: Toy) -> None:
    toy.plan([3])
    toy.run()
    toy.plan([3, 4], sweep="s-again")
    with Ledger.open(toy.project.ledger) as ledger:
        spent = Meter(ledger.db, "s-again", {"metric": "val_acc", "mode": "max"}).read(time.time())
    assert spent.best == 3.0
    assert spent.slot_hours == 0.0


def test_a_real_sweep_spends_what_its_attempts_took(toy: Toy) -> None:
    toy.plan([1, 2, 3, 4], config={"sleep": 0.1})
    toy.run()
    with Ledger.open(toy.project.ledger) as ledger:
        spent = Meter(ledger.db, "s-toy", {"metric": "val_acc", "mode": "max"}).read(time.time())
    seconds = sum(toy.attempts(f"t-{x}")[0].seconds or 0 for x in (1, 2, 3, 4))
    assert spent.slot_hours * HOUR == pytest.approx(seconds)
    assert seconds / 2 <= spent.hours * HOUR <= seconds
    assert spent.best == 4.0


def test_an_attempt_that_a_dead_controller_left_is_settled_and_counted(toy: Toy) -> None:
    toy.plan([1])
    with Ledger.open(toy.project.ledger) as ledger:
        control = Control.take(ledger, "s-toy", "here", 1)
        with control.turn() as turn:
            lease = turn.lease("t-1", "local:0", "runs")
            assert lease is not None
            turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
            turn.metrics(lease, 9, {"val_acc": [[0], [0.5], [1.5]]})
        meter = Meter(ledger.db, "s-toy", {"metric": "val_acc", "mode": "max"})
        assert meter.read(time.time() + HOUR, live=False).slot_hours * HOUR == pytest.approx(
            1.5, abs=0.1
        )
        with control.turn() as turn:
            turn.ended(lease, AttemptState.LOST, TrialState.PENDING, cause=Cause.CONTROLLER)
        settled = meter.read(time.time() + HOUR)
        facts = ledger.db.execute("SELECT body FROM fact WHERE kind = 'metrics.logged'").fetchall()
    # It ended a moment after it had begun: no point can be newer than that.
    assert 0 <= settled.slot_hours * HOUR < 1.5
    assert json.loads(facts[0][0])["series"]["val_acc"][2] == [1.5]
