from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.ledger import queries
from agilml.ledger.ledger import PlannedTrial
from agilml.points import Structure
from agilml.sweep.estimate import HOUR, Estimate, estimate, estimate_text, makespan
from agilml.sweep.order import MANY
from tests.sweep.toy import Toy

BASE = Structure("base", "toy", {}, {}, {"recipe": "toy", "steps": 1, "sleep": 0.0, "x": 0})


def test_nothing_is_said_without_evidence() -> None:
    found = estimate(None, "toy", [("t-1", "base", {}, {})], [BASE], slots=2, price=3.0, more=4)
    assert found == Estimate(5, 2)
    assert estimate_text(found.as_json()).startswith("no evidence yet")


def test_a_ledger_without_a_run_of_this_recipe_is_no_evidence(toy: Toy) -> None:
    toy.plan([1])
    with queries.reader(toy.project.ledger) as db:
        assert estimate(db, "toy", [], [BASE], slots=2).slot_hours is None


def test_runs_of_the_recipe_say_what_more_of_them_will_take(toy: Toy) -> None:
    toy.plan([1, 2, 3, 4], config={"sleep": 0.1})
    toy.run()
    trials: list[PlannedTrial] = [
        (f"t-{x}", "base", {"x": x, "sleep": 0.1}, {}) for x in range(10, 20)
    ]
    with queries.reader(toy.project.ledger) as db:
        found = estimate(db, "toy", trials, [BASE], slots=2, price=36.0)
        with_search = estimate(db, "toy", trials, [BASE], slots=2, more=10)
    assert found.slot_hours is not None
    assert found.hours is not None
    assert with_search.slot_hours is not None
    assert found.slot_hours * HOUR == pytest.approx(10 * 0.11, rel=0.6)
    assert found.hours == pytest.approx(found.slot_hours / 2, rel=0.01)
    assert found.usd == pytest.approx(found.slot_hours * 36)
    assert (found.trials, found.runs) == (10, 4)
    assert with_search.slot_hours == pytest.approx(2 * found.slot_hours, rel=0.5)
    assert with_search.trials == 20


def test_the_text_says_how_much_it_rests_on() -> None:
    known = Estimate(10, 4, 8.0, 2.0, 24.0, runs=31, spread=0.12)
    assert estimate_text(known.as_json()) == (
        "about 8h00 of slot time, 2h00 on 4 slots, $24.00 (31 runs so far, ±12 % a trial)"
    )
    one = Estimate(1, 1, 0.5, 0.5, 0.0, runs=1)
    assert estimate_text(one.as_json()).endswith("on 1 slot, $0.00 (1 run so far)")


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=60), st.integers(1, 9))
def test_slots_cannot_be_quicker_than_the_bound_nor_slower_than_four_thirds_of_it(
    seconds: list[float], slots: int
) -> None:
    longest = sorted(seconds, reverse=True)
    pair = longest[slots - 1] + longest[slots] if len(longest) > slots else 0.0
    bound = max(sum(seconds) / slots, longest[0], pair)
    assert bound * (1 - 1e-9) <= makespan(seconds, slots) <= 4 / 3 * bound * (1 + 1e-9)


def test_a_plan_without_trials_takes_no_time() -> None:
    assert makespan([], 4) == 0.0


def test_a_huge_plan_takes_its_share_of_each_slot() -> None:
    assert makespan([1.0] * (MANY + 1), 4) == (MANY + 1) / 4
