from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agilml.courier.board import Board
from agilml.courier.delivery import deliver, show_everyone
from agilml.courier.fetching import checkpoint_of, fetch_checkpoints, log_of
from agilml.courier.pace import Pace
from agilml.courier.sending import Sender
from agilml.courier.shipping import Shipper
from agilml.courier.status import StatusFile
from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.ledger.control import Lease, Turn
from agilml.model import AttemptState, TrialState
from agilml.project import Project
from agilml.store.base import Remote
from agilml.store.blobs import blob_key
from agilml.store.errors import RemoteUnavailable
from agilml.store.opening import open_remote
from agilml.sync.syncing import sync
from agilml.testing.ledgers import SampleSweep, log_sample, start_sample
from agilml.worker.checkpoints import Checkpoint, save
from tests.courier.conftest import Lab, scalars

SECRET = "AKIAIOSFODNN7EXAMPLE"


class Shop:
    """A project with a remote on this disk, and a clock that the test moves."""

    def __init__(self, lab: Lab, address: str) -> None:
        settings = {"remote": {"url": address}}
        self.lab = lab
        self.project = Project(lab.project.root, lab.project.state, settings)
        (lab.project.root / "agil.toml").write_text(f'[remote]\nurl = "{address}"\n')
        self.remote: Remote = open_remote(address, {})
        self.now = 0.0
        self.status = StatusFile(self.project.state)

    def shipper(self, remote: Remote | None = None, **given: Any) -> Shipper:
        """Return somebody who ships to the remote."""
        sender = Sender(remote or self.remote, Pace(None, lambda _: None), self.status)
        return Shipper(self.project, sender, self.status, clock=lambda: self.now, **given)

    def artifacts(self) -> list[tuple[str, str, str, str, int]]:
        """Return owner, name, role, sha256 and size of every artifact in the ledger."""
        with queries.reader(self.project.ledger) as db:
            rows = db.execute(
                "SELECT owner, name, role, sha256, size FROM artifact ORDER BY owner, name"
            )
            return rows.fetchall()

    def names(self) -> list[str]:
        """Return the names of the artifacts."""
        return [artifact[1] for artifact in self.artifacts()]

    def keys(self, prefix: str = "") -> list[str]:
        """Return what lies in the remote."""
        return [entry.key for entry in self.remote.list(prefix)]

    def lease(self, turn: Turn, sweep: SampleSweep, i: int = 0, log: str = "") -> Lease:
        """Start a trial, with something in its log."""
        lease = start_sample(turn, sweep.trials[i])
        folder = self.project.state / lease.folder
        folder.mkdir(parents=True)
        if log:
            (folder / "log.txt").write_text(log)
        return lease

    def save(self, turn: Turn, lease: Lease, step: int, value: float | None = None) -> Path:
        """Save a checkpoint of the attempt, as a recipe does."""
        root = self.project.state / lease.folder / "checkpoints"
        folder, sha256, size = save(root, step, {"step": step, "weights": [step] * 10})
        relative = str(folder.relative_to(self.project.state))
        turn.checkpoint(lease, step, relative, sha256, size, value)
        return folder


@pytest.fixture
def shop(lab: Lab, tmp_path: Path) -> Shop:
    (tmp_path / "remote").mkdir()
    return Shop(lab, (tmp_path / "remote").as_uri())


def succeed(turn: Turn, lease: Lease, seconds: float = 1.0) -> None:
    usage = {"seconds": seconds}
    turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED, usage=usage)


def test_logs_of_ended_attempts_become_blobs_without_their_secrets(shop: Shop) -> None:
    sweep = shop.lab.plan([{"x": 1}, {"x": 2}])
    with shop.lab.control(sweep) as control, control.turn() as turn:
        told = shop.lease(turn, sweep, 0, f"begin\nkey {SECRET}\nend\n")
        silent = shop.lease(turn, sweep, 1)
        succeed(turn, told)
        succeed(turn, silent)
    assert not shop.shipper().round()
    ((owner, name, role, sha256, size),) = shop.artifacts()
    assert (owner, name, role) == (told.attempt, "log.txt", "log")
    content = shop.remote.get(blob_key(sha256))
    assert len(content) == size
    assert content.startswith(b"begin\nkey ")
    assert SECRET.encode() not in content


def test_what_was_shipped_is_not_shipped_again(shop: Shop) -> None:
    sweep = shop.lab.plan([{"x": 1}])
    with shop.lab.control(sweep) as control, control.turn() as turn:
        lease = shop.lease(turn, sweep, log="words\n")
        shop.save(turn, lease, 3)
        succeed(turn, lease)
    shop.shipper().round()
    before, requests = shop.artifacts(), shop.remote.requests
    shop.shipper().round()
    assert shop.remote.requests == requests
    (shop.project.state / "courier" / "shipped.json").unlink()
    shop.shipper().round()
    assert shop.artifacts() == before
    with queries.reader(shop.project.ledger) as db:
        (facts,) = db.execute("SELECT count(*) FROM fact WHERE kind = 'artifact.stored'").fetchone()
    assert facts == len(before) == 3


def test_newest_and_best_checkpoint_are_shipped_and_superseded_ones_are_not(shop: Shop) -> None:
    sweep = shop.lab.plan([{"x": 1}])
    with shop.lab.control(sweep) as control:
        with control.turn() as turn:
            lease = shop.lease(turn, sweep)
            for step, value in enumerate((0.5, 0.9, 0.6, 0.7)):
                shop.save(turn, lease, step, value)
        shop.shipper().round()
    shipped = {name.split("/")[1] for name in shop.names()}
    assert shipped == {"step-00000003", "step-00000001"}


def test_the_newest_checkpoint_goes_first(shop: Shop) -> None:
    sweep = shop.lab.plan([{"x": 1}, {"x": 2}])
    sent: list[str] = []
    with shop.lab.control(sweep) as control:
        with control.turn() as turn:
            one, two = shop.lease(turn, sweep, 0), shop.lease(turn, sweep, 1)
            shop.save(turn, one, 0, 0.9)
            shop.save(turn, two, 0, 0.9)
            shop.save(turn, one, 1, 0.1)
        shipper = shop.shipper()
        while shipper._ship_checkpoint():
            new = [a for a in shop.artifacts() if a[1].endswith("state.json")]
            sent += [
                f"{a[0]} {a[1][-15:-11]}" for a in new if f"{a[0]} {a[1][-15:-11]}" not in sent
            ]
    assert [line.split()[0] for line in sent] == [one.attempt, two.attempt, one.attempt]


def test_a_checkpoint_that_was_removed_meanwhile_is_passed_over(shop: Shop) -> None:
    sweep = shop.lab.plan([{"x": 1}])
    with shop.lab.control(sweep) as control:
        with control.turn() as turn:
            lease = shop.lease(turn, sweep)
            gone = shop.save(turn, lease, 0, 0.5)
            shop.save(turn, lease, 1, 0.1)
        (gone / "state.json").unlink()
        shop.shipper().round()
    assert {name.split("/")[1] for name in shop.names()} == {"step-00000001"}


def test_a_checkpoint_that_is_replaced_while_it_is_sent_arrives_whole(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = shop.lab.plan([{"x": 1}])
    put_new = type(shop.remote).put_new
    with shop.lab.control(sweep) as control:
        with control.turn() as turn:
            lease = shop.lease(turn, sweep)
            folder = shop.save(turn, lease, 0)

        def slow(*words: Any) -> None:
            shutil.rmtree(folder, ignore_errors=True)
            put_new(shop.remote, *words)

        monkeypatch.setattr(shop.remote, "put_new", slow)
        shop.shipper().round()
    assert len(shop.names()) == 2
    assert not (shop.project.state / "courier" / "held.safetensors").exists()


def test_a_remote_that_fails_half_way_gets_the_rest_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = shop.lab.plan([{"x": i} for i in range(4)])
    with shop.lab.control(sweep) as control, control.turn() as turn:
        for i in range(4):
            succeed(turn, shop.lease(turn, sweep, i, f"log {i}\n"))

    calls = iter(range(100))
    put_new = type(shop.remote).put_new

    def failing(*words: Any) -> None:
        if next(calls) == 2:
            raise RemoteUnavailable("no answer")
        put_new(shop.remote, *words)

    monkeypatch.setattr(shop.remote, "put_new", failing)
    shipper = shop.shipper()
    with pytest.raises(RemoteUnavailable):
        shipper.round()
    assert len(shop.artifacts()) == 2
    while shipper.round():
        pass
    assert len(shop.artifacts()) == 4


def test_attempts_whose_event_files_are_not_written_yet_wait(shop: Shop) -> None:
    sweep = shop.lab.plan([{"x": 1}])
    with shop.lab.control(sweep) as control, control.turn() as turn:
        lease = shop.lease(turn, sweep, log="words\n")
        log_sample(turn, lease, {"loss": [1.0]})
        succeed(turn, lease, seconds=100.0)
    board = Board(shop.project)
    shop.shipper(written=board.written).round()
    assert shop.names() == []
    board.catch_up()
    shop.shipper(written=board.written).round()
    (ours,) = shop.lab.event_files()
    assert shop.names() == ["log.txt", f"tensorboard/{Path(ours).name}"]


def test_what_grows_is_copied_while_a_long_attempt_runs_and_kept_once_at_its_end(
    shop: Shop,
) -> None:
    sweep = shop.lab.plan([{"x": 1}])
    board, shipper = Board(shop.project), shop.shipper()
    with shop.lab.control(sweep) as control:
        with control.turn() as turn:
            lease = shop.lease(turn, sweep, log=f"first {SECRET}\n")
            log_sample(turn, lease, {"loss": [1.0]})
        with queries.reader(shop.project.ledger) as db:
            (began,) = db.execute("SELECT started FROM attempt").fetchone()
        board.catch_up()
        shop.now = began + 10
        shipper.round()
        assert shop.keys("live/") == []
        shop.now = began + 40
        shipper.round()
        keys = shop.keys("live/")
        assert [Path(key).name[:6] for key in keys] == ["log.tx", "events"]
        assert SECRET.encode() not in shop.remote.get(keys[0])
        log = shop.project.state / lease.folder / "log.txt"
        log.write_text("first\nsecond\n")
        shop.now = began + 50
        shipper.round()
        assert b"second" not in shop.remote.get(keys[0])
        shop.now = began + 101
        shipper.round()
        assert shop.remote.get(keys[0]) == b"first\nsecond\n"
        with control.turn() as turn:
            succeed(turn, lease, seconds=100.0)
        board.catch_up()
        shipper.round()
    assert shop.keys("live/") == []
    assert [artifact[2] for artifact in shop.artifacts()] == ["log", "tensorboard"]


def test_results_that_a_recipe_left_are_shipped_under_their_roles(shop: Shop) -> None:
    sweep = shop.lab.plan([{"x": 1}])
    with shop.lab.control(sweep) as control, control.turn() as turn:
        lease = shop.lease(turn, sweep)
        folder = shop.project.state / lease.folder
        (folder / "predictions.json").write_text("[1]")
        (folder / "model").mkdir()
        (folder / "model" / "weights.onnx").write_text("w")
        (folder / "scratch.bin").write_text("s")
        os.symlink("/etc/hostname", folder / "model" / "link")
        succeed(turn, lease)
    shop.shipper().round()
    assert [artifact[1:3] for artifact in shop.artifacts()] == [
        ("model/weights.onnx", "model"),
        ("predictions.json", "predictions"),
    ]


def test_agil_sync_delivers_what_no_courier_has(shop: Shop) -> None:
    sweep = shop.lab.plan([{"x": 1}])
    with shop.lab.control(sweep) as control, control.turn() as turn:
        succeed(turn, shop.lease(turn, sweep, log="words\n"))
    assert deliver(shop.project, shop.remote) == (1, 6)
    assert deliver(shop.project, shop.remote) == (0, 0)


@pytest.fixture
def clone(shop: Shop, tmp_path: Path) -> Shop:
    """Return a second clone of the project, whose ledger took over a run with everything."""
    sweep = shop.lab.plan([{"x": 1}, {"x": 2}])
    with shop.lab.control(sweep) as control, control.turn() as turn:
        lease = shop.lease(turn, sweep, log="said there\n")
        shop.save(turn, lease, 4, 0.5)
        log_sample(turn, lease, {"loss": [1.0, 0.5]})
        theirs = shop.project.state / lease.folder / "tensorboard"
        theirs.mkdir()
        (theirs / "events.out.tfevents.9.host").write_bytes(b"theirs")
        succeed(turn, lease, seconds=100.0)
        open_one = shop.lease(turn, sweep, 1)
        shop.save(turn, open_one, 2, 0.25)
    Board(shop.project).catch_up()
    deliver(shop.project, shop.remote)
    sync(shop.project, shop.remote)
    other = Shop(Lab(tmp_path / "clone"), shop.remote.address)
    sync(other.project, other.remote)
    return other


def test_a_log_of_another_clone_is_got_when_it_is_asked_for(shop: Shop, clone: Shop) -> None:
    (attempt,) = [owner for owner, name, *_ in shop.artifacts() if name == "log.txt"]
    assert not (clone.project.runs / attempt).exists()
    folder = log_of(clone.project, attempt)
    assert folder is not None
    assert (folder / "log.txt").read_text() == "said there\n"
    assert log_of(shop.project, attempt) is None


@pytest.mark.slow
def test_agil_logs_prints_it(clone: Shop) -> None:
    with queries.reader(clone.project.ledger) as db:
        (run,) = db.execute("SELECT trial FROM attempt WHERE ended IS NOT NULL").fetchone()
    done = subprocess.run(
        [sys.executable, "-m", "agilml", "logs", run],
        cwd=clone.project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "said there\n", "")


def test_a_checkpoint_of_another_clone_is_got_whole(clone: Shop) -> None:
    with queries.reader(clone.project.ledger) as db:
        attempt, sha256 = db.execute(
            "SELECT attempt, sha256 FROM checkpoint WHERE step = 4"
        ).fetchone()
    folder = checkpoint_of(clone.project, attempt, 4)
    assert Checkpoint.open(folder, sha256)["step"] == 4
    with pytest.raises(AgilError, match="no checkpoint 5"):
        checkpoint_of(clone.project, attempt, 5)


def test_a_sweep_that_goes_on_elsewhere_gets_the_checkpoints_of_its_open_trials(
    clone: Shop,
) -> None:
    with queries.reader(clone.project.ledger) as db:
        (sweep,) = db.execute("SELECT id FROM sweep").fetchone()
        rows = db.execute("SELECT step, folder, sha256 FROM checkpoint ORDER BY step").fetchall()
    assert fetch_checkpoints(clone.project, sweep) == 1
    (_, folder, sha256), (_, other, _) = rows
    assert Checkpoint.open(clone.project.state / folder, sha256)["step"] == 2
    assert not (clone.project.state / other).exists()
    assert fetch_checkpoints(clone.project, sweep) == 0


def test_tensorboard_shows_the_runs_of_every_clone(shop: Shop, clone: Shop) -> None:
    assert show_everyone(clone.project) == 2
    found = clone.lab.event_files()
    assert {name: found[name] for name in shop.lab.event_files()} == shop.lab.event_files()
    (theirs,) = [name for name in found if name.endswith("events.out.tfevents.9.host")]
    assert found[theirs] == b"theirs"
    (ended,) = [name for name in found if name.count("/") == 2 and len(found[name]) > 300]
    run = clone.project.state / "tensorboard" / Path(ended).parent
    assert scalars(run) == {"loss": [(0, 1.0), (1, 0.5)]}


def test_places_that_came_from_outside_are_never_left(clone: Shop) -> None:
    from agilml.courier.fetching import _checkpoint_folder

    for folder in (
        "runs/../../x/checkpoints/step-00000001",
        "/etc/checkpoints/step-00000001",
        "runs/a/checkpoints/step-1/../..",
        "runs/a/checkpoints/../../../x",
        "elsewhere/a/checkpoints/step-00000001",
    ):
        assert _checkpoint_folder(clone.project, folder) is None
    assert _checkpoint_folder(clone.project, "runs/t-1.1-abcdef/checkpoints/step-00000001")


def test_the_status_says_what_was_shipped(shop: Shop) -> None:
    from agilml.courier.status import courier_status

    assert courier_status(shop.project) is None
    sweep = shop.lab.plan([{"x": 1}])
    with shop.lab.control(sweep) as control, control.turn() as turn:
        succeed(turn, shop.lease(turn, sweep, log="words\n"))
    shop.shipper().round()
    shop.status.write()
    found = courier_status(shop.project)
    assert found is not None
    assert (found["shipped"], found["shipped_bytes"], found["lives"]) == (1, 6, False)
    json.dumps(found)
