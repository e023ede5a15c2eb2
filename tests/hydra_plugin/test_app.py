"""An app as a person starts it: killed, interrupted, edited, started twice, started fresh per job."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.hydra_plugin.conftest import App


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def runs(app: App) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-m", "agilml", "runs", "--json"],
        cwd=app.folder,
        capture_output=True,
        check=True,
    )
    found: list[dict] = json.loads(done.stdout)
    return found


def done(app: App) -> int:
    if not (app.folder / ".agil" / "ledger.db").exists():
        return 0
    return [run["state"] for run in runs(app)].count("succeeded")


@pytest.mark.slow
def test_an_app_needs_nothing_but_the_launchers_name(app: App) -> None:
    told = app.run("x=1,2")

    assert sorted(app.lines("ends.txt")) == ["1", "2"]
    found = {run["params"]["x"]: run for run in runs(app)}
    assert {x: run["metrics"] for x, run in found.items()} == {
        1: {"value": 0.5},
        2: {"value": 1.0},
    }
    assert str(app.folder / ".agil") in told
    assert "x is 1" not in told


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_after_a_kill_the_same_command_does_only_what_is_not_done(app: App, isolation: str) -> None:
    words = ("x=1,2,3,4", "hydra.launcher.slots=2", f"hydra.launcher.isolation={isolation}")
    app.write("wait", "")
    with app.running(*words) as process:
        until(lambda: "3" in app.lines("starts.txt") and done(app) == 3)
        process.send_signal(signal.SIGKILL)
        process.wait()
    # Its jobs are the children of a child: the kernel ends them one after the other, a moment later.
    time.sleep(0.5)
    (app.folder / "wait").unlink()

    told = app.run(*words)

    assert "3 of them done already" in told
    assert sorted(app.lines("starts.txt")) == ["1", "2", "3", "3", "4"]
    assert sorted(app.lines("ends.txt")) == ["1", "2", "3", "4"]
    assert [run["state"] for run in runs(app)] == ["succeeded"] * 4


@pytest.mark.slow
def test_what_a_killed_job_left_running_does_not_stand_in_the_way(app: App) -> None:
    app.write("wait", "")
    app.write("stay", "")
    with app.running("x=3") as process:
        until(lambda: "3" in app.lines("starts.txt"))
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()
    (app.folder / "wait").unlink()

    try:
        with app.running("x=3") as again:
            until(lambda: "3" in app.lines("ends.txt"))
            assert again.wait(60) == 0
    finally:
        (app.folder / "stay").unlink()


@pytest.mark.slow
def test_an_interrupt_ends_the_jobs_and_the_same_command_goes_on(app: App) -> None:
    app.write("wait", "")
    with app.running("x=1,3", "hydra.launcher.slots=2") as process:
        until(lambda: "3" in app.lines("starts.txt") and done(app) == 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
    assert sorted(run["state"] for run in runs(app)) == ["pending", "succeeded"]
    (app.folder / "wait").unlink()

    app.run("x=1,3")

    assert sorted(app.lines("ends.txt")) == ["1", "3"]


@pytest.mark.slow
def test_the_same_command_twice_at_once_runs_every_job_once(app: App) -> None:
    app.write("wait", "")
    with app.running("x=1,2,3") as first:
        until(lambda: "3" in app.lines("starts.txt"))
        with app.running("x=1,2,3") as second:
            time.sleep(1.5)
            assert second.poll() is None
            (app.folder / "wait").unlink()
            assert (first.wait(60), second.wait(60)) == (0, 0)

    assert sorted(app.lines("starts.txt")) == ["1", "2", "3"]


@pytest.mark.slow
def test_an_edited_group_makes_new_jobs_only_where_it_is_chosen(app: App) -> None:
    app.run("x=1", "model=small,big")
    app.write("conf/model/big.yaml", "width: 128\n")

    told = app.run("x=1", "model=small,big")

    assert "1 of them done already" in told
    assert app.lines("starts.txt") == ["1"] * 3


@pytest.mark.slow
def test_edited_code_makes_every_job_new(app: App) -> None:
    app.run("x=1,2")
    app.write("app.py", (app.folder / "app.py").read_text() + "# edited\n")

    assert "done already" not in app.run("x=1,2")


@pytest.mark.slow
def test_a_failure_is_told_at_the_end_and_the_others_are_done(app: App) -> None:
    told = app.run("x=13,1,2", code=1)

    assert "ValueError: unlucky" in told
    assert sorted(app.lines("ends.txt")) == ["1", "2"]


@pytest.mark.slow
def test_an_app_with_a_thread_is_started_again_for_each_job(app: App) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
    app.write("app.py", thread + (app.folder / "app.py").read_text())

    told = app.run("x=1,2,13", code=1)

    assert "the app holds 1 thread" in told
    assert "ValueError: unlucky" in told
    assert sorted(app.lines("ends.txt")) == ["1", "2"]
    configs = list(app.folder.glob("multirun/*/*/[012]/.hydra/overrides.yaml"))
    assert len(configs) == 3


def test_hydras_scan_imports_nothing_of_ours() -> None:
    code = (
        "import sys; from hydra.core.plugins import Plugins; from hydra.plugins.launcher import Launcher\n"
        "names = [x.__name__ for x in Plugins.instance().discover(Launcher)]\n"
        "assert 'AgilLauncher' in names, names\n"
        "assert not [x for x in sys.modules if x.partition('.')[0] == 'agilml']\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
