from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import AgilError, ConfigError, Exit, UsageError
from agilml.ledger.ledger import Ledger
from agilml.model import TrialState
from agilml.sweep.budget import KEYS, Budget, check_budget
from agilml.sweep.estimate import Estimate
from agilml.sweep.respecify import changes
from agilml.sweep.spending import Meter, Spending
from tests.sweep.toy import Toy

LIMITS = ("trials", "hours", "slot_hours", "usd")
AMOUNTS = st.floats(1e-6, 1e9)


@given(
    st.dictionaries(st.sampled_from(LIMITS), AMOUNTS),
    st.fixed_dictionaries({name: st.floats(0, 1e9) for name in LIMITS}),
)
def test_every_limit_is_noticed_at_80_percent_and_at_100_percent_and_no_other(
    limits: dict[str, Any], used: dict[str, Any]
) -> None:
    found = {n.name: n for n in Budget(**limits).state(Spending(**used))}
    for name in LIMITS:
        share = used[name] / limits[name] if name in limits else 0.0
        if share < 0.79999:
            assert name not in found
        elif 0.80001 < share < 0.99999:
            assert found[name].share == 0.8
            assert not found[name].drains
        elif share > 1.00001:
            assert found[name].share == 1.0
            assert found[name].drains is (name != "trials")


@given(AMOUNTS, st.lists(st.floats(0, 1e9), max_size=8))
def test_a_budget_that_is_spent_stays_spent(limit: float, steps: list[float]) -> None:
    budget, used, shares = Budget(hours=limit), 0.0, [0.0]
    for step in steps:
        used += step
        shares.append(max([n.share for n in budget.state(Spending(hours=used))], default=0.0))
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("mode", "best", "reached"),
    [
        ("max", None, False),
        ("max", 0.89, False),
        ("max", 0.9, True),
        ("min", 0.89, True),
        ("min", 0.91, False),
    ],
)
def test_a_target_is_reached_from_its_better_side(
    mode: str, best: float | None, reached: bool
) -> None:
    found = Budget(target=0.9, mode=mode).state(Spending(best=best))
    assert [(n.name, n.share, n.used) for n in found] == (
        [("target", 1.0, best)] if reached else []
    )


@pytest.mark.parametrize("key", KEYS)
def test_any_limit_makes_a_budget_a_limited_one(key: str) -> None:
    assert Budget(**{key: 1}).limited  # type: ignore[arg-type]
    assert not Budget(mode="min").limited


def test_no_limits_no_notices() -> None:
    assert Budget().state(Spending(10**9, 1e9, 1e9, 1e9, 1e9)) == []


def test_trials_limit_a_search_and_not_a_plan_that_was_cut_to_them() -> None:
    spec = {"budget": {"trials": 8, "hours": None}, "mode": "min"}
    assert Budget.of(spec) == Budget(mode="min")
    assert Budget.of({**spec, "search": {"space": []}}) == Budget(trials=8, mode="min")
    assert Budget.of({}) == Budget()


def test_a_resume_of_a_sweep_with_a_spent_budget_is_refused_with_what_to_type() -> None:
    budget = Budget(hours=2.0)
    budget.refuse(Spending(hours=1.99), "s-1")
    with pytest.raises(AgilError) as caught:
        budget.refuse(Spending(hours=2.01), "s-1")
    assert caught.value.exit_code is Exit.FAILED
    assert (
        caught.value.cause
        == "s-1 has spent its budget: 100 % of budget.hours used: 2.01 hours of 2"
    )
    assert caught.value.next == "agil resume s-1 budget.hours=4.1"


def test_a_resume_behind_the_target_is_refused() -> None:
    with pytest.raises(AgilError, match=r"the target is reached: 0\.95") as caught:
        Budget(target=0.9).refuse(Spending(best=0.95), "s-1")
    assert caught.value.next == "agil resume s-1 budget.target=null"


def test_a_search_that_has_proposed_all_it_may_still_runs_what_it_proposed() -> None:
    Budget(trials=8).refuse(Spending(trials=8), "s-1")


def test_a_limit_that_is_raised_as_told_is_not_spent() -> None:
    for used in (0.013, 1.0, 3.0, 99.0, 12345.6):
        budget, spent = Budget(hours=1e-3), Spending(hours=used)
        with pytest.raises(AgilError) as caught:
            budget.refuse(spent, "s-1")
        told = float(caught.value.next.rpartition("=")[2])
        Budget(hours=told).refuse(spent, "s-1")


def expected(slot_hours: float, usd: float = 0.0) -> Estimate:
    return Estimate(12, 2, slot_hours, slot_hours / 2, usd, runs=7, spread=0.1)


def test_a_plan_that_would_cost_more_than_allowed_is_refused_with_both_figures() -> None:
    budget = Budget(usd=10.0, slot_hours=100.0)
    budget.refuse_plan(expected(5.0, 9.99))
    with pytest.raises(UsageError, match=r"about \$12\.40.*budget\.usd is 10") as caught:
        budget.refuse_plan(expected(5.0, 12.4))
    assert "7 runs" in caught.value.cause
    assert caught.value.next == "fewer values, or budget.usd=13"
    with pytest.raises(UsageError, match=r"about 101 slot-hours.*budget\.slot_hours is 100"):
        budget.refuse_plan(expected(101.0))


def test_what_is_spent_already_counts_when_a_plan_is_refused() -> None:
    budget = Budget(slot_hours=10.0)
    budget.refuse_plan(expected(6.0), Spending(slot_hours=3.0))
    with pytest.raises(UsageError, match=r"on top of 5 slot-hours already spent"):
        budget.refuse_plan(expected(6.0), Spending(slot_hours=5.0))


def test_nothing_is_refused_where_nothing_is_known() -> None:
    Budget(usd=1e-9, slot_hours=1e-9).refuse_plan(Estimate(10_000, 1))


@pytest.mark.parametrize(
    "node",
    [
        None,
        {},
        dict.fromkeys(KEYS),
        {"trials": 1, "hours": 0.5, "slot_hours": 1, "usd": 0.01, "target": -3.5},
        {"target": 0},
    ],
)
def test_good_budgets_pass(node: Any) -> None:
    check_budget(node)


@pytest.mark.parametrize(
    ("node", "cause"),
    [
        ({"hours": 0}, "budget.hours is more than 0, or null; not 0"),
        ({"hours": -1}, "budget.hours is more than 0, or null; not -1"),
        ({"usd": "ten"}, "budget.usd is more than 0, or null; not ten"),
        ({"usd": float("nan")}, "budget.usd is more than 0, or null; not nan"),
        ({"slot_hours": float("inf")}, "budget.slot_hours is more than 0, or null; not inf"),
        ({"hours": True}, "budget.hours is more than 0, or null; not True"),
        ({"trials": 0}, "budget.trials is a whole number, at least 1, or null; not 0"),
        ({"trials": 2.5}, "budget.trials is a whole number, at least 1, or null; not 2.5"),
        ({"target": "good"}, "budget.target is a number, or null; not good"),
        ({"hour": 1}, "no limit `budget.hour`; did you mean `hours`?"),
        ({"slothours": 1}, "no limit `budget.slothours`; did you mean `slot_hours`?"),
        ("4h", "budget is trials, hours, slot_hours, usd, target; not `4h`"),
        ([1], "budget is trials, hours, slot_hours, usd, target; not `[1]`"),
    ],
)
def test_bad_budgets_are_refused_by_name(node: Any, cause: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_budget(node)
    assert caught.value.cause == cause


@given(
    st.dictionaries(
        st.sampled_from(KEYS) | st.text(max_size=5),
        st.none() | st.integers() | st.floats() | st.text(max_size=4) | st.lists(st.none()),
    )
)
def test_what_passes_is_a_budget_that_can_be_kept(node: dict[str, Any]) -> None:
    try:
        check_budget(node)
    except ConfigError:
        return
    Budget.of({"budget": node, "search": {"space": []}}).state(Spending(1, 1.0, 1.0, 1.0, 1.0))


@pytest.mark.slow
@pytest.mark.parametrize(
    "budget", [{"slot_hours": 0.8 / 3600}, {"hours": 0.8 / 3600}, {"target": 2}]
)
def test_a_sweep_that_has_spent_its_budget_ends_what_runs_and_starts_no_more(
    toy: Toy, budget: dict[str, float]
) -> None:
    toy.plan(range(1, 9), slots=1, config={"sleep": 0.4})
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.respecify("s-toy", {"budget": budget}, "ada")
    toy.run()
    states = toy.states()
    assert toy.sweep_state() == "stopped"
    assert states[TrialState.SUCCEEDED] >= 2
    assert states[TrialState.CANCELLED] >= 1
    assert sum(states.values()) == 8
    with Ledger.open(toy.project.ledger) as ledger:
        noticed = ledger.db.execute("SELECT name, max(share), used FROM budget_notice").fetchone()
        spec = {"metric": "val_acc", "mode": "max", "budget": budget}
        spent = Meter(ledger.db, "s-toy", spec).read(time.time(), live=False)
    (name, limit) = next(iter(budget.items()))
    assert noticed[:2] == (name, 1.0)
    assert noticed[2] >= limit
    with pytest.raises(AgilError, match="has spent its budget"):
        Budget.of(spec).refuse(spent, "s-toy")


@pytest.mark.parametrize("word", ["budget.target=0.9", "budget.usd=3", "attempts.oom=4"])
def test_a_sweep_that_an_earlier_version_planned_takes_the_limits_of_this_one(word: str) -> None:
    spec: dict[str, Any] = {
        "metric": "a",
        "mode": "max",
        "budget": {"trials": None, "hours": None},
        "attempts": {"max": 3, "timeout_minutes": None},
    }
    ((top, node),) = changes(spec, [word]).items()
    key, _, value = word.partition("=")
    assert node[key.partition(".")[2]] == float(value)
    assert spec[top].items() <= node.items()
