from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.ledger.ledger import Ledger
from agilml.model import TrialState
from agilml.sweep.plan import make_plan
from agilml.sweep.search.assemble import assemble
from tests.sweep.toy import Toy

pytest.importorskip("optuna")

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
