from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agilml.errors import AgilError
from agilml.executors.base import Quote
from agilml.ledger import queries
from agilml.ledger.ledger import Ledger
from agilml.model import TrialState
from agilml.report.plan import plan_text
from agilml.report.warm_start import useless_warm_starts
from agilml.sweep.plan import make_plan
from agilml.sweep.preview import preview
from agilml.sweep.search.assemble import assemble
from tests.sweep.toy import Toy

WORDS = [
    "conf=dry",
    "x=interval(0,1)",
    "sampler=tpe",
    "sampler.startup=3",
    "executor.slots=1",
    "steps=3",
    "stopper=asha",
]


def plan(toy: Toy, words: Sequence[str]) -> str:
    """Record the sweep that ``words`` mean; return its id."""
    made = make_plan(toy.project, words)
    with Ledger.open(toy.project.ledger) as ledger:
        made.record(ledger, {})
    return made.sweep


def candidates(toy: Toy, sweep: str) -> list[tuple[str, str]]:
    """Return choice and trials of every candidate, in order."""
    with queries.reader(toy.project.ledger) as db:
        return db.execute(
            "SELECT choice, trials FROM candidate WHERE sweep = ? ORDER BY number", (sweep,)
        ).fetchall()


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsga2"])
def test_a_search_that_is_killed_again_and_again_tries_what_it_would_have_tried(
    tmp_path: Path, sampler: str
) -> None:
    words = [*WORDS[:2], f"sampler={sampler}", *WORDS[4:], "budget.trials=14", "stopper=none"]
    if sampler == "nsga2":
        words.append("sampler.population=4")
    calm, shaken = Toy(tmp_path / "calm"), Toy(tmp_path / "shaken")
    sweep = plan(calm, words)
    calm.run(sweep)
    assert plan(shaken, words) == sweep
    for point in ("tick.committed:5", "tick.before:4", "start.sent:2", "tick.committed:3"):
        process = shaken.start(sweep, environment={"AGIL_CRASH_AT": point})
        process.wait(timeout=60)
        assert process.stdout is not None
        process.stdout.close()
        assert process.returncode == -signal.SIGKILL
    shaken.run(sweep)
    assert shaken.states(sweep) == {TrialState.SUCCEEDED: 14}
    assert candidates(shaken, sweep) == candidates(calm, sweep)


@pytest.mark.slow
def test_the_same_words_with_a_larger_budget_go_on_with_the_same_search(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    first = plan(toy, [*WORDS, "budget.trials=4"])
    toy.run(first)
    before = candidates(toy, first)
    assert len(before) == 4
    assert plan(toy, [*WORDS, "budget.trials=7"]) == first
    toy.run(first)
    assert candidates(toy, first)[:4] == before
    assert len(candidates(toy, first)) == 7
    assert toy.sweep_state(first) == "done"


@pytest.mark.slow
def test_a_finite_space_is_gone_through_once_and_then_it_is_done(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    sweep = plan(toy, ["conf=dry", "x=1,2,3", "steps=1,2", "sampler=tpe", "exclude='x > 2'"])
    toy.run(sweep)
    points = {json.dumps(run.params, sort_keys=True) for run in toy.runs(sweep)}
    assert len(points) == len(toy.runs(sweep)) == 4
    assert toy.sweep_state(sweep) == "done"


@pytest.mark.slow
def test_what_the_ledger_knows_is_not_run_again_by_a_search(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    grid = plan(toy, ["conf=dry", "x=1,2,3"])
    toy.run(grid)
    search = plan(toy, ["conf=dry", "x=1,2,3,4", "sampler=tpe"])
    toy.run(search)
    assert toy.states(search) == {TrialState.SUCCEEDED: 4}
    assert sorted(run.attempts for run in toy.runs(search)) == [1, 1, 1, 1]
    assert {run.run for run in toy.runs(grid)} < {run.run for run in toy.runs(search)}


@pytest.mark.slow
def test_fixed_points_come_first_and_repetitions_are_one_candidate(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    sweep = plan(
        toy,
        [
            "conf=dry",
            "x=interval(0,1)",
            "seed=repeat(2)",
            "sampler=tpe",
            "sampler.enqueue=[{x:0.25},{x:0.5}]",
            "budget.trials=4",
        ],
    )
    toy.run(sweep)
    made = candidates(toy, sweep)
    assert [json.loads(choice)["x"] for choice, _ in made[:2]] == [0.25, 0.5]
    assert [len(json.loads(trials)) for _, trials in made] == [2, 2, 2, 2]
    assert toy.states(sweep) == {TrialState.SUCCEEDED: 8}


@pytest.mark.slow
def test_a_search_learns_from_an_earlier_sweep(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    first = plan(toy, [*WORDS, "budget.trials=8"])
    toy.run(first)
    words = [*WORDS, "budget.trials=3", "sampler.seed=1"]
    cold, warm = plan(toy, words), plan(toy, [*words, f"sampler.warm_start={first}"])
    assert cold != warm
    toy.run(cold)
    toy.run(warm)
    # The model is past its random start: with the same seed it proposes something else.
    assert candidates(toy, cold) != candidates(toy, warm)


@pytest.mark.slow
def test_a_plan_says_how_many_trials_of_a_warm_start_fit(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    first = plan(toy, [*WORDS[:-1], "budget.trials=4"])
    toy.run(first)
    with queries.reader(toy.project.ledger) as db:
        xs = sorted(row.params["x"] for row in queries.runs_of_sweep(db, first))
    rest = [*WORDS[2:-1], "budget.trials=2", f"sampler.warm_start={first}"]
    half = make_plan(toy.project, ["conf=dry", f"x=interval(0,{(xs[1] + xs[2]) / 2})", *rest])
    fits = [{"sweep": first, "trials": 4, "fit": 2}]
    found = preview(toy.project, half, quote=Quote(1))
    assert found["search"]["warm_start_fit"] == fits
    assert f"warm start from {first[:10]} (2 of 4 trials fit)" in plan_text(found)
    assert list(useless_warm_starts(fits)) == []
    with Ledger.open(toy.project.ledger) as ledger:
        half.record(ledger, {})
    plan(toy, [*WORDS[:-1], "budget.trials=6"])
    toy.run(first)
    again = make_plan(toy.project, half.spec["words"])
    assert again.sweep == half.sweep
    assert again.spec["search"]["warm_start_fit"] == fits
    other = make_plan(toy.project, ["conf=dry", "x=interval(1,2)", *rest])
    none = other.spec["search"]["warm_start_fit"]
    assert none == [{"sweep": first, "trials": 6, "fit": 0}]
    (warning,) = useless_warm_starts(none)
    assert warning.startswith(f"0 of 6 trials of {first[:10]} fit")
    (warning,) = useless_warm_starts([{"sweep": first, "trials": 0, "fit": 0}])
    assert warning.startswith(f"no trial of {first[:10]} has a result yet")


@pytest.mark.slow
def test_a_dry_run_of_a_search_that_is_known_says_what_is_to_go(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    words = [*WORDS, "seed=repeat(2)"]
    first = plan(toy, [*words, "budget.trials=3"])
    toy.run(first)

    def dry(*more: str) -> dict[str, Any]:
        return preview(toy.project, make_plan(toy.project, [*words, *more]), quote=Quote(2))

    done = dry("budget.trials=3")
    assert (done["sweep"], done["trials"], done["to_run"], done["kept"]) == (first, 6, 0, 6)
    assert done["search"]["proposed"] == 3
    assert "3 candidates of 2 repetitions: 3 proposed before, 0 to go, 6 already" in plan_text(done)
    assert "nothing is left to run" in plan_text(done)
    more = dry("budget.trials=5")
    assert (more["trials"], more["to_run"], more["estimate"]["trials"]) == (10, 4, 4)
    assert "3 proposed before, 2 to go, 6 already done" in plan_text(more)
    assert "\nat most about " in plan_text(more)
    assert dry("budget.hours=1")["to_run"] is None
    assert "allows: 3 proposed before, 6 already done" in plan_text(dry("budget.hours=1"))
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.db.execute("UPDATE trial SET state = 'pending' WHERE rowid = 1")
    open_again = dry("budget.trials=5")
    assert (open_again["to_run"], open_again["kept"]) == (5, 5)
    assert "2 to go, 1 trial to finish, 5 already done" in plan_text(open_again)
    plain = make_plan(toy.project, [*words[:-2], "stopper=none", "budget.trials=5"])
    unknown = preview(toy.project, plain, quote=Quote(2))
    assert unknown["search"]["proposed"] == 0
    assert "\nabout " in plan_text(unknown)


@pytest.mark.slow
def test_resuming_a_search_that_was_stopped_between_two_candidates_goes_on(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    sweep = plan(toy, [*WORDS, "budget.trials=5"])
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.request_stop(sweep, "ada")
    toy.run(sweep)
    assert toy.sweep_state(sweep) == "stopped"
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.resume(sweep, "ada")
        assert not ledger.end_if_complete(sweep)
    toy.run(sweep)
    assert len(candidates(toy, sweep)) == 5
    assert toy.sweep_state(sweep) == "done"


@pytest.mark.slow
def test_what_an_earlier_sweep_finds_later_does_not_change_what_is_proposed(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    first = plan(toy, [*WORDS, "budget.trials=4"])
    toy.run(first)
    warm = [*WORDS, "sampler.seed=1", f"sampler.warm_start={first}"]
    sweep = plan(toy, [*warm, "budget.trials=2"])
    plan(toy, [*WORDS, "budget.trials=6"])
    toy.run(first)
    with Ledger.open(toy.project.ledger) as ledger:
        row = queries.sweep(ledger.db, sweep)
        assert row is not None
        found, _ = assemble(ledger.db, sweep, row.spec, toy.project.root)
    assert found._warm == 4


@pytest.mark.slow
def test_a_search_that_cannot_see_its_metric_is_given_up_and_says_why(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    words = ["conf=dry", "x=interval(0,1)", "metric=val_ac", "budget.trials=30", "executor.slots=1"]
    sweep = plan(toy, words)
    with pytest.raises(AgilError, match=r"none logged `val_ac`.*loss, val_acc"):
        toy.run(sweep)
    assert toy.sweep_state(sweep) == "stopped"
    assert toy.states(sweep)[TrialState.SUCCEEDED] <= 4


@pytest.mark.slow
def test_repetitions_that_wilcoxon_gives_up_do_not_run_to_their_end(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    words = ["conf=dry", "x=interval(0,1)", "seed=repeat(8)", "stopper=wilcoxon", "steps=2"]
    words += ["sampler.enqueue=[{x:0},{x:1}]", "budget.trials=2", "executor.slots=2", "sleep=0.1"]
    sweep = plan(toy, words)
    toy.run(sweep)
    states = toy.states(sweep)
    assert states[TrialState.SUCCEEDED] < 16
    assert sum(states.values()) == 16
    with queries.reader(toy.project.ledger) as db:
        reasons = db.execute("SELECT reason FROM trial WHERE state = 'cancelled'").fetchall()
        pruned = db.execute("SELECT reason FROM decision").fetchall()
    assert len(reasons) + len(pruned) == 16 - states[TrialState.SUCCEEDED]
    assert all(reason.startswith("wilcoxon: ") for (reason,) in reasons)


@pytest.mark.slow
def test_a_search_in_which_everything_fails_is_given_up_and_retried_on_request(
    tmp_path: Path,
) -> None:
    toy = Toy(tmp_path)
    words = ["conf=dry", "x=interval(0,1)", "fail_at=0", "budget.trials=30", "executor.slots=1"]
    sweep = plan(toy, words)
    toy.run(sweep)
    assert toy.sweep_state(sweep) == "stopped"
    failed = toy.states(sweep)[TrialState.FAILED]
    assert 5 <= failed <= 6
    made = make_plan(toy.project, words)
    with Ledger.open(toy.project.ledger) as ledger:
        planned = made.record(ledger, {}, retry=True)
    assert len(planned.reopened) >= failed
