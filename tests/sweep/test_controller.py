from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from agilml.errors import StaleWrite
from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, SweepState, TrialState
from tests.sweep.toy import Toy


def test_every_trial_runs_once_and_its_values_are_in_the_ledger(toy: Toy) -> None:
    toy.plan(range(6), config={"steps": 3})
    toy.run()

    assert {TrialState.SUCCEEDED: 6} == toy.states()
    assert SweepState.DONE == toy.sweep_state()
    assert {f"t-{x}": x + 0.02 for x in range(6)} == {
        run.run: run.metrics["val_acc"] for run in toy.runs()
    }
    assert sorted(f"done {x}" for x in range(6)) == sorted(
        line for line in toy.diary_lines() if line.startswith("done")
    )


def test_a_trial_leaves_at_most_four_files(toy: Toy) -> None:
    toy.plan([1])
    toy.run()

    (folder,) = toy.project.runs.iterdir()
    assert folder.name.startswith("t-1.1-")
    assert ["events.jsonl", "log.txt"] == sorted(path.name for path in folder.iterdir())


def test_a_recipe_that_raises_fails_its_trial_and_no_other(toy: Toy) -> None:
    toy.plan(range(3), config={"fail_at": 1})
    toy.run()

    bad = toy.runs()[1]
    assert {TrialState.SUCCEEDED: 2, TrialState.FAILED: 1} == toy.states()
    assert ("user", "ValueError: boom at 1") == (bad.cause, bad.error)
    assert "ValueError: boom at 1" in (toy.project.state / str(bad.folder) / "log.txt").read_text()


def test_a_failing_trial_gets_as_many_attempts_as_it_may_have(toy: Toy) -> None:
    toy.plan([1], attempts={"max": 3}, config={"fail_at": 1})
    toy.run()

    assert ["failed"] * 3 == [attempt.state for attempt in toy.attempts("t-1")]
    assert {TrialState.FAILED: 1} == toy.states()


def test_a_recipe_that_cannot_be_imported_ends_the_sweep_at_once(project: Path) -> None:
    toy = Toy(project, recipe="import a_package_that_is_not_there\n")
    toy.plan(range(50), slots=2)
    toy.run()

    assert SweepState.STOPPED == toy.sweep_state()
    assert 48 == toy.states()[TrialState.CANCELLED]
    assert "a_package_that_is_not_there" in str(toy.runs()[0].error)


def test_the_same_plan_again_keeps_what_succeeded(toy: Toy) -> None:
    toy.plan([1, 2])
    toy.run()
    again = toy.plan([1, 2, 3], sweep="s-more")
    toy.run("s-more")

    assert (["t-3"], ["t-1", "t-2"]) == (again.new, again.kept)
    assert 1 == toy.diary_lines().count("done 1")
    assert {TrialState.SUCCEEDED: 3} == toy.states("s-more")


@pytest.mark.slow
def test_rerun_and_retry_reopen_what_had_ended(toy: Toy) -> None:
    toy.plan([1, 2], config={"fail_at": 1})
    toy.run()
    assert ["t-1"] == toy.plan([1, 2]).failed

    assert ["t-1"] == toy.plan([1, 2], retry=True).reopened
    toy.run()
    assert 2 == len(toy.attempts("t-1"))

    assert ["t-1", "t-2"] == toy.plan([1, 2], rerun=True).reopened
    toy.run()
    assert 2 == len(toy.attempts("t-2"))


@pytest.mark.slow
def test_a_killed_controller_takes_its_trials_along_and_a_new_one_finishes(toy: Toy) -> None:
    toy.plan(range(4), config={"steps": 15, "sleep": 0.05, "checkpoint": True})
    with toy.start() as process:
        toy.wait_for("step 0 5")
        process.kill()
    time.sleep(0.2)
    before = toy.diary_lines()
    time.sleep(0.3)
    assert before == toy.diary_lines()

    toy.run()

    assert {TrialState.SUCCEEDED: 4} == toy.states()
    steps = [line for line in toy.diary_lines() if line.startswith("step")]
    again = {line: steps.count(line) - 1 for line in steps if steps.count(line) > 1}
    assert max(again.values(), default=0) <= 1
    assert all(sum(line.split()[1] == str(x) for line in again) <= 1 for x in range(4))
    lost = toy.attempts("t-0")[0]
    assert ("lost", "controller") == (lost.state, lost.cause)


@pytest.mark.slow
def test_the_curve_of_a_resumed_trial_has_every_step_once(toy: Toy) -> None:
    toy.plan([0], config={"steps": 12, "sleep": 0.05, "checkpoint": True})
    with toy.start() as process:
        toy.wait_for("step 0 6")
        process.kill()
    toy.run()

    run = toy.runs()[0]
    with queries.reader(toy.project.ledger) as db:
        points = queries.curve(db, str(run.attempt), "val_acc")
    assert [(step, step / 100) for step in range(12)] == [
        (step, value) for step, value, _ in points
    ]
    assert (0.11, 11) == (run.best, run.best_step)


def test_work_that_finished_while_no_controller_lived_is_kept(toy: Toy) -> None:
    toy.plan([7])
    with Ledger.open(toy.project.ledger) as ledger:
        control = Control.take(ledger, "s-toy", "a-host-that-is-gone", 1)
        with control.turn() as turn:
            lease = turn.lease("t-7", "local:0", "runs")
    assert lease is not None
    folder = toy.project.state / lease.folder
    folder.mkdir(parents=True)
    start = {"e": "start", "pid": 1, "pid_started": 0, "isolation": "fork", "start_ms": 1.0}
    point = {"e": "log", "t": 0.1, "step": 0, "m": {"val_acc": 0.7}}
    end = {"e": "end", "state": "succeeded", "cause": None, "error": None}
    (folder / "events.jsonl").write_text("".join(json.dumps(x) + "\n" for x in (start, point, end)))

    toy.run()

    assert {TrialState.SUCCEEDED: 1} == toy.states()
    assert {"val_acc": 0.7} == dict(toy.runs()[0].metrics)
    assert [] == toy.diary_lines()


def test_a_controller_that_was_fenced_off_writes_nothing_more(toy: Toy) -> None:
    toy.plan([1])
    with Ledger.open(toy.project.ledger) as ledger:
        old = Control.take(ledger, "s-toy", "here", 1)
        Control.take(ledger, "s-toy", "there", 2)
        with pytest.raises(StaleWrite), old.turn() as turn:
            turn.lease("t-1", "local:0", "runs")
    assert {TrialState.PENDING: 1} == toy.states()


def test_a_late_result_is_refused_and_written_down(toy: Toy) -> None:
    toy.plan([1])
    with Ledger.open(toy.project.ledger) as ledger:
        control = Control.take(ledger, "s-toy", "here", 1)
        with control.turn() as turn:
            first = turn.lease("t-1", "local:0", "runs")
            assert first is not None
            turn.ended(first, AttemptState.LOST, TrialState.PENDING)
        with control.turn() as turn:
            second = turn.lease("t-1", "local:1", "runs")
            assert second is not None
            assert not turn.metrics(first, 100, {"val_acc": [[0], [0.9], [0.1]]})
            assert not turn.ended(first, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
        refused = ledger.db.execute(
            "SELECT count(*) FROM fact WHERE kind = 'late.refused'"
        ).fetchone()
        assert verify_chain(ledger.db, ledger.origin) > 0
    assert second.fence > first.fence
    assert (2,) == refused
    assert {TrialState.RUNNING: 1} == toy.states()


@pytest.mark.slow
def test_two_controllers_for_one_sweep_run_nothing_twice(toy: Toy) -> None:
    toy.plan(range(10), config={"sleep": 0.05})
    processes = [toy.start() for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.read()
        process.wait()
        process.stdout.close()

    assert {TrialState.SUCCEEDED: 10} == toy.states()
    assert 10 == sum(line.startswith("start") for line in toy.diary_lines())


@pytest.mark.slow
def test_a_stop_request_ends_the_sweep_and_resume_finishes_it(toy: Toy) -> None:
    toy.plan(range(4), config={"steps": 40, "sleep": 0.05, "checkpoint": True})
    with toy.start() as process:
        toy.wait_for("step 0 3")
        with Ledger.open(toy.project.ledger) as ledger:
            ledger.request_stop("s-toy", "ada")
        assert 0 == process.wait(20)
    assert SweepState.STOPPED == toy.sweep_state()
    assert {TrialState.CANCELLED: 4} == toy.states()

    with Ledger.open(toy.project.ledger) as ledger:
        assert 4 == len(ledger.resume("s-toy", "ada"))
    toy.run()
    assert {TrialState.SUCCEEDED: 4} == toy.states()
    assert 1 == toy.diary_lines().count("step 0 1")


@pytest.mark.slow
def test_one_run_can_be_cancelled_while_others_go_on(toy: Toy) -> None:
    toy.plan([0, 1], config={"steps": 30, "sleep": 0.05})
    with toy.start() as process:
        toy.wait_for("step 0 2")
        with Ledger.open(toy.project.ledger) as ledger:
            ledger.request_cancel("t-0", "ada")
        process.wait(20)

    assert ["cancelled", "succeeded"] == [run.state for run in toy.runs()]


@pytest.mark.slow
def test_a_controller_asked_to_leave_loses_nothing(toy: Toy) -> None:
    toy.plan([0], config={"steps": 30, "sleep": 0.05, "checkpoint": True})
    with toy.start() as process:
        toy.wait_for("step 0 3")
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    assert {TrialState.PENDING: 1} == toy.states()
    toy.run()
    assert {TrialState.SUCCEEDED: 1} == toy.states()
    assert 1 == toy.diary_lines().count("step 0 1")


@pytest.mark.slow
def test_a_worker_killed_from_outside_is_tried_again_and_not_counted(toy: Toy) -> None:
    toy.plan([0], attempts={"max": 1}, config={"steps": 20, "sleep": 0.05, "checkpoint": True})
    with toy.start() as process:
        toy.wait_for("step 0 3")
        time.sleep(0.4)
        os.kill(int(str(toy.attempts("t-0")[0].pid)), signal.SIGKILL)
        process.wait(20)

    assert [("lost", "node"), ("succeeded", None)] == [
        (attempt.state, attempt.cause) for attempt in toy.attempts("t-0")
    ]


@pytest.mark.slow
def test_a_stopped_worker_is_noticed_killed_and_tried_again(toy: Toy) -> None:
    toy.plan([0], beat_seconds=0.2, config={"steps": 20, "sleep": 0.05, "checkpoint": True})
    with toy.start() as process:
        toy.wait_for("step 0 3")
        time.sleep(0.4)
        os.kill(int(str(toy.attempts("t-0")[0].pid)), signal.SIGSTOP)
        process.wait(30)

    assert [("lost", "stuck"), ("succeeded", None)] == [
        (attempt.state, attempt.cause) for attempt in toy.attempts("t-0")
    ]


@pytest.mark.slow
def test_a_trial_over_its_time_fails_with_that_cause(toy: Toy) -> None:
    toy.plan([0], attempts={"max": 1, "timeout_minutes": 0.01}, config={"steps": 99, "sleep": 0.1})
    toy.run()

    assert [("failed", "timeout")] == [(a.state, a.cause) for a in toy.attempts("t-0")]


@pytest.mark.slow
def test_a_killed_template_costs_its_trials_one_attempt(toy: Toy) -> None:
    toy.plan([0], config={"steps": 20, "sleep": 0.05, "checkpoint": True})
    with toy.start() as process:
        toy.wait_for("step 0 3")
        time.sleep(0.4)
        pid = int(str(toy.attempts("t-0")[0].pid))
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(parent, signal.SIGKILL)
        process.wait(30)

    assert {TrialState.SUCCEEDED: 1} == toy.states()
    assert 2 == len(toy.attempts("t-0"))


@pytest.mark.slow
def test_a_flood_of_output_is_capped(toy: Toy) -> None:
    (toy.project.root / "recipes" / "toy.py").write_text(
        "import time\n"
        "def train(cfg, run):\n"
        "    line = 'x' * 1023\n"
        "    for i in range(20):\n"
        "        for _ in range(1024): print(line)\n"
        "        time.sleep(0.1)\n"
        "    print('the end')\n"
    )
    toy.plan([0])
    toy.run()

    (folder,) = toy.project.runs.glob("t-0.1-*")
    assert sum(path.stat().st_size for path in folder.iterdir()) < 10 << 20
    assert (folder / "log.txt").read_text().endswith("the end\n")
    assert {TrialState.SUCCEEDED: 1} == toy.states()


def test_what_a_recipe_leaves_running_ends_with_it(toy: Toy) -> None:
    (toy.project.root / "recipes" / "toy.py").write_text(
        "import subprocess\n"
        "def train(cfg, run):\n"
        "    child = subprocess.Popen(['sleep', '60'])\n"
        "    run.log(child=child.pid)\n"
    )
    toy.plan([0])
    toy.run()

    pid = int(toy.runs()[0].metrics["child"])
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()


def test_a_recipe_with_threads_runs_in_a_fresh_process(toy: Toy) -> None:
    (toy.project.root / "recipes" / "toy.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()\n"
        "def train(cfg, run):\n"
        "    run.log(val_acc=1.0)\n"
    )
    toy.plan([0, 1])
    toy.run()

    assert {TrialState.SUCCEEDED: 2} == toy.states()
    assert "spawn" == toy.attempts("t-0")[0].isolation


@pytest.mark.slow
def test_a_rerun_starts_from_the_beginning(toy: Toy) -> None:
    toy.plan([1], config={"steps": 3, "checkpoint": True})
    toy.run()
    toy.plan([1], config={"steps": 3, "checkpoint": True}, rerun=True)
    toy.run()
    assert 2 == toy.diary_lines().count("step 1 0")


@pytest.mark.slow
def test_a_stopped_sweep_leaves_the_trials_that_another_one_wants(toy: Toy) -> None:
    toy.plan([1, 2])
    toy.plan([2, 3], sweep="s-other")
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.request_stop("s-toy", "ada")
    toy.run()
    assert SweepState.STOPPED == toy.sweep_state()
    assert ["cancelled", "pending"] == [run.state for run in toy.runs()]
    toy.run("s-other")
    assert {TrialState.SUCCEEDED: 2} == toy.states("s-other")


@pytest.mark.slow
def test_a_sweep_asked_for_again_after_a_stop_goes_on(toy: Toy) -> None:
    toy.plan([1, 2])
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.request_stop("s-toy", "ada")
    toy.run()
    toy.plan([1, 2], sweep="s-other")
    toy.plan([1, 2])
    toy.run()
    assert {TrialState.SUCCEEDED: 2} == toy.states()


def test_a_sweep_with_new_work_is_not_called_done(toy: Toy) -> None:
    toy.plan([1])
    with Ledger.open(toy.project.ledger) as ledger:
        control = Control.take(ledger, "s-toy", "here", 1)
        with control.turn() as turn:
            assert not turn.finish(SweepState.DONE)
    assert SweepState.RUNNING == toy.sweep_state()


def test_to_stop_what_has_ended_changes_nothing(toy: Toy) -> None:
    toy.plan([1])
    toy.run()
    with Ledger.open(toy.project.ledger) as ledger:
        assert not ledger.request_stop("s-toy", "ada")
    assert SweepState.DONE == toy.sweep_state()


def test_a_cancel_that_nobody_heard_is_obeyed_on_resume(toy: Toy) -> None:
    toy.plan([1])
    with Ledger.open(toy.project.ledger) as ledger:
        control = Control.take(ledger, "s-toy", "gone", 1)
        with control.turn() as turn:
            turn.lease("t-1", "local:0", "runs")
        ledger.request_cancel("t-1", "ada")
    toy.run()
    assert {TrialState.CANCELLED: 1} == toy.states()
    assert [] == toy.diary_lines()


@pytest.mark.slow
def test_a_module_that_ends_the_process_ends_the_sweep(project: Path) -> None:
    toy = Toy(project, recipe="import os\nos._exit(3)\n")
    toy.plan(range(3))
    toy.run()
    assert SweepState.STOPPED == toy.sweep_state()
    assert any("ended the process" in str(run.error) for run in toy.runs())


@pytest.mark.slow
def test_a_module_that_never_finishes_importing_can_be_stopped(project: Path) -> None:
    toy = Toy(project, recipe="import time\ntime.sleep(3600)\n")
    toy.plan([1])
    with toy.start() as process:
        time.sleep(0.7)
        with Ledger.open(toy.project.ledger) as ledger:
            ledger.request_stop("s-toy", "ada")
        assert 0 == process.wait(20)
    assert SweepState.STOPPED == toy.sweep_state()


def test_a_fresh_process_that_exits_while_importing_has_failed(project: Path) -> None:
    toy = Toy(project, recipe="import sys\nsys.exit(0)\n")
    toy.plan([1], isolation="spawn")
    toy.run()
    assert {TrialState.FAILED: 1} == toy.states()


def test_a_seed_may_come_from_the_environment(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SEED", "17")
    (toy.project.root / "recipes" / "toy.py").write_text(
        "def train(cfg, run):\n    run.log(seed=run.seed)\n"
    )
    toy.plan([1], config={"seed": "${oc.env:MY_SEED}"})
    toy.run()
    assert {"seed": 17} == dict(toy.runs()[0].metrics)


@pytest.mark.slow
def test_warnings_are_recorded_once_whoever_reads_them(toy: Toy) -> None:
    (toy.project.root / "recipes" / "toy.py").write_text(
        "import time\n"
        "def train(cfg, run):\n"
        "    run.warn('odd')\n"
        "    open(cfg.diary, 'a').write('warned\\n')\n"
        "    time.sleep(2)\n"
    )
    toy.plan([1])
    with toy.start() as process:
        toy.wait_for("warned")
        time.sleep(1.6)
        process.kill()
    toy.run()
    with queries.reader(toy.project.ledger) as db:
        found = db.execute("SELECT attempt, count(*) FROM warning GROUP BY 1").fetchall()
    assert {1} == {n for _, n in found}


def test_a_signal_between_the_last_word_and_the_end_of_a_trial_changes_nothing(
    tmp_path: Path,
) -> None:
    late = """
import os, signal
from agilml.worker.spool import SpoolWriter

def train(cfg, run):
    run.log(val_acc=1.0)
    sync = SpoolWriter.sync
    def slow(spool):
        os.kill(os.getpid(), signal.SIGTERM)
        sync(spool)
    SpoolWriter.sync = slow
"""
    toy = Toy(tmp_path, late)
    toy.plan([1])
    toy.run()
    assert {TrialState.SUCCEEDED: 1} == toy.states()
    assert len(toy.attempts("t-1")) == 1
