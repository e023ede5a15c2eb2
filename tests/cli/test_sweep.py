"""`agil sweep` and its companions, typed as a person types them, with wrong input too."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agilml.sweep.liveness import controller_pid

THREE_LINES = re.compile(r"error: .+\n kept: .+\n next: .+")
Type = Callable[..., "subprocess.CompletedProcess[str]"]

TOY = """
import time
def train(cfg, run):
    state = run.resume()
    for step in run.steps(cfg.steps):
        run.log(step=step, val_acc=cfg.x)
        run.checkpoint(step=step, n=step)
        time.sleep(cfg.sleep)
"""
CONF = "recipe: toy\nmetric: val_acc\nmode: max\nseed: 0\nx: 0.0\nsteps: 1\nsleep: 0.0\n"


@pytest.fixture
def toy(project: Path) -> Path:
    """Return a project with a recipe that does nothing, at a chosen speed."""
    (project / "recipes" / "toy.py").write_text(TOY)
    (project / "conf" / "toy.yaml").write_text(f"defaults: [_base, _self_]\n{CONF}")
    return project


@pytest.fixture
def agil(toy: Path) -> Type:
    """Return a function that types `agil …` without a terminal and waits for its end."""

    def type_it(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "agilml", *words],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **env},
            timeout=120,
            check=False,
        )

    return type_it


def begin(*words: str) -> subprocess.Popen[str]:
    """Type `agil …` and do not wait."""
    return subprocess.Popen(
        [sys.executable, "-m", "agilml", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def runs(agil: Type) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(agil("runs", "--json").stdout)
    return found


def wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"{text!r} was not said")


@pytest.mark.slow
def test_a_sweep_says_at_most_a_line_per_trial_and_ends_with_a_table(agil: Type) -> None:
    said = agil("sweep", "conf=toy", "x=1,2,3")
    assert 0 == said.returncode, said.stderr
    assert len(said.stderr.splitlines()) <= 3 + 2
    assert "3 succeeded" in said.stdout
    assert {3.0, 2.0, 1.0} == {run["metrics"]["val_acc"] for run in runs(agil)}  # type: ignore[index]


@pytest.mark.slow
def test_the_same_line_again_runs_nothing(agil: Type) -> None:
    agil("sweep", "conf=toy", "x=1,2")
    again = agil("sweep", "conf=toy", "x=1,2")
    more = agil("sweep", "conf=toy", "x=1,2,3")
    assert 0 == again.returncode == more.returncode
    assert [1, 1, 1] == [run["attempts"] for run in runs(agil)]
    assert "2 already done" in more.stderr or "kept=2" in more.stderr


@pytest.mark.slow
def test_another_order_of_words_is_the_same_sweep(agil: Type) -> None:
    first = agil("sweep", "conf=toy", "x=1,2", "seed=3", "--dry-run", "--json")
    other = agil("sweep", "--json", "seed=3", "--dry-run", "x=2.0,1.0", "conf=toy")
    assert json.loads(first.stdout)["sweep"] == json.loads(other.stdout)["sweep"]


@pytest.mark.slow
def test_editing_the_recipe_makes_other_trials_and_a_readme_does_not(agil: Type, toy: Path) -> None:
    before = json.loads(agil("sweep", "conf=toy", "--dry-run", "--json").stdout)["sweep"]
    (toy / "README.md").write_text("hello\n")
    assert before == json.loads(agil("sweep", "conf=toy", "--dry-run", "--json").stdout)["sweep"]
    (toy / "recipes" / "toy.py").write_text(TOY + "\n# another thought\n")
    assert before != json.loads(agil("sweep", "conf=toy", "--dry-run", "--json").stdout)["sweep"]


@pytest.mark.slow
def test_each_trial_is_identified_by_the_code_of_its_own_recipe(agil: Type, toy: Path) -> None:
    (toy / "recipes" / "other.py").write_text(TOY)
    (toy / "conf" / "other.yaml").write_text(
        f"defaults: [_base, _self_]\n{CONF.replace('recipe: toy', 'recipe: other')}"
    )

    def ids() -> dict[str, str]:
        plan = json.loads(agil("sweep", "conf=toy,other", "--dry-run", "--json").stdout)
        return {run["params"]["conf"]: run["run"] for run in plan["runs"]}

    before = ids()
    (toy / "recipes" / "other.py").write_text(TOY + "\n# another thought\n")
    after = ids()
    assert before["toy"] == after["toy"]
    assert before["other"] != after["other"]
    alone = json.loads(agil("sweep", "conf=other", "--dry-run", "--json").stdout)
    assert after["other"] == alone["runs"][0]["run"]


@pytest.mark.slow
def test_runs_that_are_judged_by_different_metrics_are_no_sweep(agil: Type, toy: Path) -> None:
    (toy / "conf" / "other.yaml").write_text("defaults: [toy, _self_]\nmetric: val_r2\nx: 5.0\n")
    said = agil("sweep", "conf=toy,other")
    assert 2 == said.returncode
    assert "share one `metric`" in said.stderr
    assert 0 == agil("sweep", "conf=toy,other", "metric=val_acc").returncode


@pytest.mark.slow
def test_a_warm_start_of_which_nothing_fits_is_a_warning(agil: Type, toy: Path) -> None:
    assert 0 == agil("sweep", "conf=toy", "x=1,2", "-q").returncode
    assert 0 == agil("tag", "latest", "first").returncode
    words = ("conf=toy", "x=interval(5,6)", "sampler.warm_start=first", "budget.trials=1")
    for more in ("--dry-run", "-q"):
        said = agil("sweep", *words, more)
        assert said.returncode == 0, said.stderr
        assert "warning: 0 of 2 trials of s-" in said.stderr
    assert agil("sweep", "conf=toy", "x=interval(0,6)", *words[2:], "--dry-run").stderr == ""
    moving = agil("sweep", *words[:2], "sampler.warm_start=latest", "--dry-run")
    assert moving.returncode == 2
    assert "next: name a sweep: s-… or a tag" in moving.stderr


@pytest.mark.slow
def test_a_dry_run_starts_and_writes_nothing(agil: Type, toy: Path) -> None:
    said = agil("sweep", "conf=toy", "x=1,2", "--dry-run")
    assert 0 == said.returncode, said.stderr
    assert "nothing was started" in said.stdout
    assert not (toy / ".agil").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["conf=tyo"], 2, "did you mean `toy`"),
        (["x=1"], 2, "conf="),
        (["conf=toy", "xx=1"], 2, "did you mean `x`"),
        (["conf=toy", "x=fast"], 2, "is a number"),
        (["conf=toy", "steps=1.5"], 2, "steps"),
        (["conf=toy", "executor=locl"], 2, "local"),
        (["conf=toy", "executor.isolation=magic"], 2, "isolation"),
        (["conf=toy", "executor.resources.gpus=64"], 2, "asks for more GPUs"),
        (["conf=toy", "x=interval(0,1)", "sampler=grid"], 2, "open range"),
        (["conf=toy", "x=interval(0,1)", "sampler=random", "budget.hours=1"], 2, "how many"),
        (["conf=toy", "mode=best"], 2, "mode is"),
        (["conf=toy", "recipe=tory"], 2, "did you mean `toy`"),
        (["conf=toy", "recipe=os:system"], 2, "no recipe"),
        (["conf=toy", "attempts.max=0"], 2, "attempts.max"),
        (["conf=toy", "budget.hours=-1"], 2, "budget.hours"),
        (["conf=toy", "executor.slots=0"], 2, "executor.slots"),
        (["conf=toy", "x=[1,2"], 2, ""),
        (["conf=toy", "x"], 2, ""),
        (["conf=toy", "=1"], 2, ""),
        (["conf=toy", "budget.trials=1", "x=1,2"], 2, "budget.trials"),
        (["conf=toy", "--no-such-flag"], 2, "--no-such-flag"),
    ],
)
def test_wrong_words_are_refused_before_anything_starts(
    agil: Type, toy: Path, words: list[str], code: int, said: str
) -> None:
    answer = agil("sweep", *words)
    assert code == answer.returncode, answer.stderr
    assert THREE_LINES.search(answer.stderr), answer.stderr
    assert said in answer.stderr
    assert not (toy / ".agil" / "ledger.db").exists()


@pytest.mark.slow
def test_run_takes_one_configuration_only(agil: Type) -> None:
    assert 2 == agil("run", "conf=toy", "x=1,2").returncode
    assert 0 == agil("run", "conf=toy", "x=2").returncode
    assert [2.0] == [run["params"]["x"] for run in runs(agil)]  # type: ignore[index]


@pytest.mark.slow
def test_failed_trials_end_in_4_and_retry_runs_them_again(agil: Type, toy: Path) -> None:
    (toy / "recipes" / "toy.py").write_text("def train(cfg, run):\n    1 / (cfg.x - 1)\n")
    said = agil("sweep", "conf=toy", "x=1,2")
    assert 4 == said.returncode
    assert "ZeroDivisionError" in said.stdout + said.stderr
    assert 4 == agil("sweep", "conf=toy", "x=1,2").returncode
    assert 0 == agil("sweep", "conf=toy", "x=1,2", "--allow-failed").returncode
    assert [1, 1] == [run["attempts"] for run in runs(agil)]
    assert 4 == agil("sweep", "conf=toy", "x=1,2", "--retry").returncode
    assert [1, 2] == sorted(run["attempts"] for run in runs(agil))  # type: ignore[type-var]


@pytest.mark.slow
def test_hostile_text_from_a_recipe_reaches_no_screen_as_it_is(agil: Type, toy: Path) -> None:
    (toy / "recipes" / "toy.py").write_text(
        "def train(cfg, run):\n"
        "    run.log({'\\x1b[31mred': 1.0, 'x' * 10_000: 2.0, '[/b]': float('nan')}, step=0)\n"
        "    run.log(bad=1 + 2j, val_acc=float('nan'))\n"
        "    print('\\x1b]52;c;aGk=\\x07')\n"
        "    raise ValueError('\\x1b[2J gone')\n"
    )
    said = agil("sweep", "conf=toy")
    shown = "".join(
        agil(*words).stdout for words in (["show", "latest"], ["runs"], ["logs", "latest"])
    )
    for text in (said.stdout, said.stderr, shown):
        assert "\x1b" not in text
        assert "\x07" not in text
    assert 4 == said.returncode
    assert "'bad' was left out" in agil("show", str(runs(agil)[0]["run"])).stdout


@pytest.mark.slow
def test_a_sweep_without_a_conf_folder_uses_the_packaged_ones(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "conf").rmdir()
    done = subprocess.run(
        [sys.executable, "-m", "agilml", "sweep", "conf=dry", "x=1"],
        capture_output=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr


def test_a_state_folder_that_cannot_be_written_is_an_error_that_says_what_helps(agil: Type) -> None:
    done = agil("sweep", "conf=toy", AGIL_STATE="/proc/agil")
    assert 1 == done.returncode, done.stderr
    assert "cannot be written" in done.stderr
    assert THREE_LINES.search(done.stderr)


@pytest.mark.slow
def test_interval_with_the_random_sampler_draws_as_many_as_the_budget(agil: Type) -> None:
    words = ("conf=toy", "x=interval(1,2)", "sampler=random", "budget.trials=4")
    assert 0 == agil("sweep", *words).returncode
    drawn = [run["params"]["x"] for run in runs(agil)]  # type: ignore[index]
    assert 4 == len(set(drawn))
    assert all(1 <= x <= 2 for x in drawn)
    assert 0 == agil("sweep", *words).returncode
    assert 4 == len(runs(agil))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_without_a_terminal_a_signal_stops_the_sweep_cleanly(
    agil: Type, toy: Path, name: str
) -> None:
    process = begin("sweep", "conf=toy", "x=1,2,3", "steps=200", "sleep=0.05")
    wait_for_line(process, "plan")
    time.sleep(1.0)
    process.send_signal(getattr(signal, name))
    _, err = process.communicate(timeout=30)
    assert 130 == process.returncode, err
    assert {"cancelled"} == {run["state"] for run in runs(agil)}
    assert "stopped" == json.loads(agil("show", "latest", "--json").stdout)["state"]


@pytest.mark.slow
def test_a_closed_terminal_does_not_touch_the_sweep(agil: Type) -> None:
    process = begin("sweep", "conf=toy", "x=1,2,3", "steps=20", "sleep=0.05")
    wait_for_line(process, "plan")
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert 0 == agil("watch").returncode
    assert {"succeeded"} == {run["state"] for run in runs(agil)}


@pytest.mark.slow
def test_a_sweep_that_is_started_twice_runs_once(agil: Type) -> None:
    both = [begin("sweep", "conf=toy", "x=1,2,3,4", "steps=5", "sleep=0.05") for _ in range(3)]
    for process in both:
        _, err = process.communicate(timeout=60)
        assert 0 == process.returncode, err
    assert [1, 1, 1, 1] == [run["attempts"] for run in runs(agil)]


@pytest.mark.slow
def test_detach_stop_and_resume(agil: Type, toy: Path) -> None:
    said = agil("sweep", "conf=toy", "x=1,2", "steps=60", "sleep=0.05", "--detach")
    sweep = said.stdout.strip()
    assert 0 == said.returncode, said.stderr
    assert sweep.startswith("s-")
    assert controller_pid(toy / ".agil" / "sweeps" / sweep) is not None
    time.sleep(1.0)
    assert 0 == agil("stop", sweep).returncode
    assert controller_pid(toy / ".agil" / "sweeps" / sweep) is None
    assert {"cancelled"} == {run["state"] for run in runs(agil)}
    assert 0 == agil("resume", sweep[:6]).returncode
    assert {"succeeded"} == {run["state"] for run in runs(agil)}


@pytest.mark.slow
def test_kill_nine_then_resume_ends_with_every_trial_once(agil: Type, toy: Path) -> None:
    sweep = agil("sweep", "conf=toy", "x=range(4)", "steps=20", "sleep=0.05", "-d").stdout.strip()
    time.sleep(1.2)
    os.kill(int(str(controller_pid(toy / ".agil" / "sweeps" / sweep))), signal.SIGKILL)
    time.sleep(0.3)
    shown = json.loads(agil("show", sweep, "--json").stdout)
    assert "interrupted" == shown["state"]
    watched = agil("watch", sweep)
    assert 1 == watched.returncode
    assert f"agil resume {sweep[:10]}" in watched.stderr

    assert 0 == agil("resume", sweep).returncode
    assert ["succeeded"] * 4 == [run["state"] for run in runs(agil)]
    for run in runs(agil):
        attempts = json.loads(agil("show", str(run["run"]), "--json").stdout)["attempts_list"]
        assert 1 == sum(attempt["state"] == "succeeded" for attempt in attempts)


@pytest.mark.slow
def test_an_interrupted_sweep_can_be_stopped_for_good(agil: Type, toy: Path) -> None:
    sweep = agil("sweep", "conf=toy", "x=1,2", "steps=60", "sleep=0.05", "-d").stdout.strip()
    time.sleep(0.8)
    os.kill(int(str(controller_pid(toy / ".agil" / "sweeps" / sweep))), signal.SIGKILL)
    time.sleep(0.3)
    assert 0 == agil("stop", sweep).returncode
    assert {"cancelled"} == {run["state"] for run in runs(agil)}


@pytest.mark.slow
def test_json_lines_are_json_and_end_with_the_sweep(agil: Type) -> None:
    said = agil("sweep", "conf=toy", "x=1,2", "--json")
    events = [json.loads(line) for line in said.stdout.splitlines()]
    assert "" == said.stderr
    assert "plan" == events[0]["event"]
    assert ("sweep", "done") == (events[-1]["event"], events[-1]["state"])
    assert 2 == sum(event["event"] == "ended" for event in events)


def test_init_makes_a_project_that_runs_and_keeps_what_is_there(agil: Type, toy: Path) -> None:
    (toy / "new" / "conf").mkdir(parents=True)
    (toy / "new" / "conf" / "example.yaml").write_text("mine: 1\n")
    (toy / "new" / ".gitignore").write_text("*.pyc")
    said = agil("init", "new")
    assert 0 == said.returncode, said.stderr
    assert "kept conf/example.yaml" in said.stderr
    assert "mine: 1\n" == (toy / "new" / "conf" / "example.yaml").read_text()
    assert "*.pyc\n.agil/\n" == (toy / "new" / ".gitignore").read_text()
    again = agil("init", "new")
    assert "made" not in again.stderr


@pytest.mark.slow
def test_the_first_example_learns_to_read_digits(agil: Type) -> None:
    assert 0 == agil("init", "fresh").returncode
    said = agil("--project", "fresh", "sweep", "conf=example", "lr=0.05", "epochs=5")
    assert 0 == said.returncode, said.stderr
    found = json.loads(agil("--project", "fresh", "runs", "--json").stdout)
    assert found[0]["metrics"]["test_acc"] > 0.85


@pytest.mark.slow
def test_doctor_finds_nothing_wrong_with_a_sound_project(agil: Type) -> None:
    agil("sweep", "conf=toy", "x=1")
    said = agil("doctor", "--json")
    assert 0 == said.returncode, said.stdout
    assert {"python", "ledger", "checkpoints"} <= {item["what"] for item in json.loads(said.stdout)}


@pytest.mark.slow
def test_doctor_names_what_is_wrong(agil: Type, toy: Path) -> None:
    agil("sweep", "conf=toy", "x=1")
    state = next((toy / ".agil" / "runs").glob("*/checkpoints/*/state.json"))
    state.write_bytes(state.read_bytes()[:-5])
    assert "cannot be used" in agil("doctor").stdout
    ledger = toy / ".agil" / "ledger.db"
    content = bytearray(ledger.read_bytes())
    at = content.index(b'"sweep":"s-')
    content[at + 12] ^= 1
    ledger.write_bytes(content)
    said = agil("doctor")
    assert 1 == said.returncode
    assert "✗" in said.stdout
