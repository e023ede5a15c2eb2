"""What the words after `agil sweep` become: a fixed plan, or a space and how it is searched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agilml.errors import ConfigError, UsageError
from agilml.executors.base import Quote
from agilml.ledger.ledger import Ledger
from agilml.model import TrialState
from agilml.points import materialise
from agilml.project import find_project
from agilml.report.plan import plan_text
from agilml.sweep.plan import DEFAULT_CANDIDATES, Plan, make_plan
from agilml.sweep.preview import preview


def plan(*words: str) -> Plan:
    return make_plan(find_project(), ["conf=dry", *words])


def params(made: Plan) -> list[dict[str, Any]]:
    return [trial[3] for trial in made.trials]


def text(made: Plan) -> str:
    return plan_text(preview(find_project(), made, quote=Quote(2)))


OPEN = "x=interval(0,1)"
pytestmark = pytest.mark.usefixtures("project")


# --- fixed plans -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_grid_is_shuffled_and_the_same_each_time() -> None:
    first, second = plan("x=range(20)"), plan("x=range(20)")
    assert params(first) == params(second)
    values = [one["x"] for one in params(first)]
    assert sorted(values) == list(range(20)) != values
    other = plan("x=range(20)", "sampler.seed=1")
    assert [one["x"] for one in params(other)] != values
    assert first.spec["sampler"]["name"] == "grid"
    assert first.spec["stopper"]["name"] == "none"


@pytest.mark.slow
def test_a_large_shuffled_grid_starts_in_the_order_of_its_ids(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unless its shuffle was asked for by a seed, or none was wanted."""
    words = ["x=range(6)"]
    shuffled = [trial[0] for trial in plan(*words).trials]
    seeded = [trial[0] for trial in plan(*words, "sampler.seed=3").trials]
    monkeypatch.setattr("agilml.sweep.plan.LARGE", 5)
    assert sorted(shuffled) == [trial[0] for trial in plan(*words).trials] != shuffled
    assert seeded == [trial[0] for trial in plan(*words, "sampler.seed=3").trials]


def test_a_grid_may_keep_the_order_of_its_words() -> None:
    made = plan("x=3,1,2", "sampler=grid", "sampler.shuffle=false")
    assert [one["x"] for one in params(made)] == [3, 1, 2]


def test_the_budget_of_a_random_sample_counts_candidates() -> None:
    made = plan("x=range(10)", "seed=repeat(3)", "sampler=random", "budget.trials=4")
    assert made.total == 12
    values = [one["x"] for one in params(made)]
    assert all(values.count(value) == 3 for value in values)
    assert made.spec["repeats"] == ["seed"]


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["random", "qmc"])
def test_open_ranges_are_drawn_when_the_sweep_is_planned(sampler: str) -> None:
    words = (OPEN, "seed=repeat(2)", f"sampler={sampler}", "budget.trials=8")
    made, again = plan(*words), plan(*words)
    assert made.search is None
    assert made.trials == again.trials
    assert made.sweep == again.sweep
    assert len({one["x"] for one in params(made)}) == 8
    assert made.total == 16
    assert all(0 <= one["x"] <= 1 for one in params(made))
    assert made.spec["stopper"] == {"name": "none"}
    other = plan(*words, "sampler.seed=1")
    assert params(other) != params(made)


@pytest.mark.slow
def test_even_draws_leave_no_gap() -> None:
    made = plan(OPEN, "sampler=qmc", "budget.trials=16")
    assert sorted(int(one["x"] * 16) for one in params(made)) == list(range(16))


@pytest.mark.slow
def test_a_draw_of_unknown_size_is_the_default_or_is_asked_for() -> None:
    made = plan(OPEN, "sampler=random")
    assert len(made.trials) == DEFAULT_CANDIDATES
    assert "assumed budget.trials=64: no limit was given" in text(made)
    with pytest.raises(UsageError, match="is not said"):
        plan(OPEN, "sampler=random", "budget.hours=1")


# --- searches ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_open_axis_is_searched_by_tpe_and_asha_with_no_setting() -> None:
    made = plan(OPEN, "seed=repeat(2)")
    assert made.search is not None
    assert made.spec["sampler"]["name"] == "tpe"
    assert made.spec["stopper"] == {"name": "asha", "least": 1, "factor": 3, "nan": True}
    assert made.spec["budget"]["trials"] == DEFAULT_CANDIDATES
    assert made.spec["objectives"] == {"val_acc": "max"}
    assert (made.total, made.trials) == (2 * DEFAULT_CANDIDATES, ())


@pytest.mark.parametrize(
    ("words", "trials"),
    [
        (["budget.trials=5"], 5),
        (["budget.hours=1"], None),
        (["budget.slot_hours=1"], None),
        (["budget.usd=1"], None),
        (["budget.hours=1", "budget.target=0.9"], None),
    ],
)
def test_any_limit_will_do(words: list[str], trials: int | None) -> None:
    made = plan(OPEN, *words)
    assert made.total == made.spec["budget"]["trials"] == trials
    assert made.assumed == []


@pytest.mark.parametrize(("asked", "trials"), [("null", 6), ("4", 4), ("100", 6)])
def test_a_closed_space_is_searched_to_its_end_at_most(asked: str, trials: int) -> None:
    made = plan("x=1,2,3", "steps=1,2", "sampler=tpe", f"budget.trials={asked}")
    assert made.total == trials
    assert made.spec["stopper"]["name"] == "none"


@pytest.mark.slow
def test_a_larger_budget_is_the_same_sweep_and_another_space_is_not() -> None:
    words = (OPEN, "steps=2")
    first = plan(*words)
    assert (
        plan(*words, "budget.trials=500", "executor.slots=1", "fail_at=null").sweep == first.sweep
    )
    others = [
        plan("x=interval(0,2)", "steps=2"),
        plan(OPEN, "steps=3"),
        plan(*words, "seed=repeat(2)", "stopper=none"),
        plan(*words, "exclude=x > 0.9", "sampler=tpe"),
        plan(*words, "sampler=tpe", "stopper=asha", "sampler.enqueue=[{x:0.5}]"),
    ]
    assert len({first.sweep, *(other.sweep for other in others)}) == 1 + len(others)


def test_a_search_and_a_grid_share_their_trials() -> None:
    made = plan(OPEN, "steps=2")
    assert made.search is not None
    ((trial, *_),) = made.search.place({"x": 0.5})
    ((same, *_),) = plan("x=0.5", "steps=2").trials
    assert trial == same


def test_several_objectives_say_what_the_best_is() -> None:
    made = plan(OPEN, "objectives={loss:min,size_mb:min}")
    assert (made.metric, made.mode) == ("loss", "min")
    assert list(made.spec["objectives"].items()) == [("loss", "min"), ("size_mb", "min")]
    assert made.spec["stopper"]["name"] == "none"
    assert made.search is not None
    ((_, structure, delta, _),) = made.search.place({"x": 0.5})
    assert materialise(made.search.structures[structure].resolved, delta)["metric"] == "loss"


def test_objectives_keep_their_order() -> None:
    made = plan(OPEN, "objectives={z:min,a:max}")
    assert list(made.spec["objectives"]) == ["z", "a"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([OPEN, "sampler=gp", "stopper=asha"], "learns nothing from trials"),
        ([OPEN, "sampler=grid"], "open range"),
        ([OPEN, "sampler=tpe", "sampler.startup=-1"], "sampler.startup"),
        ([OPEN, "stopper=target"], "needs a value"),
        (["x=1,2", "stopper=target"], "needs a value"),
        ([OPEN, "sampler=qmc", "budget.trials=2", "stopper=asha", "stopper.factor=1"], "factor"),
        (["x=1,2", "sampler=tpe", "sampler.enqueue=[{x:2}]", "exclude='x > 1'"], "leaves out"),
        ([OPEN, "sampler=tpe", "sampler.constraints=[size]"], "size"),
        ([OPEN, "objectives={val_acc:best}"], "`max` or `min`"),
        ([OPEN, "objectives=[val_acc]"], "`max` or `min`"),
        ([OPEN, "objectives={loss:min}", "metric=val_acc"], "first of the objectives"),
        ([OPEN, "seed=0,1"], "luckiest"),
        ([OPEN, "sampler=tpe,random"], "share one `sampler`"),
        ([OPEN, "stopper=asha,none"], "share one `stopper`"),
        ([OPEN, "metric=a,b"], "how a sweep is run"),
        ([OPEN, "sampler=tpe", "sampler.warm_start=s-12"], "no sweep yet"),
        ([OPEN, "sampler=nothing"], "no sampler `nothing`"),
        ([OPEN, "budget.trials=0"], "budget.trials"),
        (["x=1,2", "sampler=grid", "budget.trials=1"], "budget.trials is 1"),
    ],
)
def test_what_does_not_fit_together_is_refused(words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(*words)
    assert said in caught.value.cause


def test_a_search_is_in_one_conf() -> None:
    with pytest.raises(ConfigError, match="searches in one conf"):
        make_plan(find_project(), ["conf=dry,sklearn", "seed=1,2", "sampler=tpe"])


@pytest.mark.slow
def test_a_gaussian_process_goes_without_a_stopper() -> None:
    assert plan(OPEN, "sampler=gp").spec["stopper"] == {"name": "none"}


def test_a_stopper_may_be_called_nan() -> None:
    assert plan("x=1,2", "stopper=nan").spec["stopper"] == {"name": "nan", "nan": True}


@pytest.mark.slow
def test_every_packaged_sampler_and_stopper_takes_the_keys_of_its_conf(project: Path) -> None:
    from agilml.config import Configs
    from agilml.sweep.search.base import Objective
    from agilml.sweep.search.samplers import known_samplers, make_sampler
    from agilml.sweep.search.space import Range, SearchSpace
    from agilml.sweep.search.stoppers import known_stoppers, make_stopper

    groups = Configs(project / "conf").groups()
    assert set(groups["sampler"]) - {"auto", "grid"} == set(known_samplers(plugins=False))
    assert set(groups["stopper"]) - {"auto"} == set(known_stoppers(plugins=False))
    space = SearchSpace((Range("x", 0, 1),))
    for name in set(groups["sampler"]) - {"auto", "grid", "gp"}:
        node = Configs(None).compose("dry", [f"sampler={name}"]).resolved["sampler"]
        make_sampler(node, space, [Objective("val_acc", "max")])
    values = {"target": ["stopper.value=1"], "threshold": ["stopper.lower=0"]}
    for name in set(groups["stopper"]) - {"auto"}:
        words = [f"stopper='{name}'", *values.get(name, [])]
        node = Configs(None).compose("dry", words).resolved["stopper"]
        make_stopper(node, Objective("val_acc", "max"))


# --- the ledger and the screen -----------------------------------------------------------------------


def test_a_search_is_recorded_with_its_structures_and_no_trial() -> None:
    made = plan(OPEN, "steps=1,2", "+new=p,q")
    project = find_project()
    project.make_state()
    with Ledger.open(project.ledger) as ledger:
        planned = made.record(ledger, {})
        assert planned.created
        assert (planned.new, planned.kept) == ([], [])
        assert not made.record(ledger, {}).created
        rows = ledger.db.execute("SELECT id FROM structure").fetchall()
    assert {row[0] for row in rows} == {item.id for item in made.structures}
    assert len(rows) == 2


def test_a_warm_start_is_recorded_by_the_full_id() -> None:
    project = find_project()
    project.make_state()
    earlier = plan("x=1,2")
    with Ledger.open(project.ledger) as ledger:
        earlier.record(ledger, {})
    made = plan(OPEN, "sampler=tpe", f"sampler.warm_start={earlier.sweep[:6]}")
    assert made.spec["search"]["warm_start"] == [earlier.sweep]
    assert f"warm start from {earlier.sweep[:10]} (0 of 0 trials fit)" in text(made)


@pytest.mark.slow
def test_a_dry_run_shows_the_space() -> None:
    words = ("x=tag(log,interval(1e-3,1))", "steps=1,2", "sleep=when(steps=2,interval(0,0.1))")
    shown = text(plan(*words, "seed=repeat(2)", "budget.trials=10", "budget.hours=2"))
    for line in (
        "at most 20 trials, 10 candidates of 2 repetitions: chosen one by one",
        "sampler tpe  stopper asha  budget.trials=10  budget.hours=2",
        "  x from 0.001 to 1, log scale",
        "  steps = 1, 2",
        "  sleep from 0 to 0.1  where steps in [2]",
    ):
        assert line in shown.splitlines()
    assert "assumed" not in shown


def test_a_dry_run_is_json_too() -> None:
    found = preview(find_project(), plan(OPEN, "budget.hours=2"), quote=Quote(2, 1.5))
    assert found["trials"] is found["to_run"] is None
    assert found["search"]["dimensions"] == [
        {"name": "x", "low": 0.0, "high": 1.0, "log": False, "integer": False, "when": None}
    ]
    assert found["estimate"]["runs"] == 0
    assert "as many trials as the budget allows" in plan_text(found)


def test_pruned_trials_count_as_done_only_where_trials_may_be_pruned() -> None:
    project = find_project()
    project.make_state()
    made = plan("x=1,2")
    with Ledger.open(project.ledger) as ledger:
        made.record(ledger, {})
        ledger.db.execute("UPDATE trial SET state = ?", (TrialState.PRUNED,))
    assert preview(project, made, quote=Quote(1))["to_run"] == 2
    lenient = plan("x=1,2", "stopper=asha")
    assert preview(project, lenient, quote=Quote(1))["kept"] == 2
