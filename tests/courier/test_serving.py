from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from agilml.courier.status import courier_status
from agilml.ledger import queries
from agilml.ledger.ledger import Ledger
from agilml.store.blobs import blob_key
from agilml.store.opening import open_remote
from agilml.sweep.companion import FOLDER
from agilml.sweep.liveness import controller_pid
from agilml.testing.s3 import ENVIRONMENT, REGION, moto_server
from tests.courier.conftest import scalars
from tests.sweep.toy import Toy

STEPS = {"steps": 40, "sleep": 0.1}
LONG = {"steps": 3000, "sleep": 0.1, "checkpoint": True, "say": "hello"}
"""A trial that somebody has to stop, however late a courier comes on a busy machine."""


def wait_until(true: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.05)


def couriers(toy: Toy) -> list[int]:
    """Return the pids of this project's couriers, also of one that has only just been started."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if "agilml.courier" in words and str(toy.project.root) in words:
            found.append(process.pid)
    return found


def wait_for_end(toy: Toy, seconds: float = 120.0) -> None:
    wait_until(lambda: not couriers(toy), "the end of the courier", seconds)


def end_of(controller: subprocess.Popen[bytes]) -> None:
    """Return when the controller has ended."""
    with controller:
        controller.wait(60)


def stop(toy: Toy, controller: subprocess.Popen[bytes]) -> None:
    """End a sweep that still runs, and return when its courier has ended too."""
    assert toy.sweep_state() == "running"
    with Ledger.open(toy.project.ledger) as ledger:
        ledger.request_stop("s-toy", "test")
    end_of(controller)
    wait_for_end(toy)


def points(toy: Toy, x: int, sweep: str = "s-toy") -> list[tuple[int, float]]:
    folder = toy.project.state / "tensorboard" / sweep / f"t-{x}"
    return scalars(folder).get("val_acc", []) if folder.exists() else []


def pid_of(toy: Toy) -> int:
    """Return the pid of the project's only courier."""
    (pid,) = couriers(toy)
    return pid


def remote_of(toy: Toy, folder: Path, **settings: object) -> str:
    folder.mkdir()
    lines = [f'url = "{folder.as_uri()}"', *(f"{k} = {json.dumps(v)}" for k, v in settings.items())]
    (toy.project.root / "agil.toml").write_text("[remote]\n" + "\n".join(lines) + "\n")
    return folder.as_uri()


@pytest.fixture
def toy(project: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    monkeypatch.setenv("AGIL_TENSORBOARD", "auto")
    return Toy(project)


@pytest.mark.slow
def test_a_sweep_that_is_over_at_once_has_its_event_files_a_moment_later(toy: Toy) -> None:
    toy.plan(range(6))
    toy.run()
    wait_for_end(toy)
    assert all(len(points(toy, x)) == 1 for x in range(6))
    assert (toy.project.state / FOLDER / "courier.log").read_text() == ""


@pytest.mark.slow
def test_event_files_grow_while_the_trial_runs_and_the_courier_is_the_last_to_be_served(
    toy: Toy,
) -> None:
    toy.plan([1], config=LONG)
    controller = toy.start()
    wait_until(lambda: len(points(toy, 1)) > 3, "points before the end")
    process = psutil.Process(pid_of(toy))
    assert process.nice() == 19
    assert os.getsid(process.pid) == process.pid
    stop(toy, controller)
    steps = [step for step, _ in points(toy, 1)]
    assert steps == list(range(len(steps)))


@pytest.mark.slow
def test_a_courier_that_was_killed_in_the_middle_doubles_no_point_and_loses_none(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.plan([1, 2], config=LONG)
    controller = toy.start()
    wait_until(lambda: len(points(toy, 1)) > 3, "points before the kill")
    os.kill(pid_of(toy), signal.SIGKILL)
    stop(toy, controller)
    for x in (1, 2):
        with queries.reader(toy.project.ledger) as db:
            logged = queries.metrics(db, toy.attempts(f"t-{x}")[0].id)[0].n
        assert [step for step, _ in points(toy, x)] == list(range(logged))


@pytest.mark.slow
def test_a_controller_that_was_killed_leaves_no_courier_behind(toy: Toy) -> None:
    toy.plan([1], config={"steps": 600, "sleep": 0.1})
    controller = toy.start()
    wait_until(lambda: bool(couriers(toy)), "a courier")
    toy.kill_controller()
    end_of(controller)
    wait_for_end(toy)
    assert toy.sweep_state() == "running"
    # What the sweep's own processes need to notice; they are not this test's subject.
    wait_until(lambda: not list(_children_of_sweep(toy)), "the end of the trial")


def _children_of_sweep(toy: Toy) -> list[int]:
    mine = str(toy.project.root)
    found = []
    for process in psutil.process_iter(["pid"]):
        try:
            if process.cwd() == mine and process.pid != os.getpid():
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
def test_two_sweeps_of_a_project_share_one_courier(toy: Toy) -> None:
    toy.plan([1], config=STEPS)
    toy.plan([2], sweep="s-other", config={**STEPS, "steps": 150})
    started = toy.start(), toy.start("s-other")
    wait_until(lambda: len(points(toy, 2, "s-other")) > 3, "points of the second sweep")
    assert len(couriers(toy)) == 1
    for controller in started:
        end_of(controller)
    wait_for_end(toy)
    assert (len(points(toy, 1)), len(points(toy, 2, "s-other"))) == (40, 150)


@pytest.mark.slow
def test_behind_a_sweep_the_remote_has_everything(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = remote_of(toy, tmp_path / "remote", sync_seconds=1)
    toy.plan([1], config=LONG)
    controller = toy.start()
    remote = open_remote(address, {})
    wait_until(lambda: any(remote.list("blobs/")), "a checkpoint before the end")
    wait_until(lambda: any(remote.list("heads/")), "a sync before the end")
    stop(toy, controller)
    with queries.reader(toy.project.ledger) as db:
        rows = db.execute("SELECT name, sha256 FROM artifact ORDER BY name").fetchall()
        unsent = db.execute(
            "SELECT (SELECT max(seq) FROM fact) - (SELECT max(last) FROM segment)"
        ).fetchone()[0]
    assert unsent == 0
    assert "log.txt" in [name for name, _ in rows]
    with queries.reader(toy.project.ledger) as db:
        (step,) = db.execute("SELECT max(step) FROM checkpoint").fetchone()
    assert f"checkpoints/step-{step:08d}/state.json" in [name for name, _ in rows]
    assert all(remote.stat(blob_key(sha256)) is not None for _, sha256 in rows)


@pytest.mark.slow
def test_a_remote_that_is_not_there_is_no_concern_of_the_sweep(toy: Toy, tmp_path: Path) -> None:
    remote_of(toy, tmp_path / "remote", sync_seconds=1)
    (tmp_path / "remote").rmdir()
    toy.plan([1], config=STEPS)
    toy.run()
    assert toy.sweep_state() == "done"
    wait_for_end(toy)
    found = courier_status(toy.project)
    assert found is not None
    assert "is not there" in found["trouble"]
    assert [step for step, _ in points(toy, 1)] == list(range(40))


@pytest.mark.slow
def test_without_event_files_a_remote_is_still_served(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGIL_TENSORBOARD", "false")
    remote_of(toy, tmp_path / "remote")
    toy.plan([1], config={"say": "hello"})
    toy.run()
    wait_for_end(toy)
    assert not (toy.project.state / "tensorboard").exists()
    assert any((tmp_path / "remote" / "ledger").rglob("*.zst"))


@pytest.mark.slow
def test_a_setting_that_cannot_be_meant_is_said_in_the_log_and_stops_nothing(
    toy: Toy, tmp_path: Path
) -> None:
    remote_of(toy, tmp_path / "remote", sync_seconds="often")
    toy.plan([1])
    toy.run()
    assert toy.sweep_state() == "done"
    wait_for_end(toy)
    assert "sync_seconds" in (toy.project.state / FOLDER / "courier.log").read_text()


@pytest.mark.slow
@pytest.mark.s3
def test_checkpoints_and_event_files_reach_a_bucket_while_the_trial_runs(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with moto_server() as server:
        (toy.project.root / "agil.toml").write_text(
            f'[remote]\nurl = "{server.address("team")}"\nendpoint = "{server.endpoint}"\n'
            f'region = "{REGION}"\nsync_seconds = 1\n'
        )
        remote = open_remote(server.address("team"), server.settings)
        toy.plan([1], config=LONG)
        controller = toy.start()
        wait_until(lambda: any(remote.list("blobs/")), "a checkpoint in the bucket")
        stop(toy, controller)
        with queries.reader(toy.project.ledger) as db:
            rows = db.execute("SELECT name, role, sha256 FROM artifact").fetchall()
        assert {role for _, role, _ in rows} >= {"checkpoint", "log"}
        assert all(remote.stat(blob_key(sha256)) is not None for *_, sha256 in rows)
        remote.close()


@pytest.mark.slow
def test_a_trial_goes_on_in_another_clone_from_its_last_shipped_checkpoint(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = remote_of(toy, tmp_path / "remote", sync_seconds=1)
    toy.plan([1], config=LONG)
    controller = toy.start()
    remote = open_remote(address, {})
    wait_until(lambda: any(remote.list("blobs/")), "a checkpoint in the remote")
    toy.kill_controller()
    end_of(controller)
    wait_for_end(toy)
    wait_until(lambda: not list(_children_of_sweep(toy)), "the end of the trial")
    other = Toy(tmp_path / "other")
    (tmp_path / "other" / "agil.toml").write_text(f'[remote]\nurl = "{address}"\nauto = true\n')
    monkeypatch.setenv("AGIL_TENSORBOARD", "false")
    agil(other, "sync")
    agil(other, "resume", "s-toy", "--detach")
    shipped = {name for name, _ in _checkpoints(toy)}
    wait_until(lambda: _starts(toy) > 1, "the trial in the other clone")
    with Ledger.open(other.project.ledger) as ledger:
        ledger.request_stop("s-toy", "test")
    folder = other.project.sweep_folder("s-toy")
    wait_until(lambda: controller_pid(folder) is None, "the end of the sweep")
    wait_for_end(other)
    resumed = int([line for line in toy.diary_lines() if line.startswith("start")][-1].split()[2])
    assert f"checkpoints/step-{resumed:08d}/state.json" in shipped


def _starts(toy: Toy) -> int:
    return sum(line.startswith("start") for line in toy.diary_lines())


def _checkpoints(toy: Toy) -> list[tuple[str, str]]:
    with queries.reader(toy.project.ledger) as db:
        return db.execute("SELECT name, sha256 FROM artifact WHERE role = 'checkpoint'").fetchall()


def agil(toy: Toy, *words: str) -> str:
    """Type a command in the project; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "agilml", *words],
        cwd=toy.project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
