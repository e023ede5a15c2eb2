from __future__ import annotations

import heapq
import math
import random
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml import events as e
from agilml.ledger import queries
from agilml.ledger.ledger import Ledger
from agilml.sweep import order
from agilml.sweep.durations import CLASS
from agilml.sweep.order import Doubling, longest_first, start_order
from tests.sweep.toy import Toy

SECONDS = st.floats(1e-3, 1e9)


@given(
    st.lists(st.text(max_size=4), unique=True),
    st.data(),
)
def test_no_trial_is_lost_or_repeated(waiting: list[str], data: st.DataObject) -> None:
    known = data.draw(st.dictionaries(st.sampled_from(waiting or [""]), SECONDS))
    assert sorted(longest_first(waiting, known)) == sorted(waiting)


@given(st.lists(SECONDS, max_size=40))
def test_none_starts_before_one_that_is_longer_by_a_class(lengths: list[float]) -> None:
    seconds = {str(i): length for i, length in enumerate(lengths)}
    found = [seconds[trial] for trial in longest_first(list(seconds), seconds)]
    for earlier, later in pairwise(found):
        assert later < earlier * CLASS * (1 + 1e-9)


@given(st.lists(st.sampled_from([1.0, 4.0, 16.0]), max_size=30))
def test_trials_of_one_length_stay_in_the_order_of_the_plan(lengths: list[float]) -> None:
    seconds = {f"{i:02}": length for i, length in enumerate(lengths)}
    found = longest_first(list(seconds), seconds)
    for length in set(lengths):
        alike = [trial for trial in found if seconds[trial] == length]
        assert alike == sorted(alike)


def test_trials_of_similar_length_stay_in_the_order_of_the_plan() -> None:
    seconds = {"a": 1.02, "b": 1.2, "c": 1.1, "d": 9.0}
    assert longest_first(list(seconds), seconds) == ["d", "a", "b", "c"]


def test_a_trial_nobody_knows_starts_first() -> None:
    """It may be the longest of all."""
    assert longest_first(["a", "b", "c"], {"a": 1.0, "c": 100.0}) == ["b", "c", "a"]


def makespan(seconds: Sequence[float], slots: int) -> float:
    busy = [0.0] * slots
    for each in seconds:
        heapq.heapreplace(busy, busy[0] + each)
    return max(busy)


def bound(seconds: Sequence[float], slots: int) -> float:
    longest = sorted(seconds, reverse=True)
    pair = longest[slots - 1] + longest[slots] if len(longest) > slots else 0.0
    return max(sum(seconds) / slots, longest[0], pair)


@pytest.mark.parametrize("error", [0.0, 0.3])
def test_slots_end_together_even_where_predictions_are_30_percent_off(error: float) -> None:
    rng = random.Random(5)
    ours, fifo = [], []
    for _ in range(50):
        real = [math.exp(rng.gauss(0, 1)) for _ in range(64)]
        names = [str(i) for i in range(64)]
        told = {n: s * math.exp(rng.gauss(0, error)) for n, s in zip(names, real, strict=True)}
        in_order = [real[int(name)] for name in longest_first(names, told)]
        ours.append(makespan(in_order, 8) / bound(real, 8))
        fifo.append(makespan(real, 8) / bound(real, 8))
    assert sum(ours) / 50 < 1.05
    assert sum(fifo) / 50 > 1.10


@given(st.lists(st.integers(0, 3), max_size=200))
def test_the_order_is_looked_at_once_per_doubling(steps: list[int]) -> None:
    doubling, finished, looks = Doubling(), 0, []
    for step in steps:
        finished += step
        if doubling.due(finished):
            looks.append(finished)
    assert all(later >= earlier * 1.25 for earlier, later in pairwise(looks))
    assert len(looks) <= max(math.log2(finished or 1) - 1, 0)
    assert bool(looks) == (finished >= 4)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3 * order.MANY)), max_size=30))
def test_nothing_is_looked_at_while_too_many_wait_and_then_at_once(
    steps: list[tuple[int, int]],
) -> None:
    doubling, finished, looked = Doubling(), 0, 0
    for step, waiting in steps:
        finished += step
        due = doubling.due(finished, waiting)
        assert due == (waiting <= order.MANY and finished >= max(4, 2 ** looked.bit_length()))
        looked = finished if due else looked


def sleepy(toy: Toy, sweep: str, sleeps: Sequence[float]) -> list[str]:
    """Record a sweep of trials that sleep, and return their ids in the order of the plan."""
    base = {"recipe": "toy", "diary": str(toy.diary), "steps": 1, "checkpoint": False, "x": 0}
    trials = [f"t-{sweep}-{i}" for i in range(len(sleeps))]
    spec = {
        "recipe": "toy",
        "metric": "val_acc",
        "mode": "max",
        "executor": {"name": "local", "slots": 2},
        "attempts": {"max": 1},
    }
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.plan(
            e.SweepPlanned(sweep, "toy", "toy", "val_acc", "max", len(trials), spec, {}),
            [e.StructureComposed(f"base-{sweep}", "toy", {}, base, base)],
            [
                (trial, f"base-{sweep}", {"sleep": sleep, "x": i}, {})
                for i, (trial, sleep) in enumerate(zip(trials, sleeps, strict=True))
            ],
        )
    return trials


@pytest.mark.slow
def test_the_ledger_says_which_start_first(toy: Toy) -> None:
    sleepy(toy, "s-before", [0.01, 0.3, 0.01, 0.3])
    toy.run("s-before")
    trials = sleepy(toy, "s-after", [0.01, 0.3, 0.02, 0.6])
    with Ledger.open(toy.project.ledger) as ledger:
        found = start_order(ledger.db, "s-after", trials)
    assert sorted(found) == sorted(trials)
    assert set(found[:2]) == {trials[1], trials[3]}


@pytest.mark.slow
def test_the_controller_starts_the_long_one_first_once_it_knows(toy: Toy) -> None:
    sleepy(toy, "s-before", [0.01, 0.01, 0.2, 0.2])
    toy.run("s-before")
    trials = sleepy(toy, "s-after", [0.01, 0.01, 0.01, 0.01, 0.2])
    toy.run("s-after")
    with queries.reader(toy.project.ledger) as db:
        started = [
            row[0]
            for row in db.execute(
                "SELECT trial FROM attempt WHERE sweep = 's-after' ORDER BY fence"
            )
        ]
    assert started[0] == trials[4]
    assert sorted(started) == trials


def test_without_evidence_the_order_is_the_plans(toy: Toy) -> None:
    trials = sleepy(toy, "s-new", [0.3, 0.01, 0.2])
    with Ledger.open(toy.project.ledger) as ledger:
        assert start_order(ledger.db, "s-new", trials) == trials


def test_a_huge_plan_is_not_read(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "MANY", 3)
    sleepy(toy, "s-before", [0.01, 0.2, 0.01, 0.2])
    toy.run("s-before")
    trials = sleepy(toy, "s-after", [0.01, 0.3, 0.02, 0.6])
    with Ledger.open(toy.project.ledger) as ledger:
        assert start_order(ledger.db, "s-after", trials) == trials


@pytest.mark.slow
def test_as_many_trials_as_are_put_in_order_at_all_are_so_within_half_a_second(toy: Toy) -> None:
    sleepy(toy, "s-before", [0.01, 0.1, 0.01, 0.1])
    toy.run("s-before")
    trials = sleepy(toy, "s-many", [0.01 * (i % 50 + 1) for i in range(order.MANY)])
    with Ledger.open(toy.project.ledger) as ledger:
        began = time.process_time()
        found = start_order(ledger.db, "s-many", trials)
        taken = time.process_time() - began
    assert sorted(found) == sorted(trials)
    assert found != trials
    assert taken < 0.5
