from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agilml import events as e
from agilml.errors import AgilError, LedgerDamaged, LedgerError, LedgerFromFuture, LedgerLocked
from agilml.ledger import files, queries
from agilml.ledger.control import Control, Lease
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger, Planned
from agilml.model import AttemptState, SweepState, TrialState, attempt_id


def plan(ledger: Ledger, n: int = 3, sweep: str = "s-1", **flags: Any) -> Planned:
    """Record a sweep of ``n`` trials t-0, t-1, …"""
    return ledger.plan(
        e.SweepPlanned(
            sweep, "toy", "toy", "val_acc", "max", n, {"executor": {"name": "local"}}, {}
        ),
        [e.StructureComposed("base", "toy", {}, {"x": 0}, {"x": 0})],
        [(f"t-{x}", "base", {"x": x}, {"x": x}) for x in range(n)],
        **flags,
    )


def succeed(control: Control, trial: str, value: float = 0.5) -> Lease:
    """Run a trial to its end, as far as the ledger can tell."""
    with control.turn() as turn:
        lease = turn.lease(trial, "local:0", "runs")
        assert lease is not None
        turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
        turn.metrics(lease, 10, {"val_acc": [[0], [value], [0.1]]})
        turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
    return lease


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_a_plan_is_recorded_once_however_often_it_is_made(path: Path) -> None:
    with Ledger.open(path) as ledger:
        assert ["t-0", "t-1", "t-2"] == plan(ledger).new
        facts = verify_chain(ledger.db, ledger.origin)
        again = plan(ledger)
        assert (False, ["t-0", "t-1", "t-2"]) == (again.created, again.waiting)
        assert facts == verify_chain(ledger.db, ledger.origin)


def test_every_fact_is_numbered_and_chained(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        rows = ledger.db.execute("SELECT seq FROM fact ORDER BY seq").fetchall()
        assert list(range(1, len(rows) + 1)) == [row[0] for row in rows]
        assert len(rows) == verify_chain(ledger.db, ledger.origin)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE fact SET body = replace(body, 'toy', 'boy') WHERE seq = 2",
        "DELETE FROM fact WHERE seq = 2",
        "UPDATE fact SET time = time + 1 WHERE seq = 2",
        "UPDATE fact SET subject = 's-2' WHERE seq = 2",
        "UPDATE fact SET seq = seq + 10 WHERE seq >= 2",
    ],
)
def test_an_altered_fact_is_found_and_named(path: Path, damage: str) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        ledger.db.execute(damage)
        with pytest.raises(LedgerDamaged, match="fact 2 of origin"):
            verify_chain(ledger.db, ledger.origin)


def test_tables_are_rebuilt_from_facts_alone(path: Path, tmp_path: Path) -> None:
    """The fold is the only writer of tables: replaying the facts gives the same rows."""
    import json

    from agilml.ledger import schema
    from agilml.ledger.parts import Who
    from agilml.ledger.tables import apply

    with Ledger.open(path) as ledger:
        plan(ledger)
        control = Control.take(ledger, "s-1", "here", 1)
        succeed(control, "t-0")
        ledger.tag("t-0", "good", on=True, by="ada")
        facts = ledger.db.execute("SELECT kind, time, body FROM fact ORDER BY seq").fetchall()
        tables = ["sweep", "trial", "sweep_trial", "attempt", "metric", "tag", "structure"]
        before = {
            t: ledger.db.execute(f"SELECT * FROM {t} ORDER BY 1, 2").fetchall() for t in tables
        }
    kinds = {cls.kind: cls for cls in every_event()}
    other = sqlite3.connect(tmp_path / "other.db", isolation_level=None)
    schema.migrate(other)
    for kind, at, body in facts:
        apply(other, kinds[kind](**json.loads(body)), at, Who(ledger.origin, own=True))
    after = {t: other.execute(f"SELECT * FROM {t} ORDER BY 1, 2").fetchall() for t in tables}
    other.close()
    assert before == after


def every_event() -> list[type[e.Event]]:
    found: list[type[e.Event]] = []
    todo = [e.Event]
    while todo:
        for cls in todo.pop().__subclasses__():
            todo.append(cls)
            if cls.kind:
                found.append(cls)
    return found


def test_every_kind_of_fact_has_a_fold() -> None:
    from agilml.ledger.tables import _FOLDS

    assert {cls.kind for cls in every_event()} == set(_FOLDS)


def test_nan_and_infinity_are_kept_beside_real_numbers(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        control = Control.take(ledger, "s-1", "here", 1)
        with control.turn() as turn:
            lease = turn.lease("t-0", "local:0", "runs")
            assert lease is not None
            turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
            values = [0.25, "nan", "inf", 0.5, "-inf", "nan"]
            turn.metrics(lease, 1, {"loss": [list(range(6)), values, [0.0] * 6]})
    with queries.reader(path) as db:
        curve = queries.curve(db, lease.attempt, "loss")
        row = db.execute("SELECT last, last_kind, low, high, n FROM metric").fetchone()
    assert "[0.25, nan, inf, 0.5, -inf, nan]" == str([value for _, value, _ in curve])
    assert (None, "nan", 0.25, 0.5, 6) == row


def test_a_flush_that_is_sent_twice_is_recorded_once(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        control = Control.take(ledger, "s-1", "here", 1)
        with control.turn() as turn:
            lease = turn.lease("t-0", "local:0", "runs")
            assert lease is not None
            turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
            for _ in range(3):
                assert turn.metrics(lease, 77, {"loss": [[0], [1.0], [0.0]]})
        assert (1,) == ledger.db.execute("SELECT n FROM metric").fetchone()


def test_an_end_that_is_sent_twice_is_recorded_once(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        control = Control.take(ledger, "s-1", "here", 1)
        lease = succeed(control, "t-0")
        facts = verify_chain(ledger.db, ledger.origin)
        with control.turn() as turn:
            assert turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
        assert facts == verify_chain(ledger.db, ledger.origin)
        with control.turn() as turn:
            assert not turn.ended(lease, AttemptState.FAILED, TrialState.FAILED)
        assert ("succeeded",) == ledger.db.execute(
            "SELECT state FROM trial WHERE id='t-0'"
        ).fetchone()


def test_a_trial_is_leased_to_one_slot_only(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        control = Control.take(ledger, "s-1", "here", 1)
        with control.turn() as turn:
            assert turn.lease("t-0", "local:0", "runs") is not None
            assert turn.lease("t-0", "local:1", "runs") is None


def test_a_turn_that_fails_records_nothing(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        control = Control.take(ledger, "s-1", "here", 1)
        before = verify_chain(ledger.db, ledger.origin)

        def fail() -> None:
            with control.turn() as turn:
                assert turn.lease("t-0", "local:0", "runs") is not None
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert before == verify_chain(ledger.db, ledger.origin)
        assert ["t-0", "t-1", "t-2"] == control.waiting()


@pytest.mark.parametrize(
    "ask",
    [
        lambda ledger: ledger.end_if_complete("s-nope"),
        lambda ledger: ledger.respecify("s-nope", {"budget": {}}, "ada"),
        lambda ledger: ledger.resume("s-nope", "ada"),
    ],
)
def test_a_sweep_that_nobody_planned_is_named_and_nothing_is_written(
    path: Path, ask: Callable[[Ledger], object]
) -> None:
    with Ledger.open(path) as ledger:
        with pytest.raises(AgilError, match="s-nope"):
            ask(ledger)
        assert 0 == verify_chain(ledger.db, ledger.origin)


def test_a_checkpoint_that_was_replaced_stays_so_when_its_spool_is_read_again(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        control = Control.take(ledger, "s-1", "here", 1)
        with control.turn() as turn:
            lease = turn.lease("t-0", "local:0", "runs")
            assert lease is not None
            turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
        for _ in range(2):
            with control.turn() as turn:
                turn.checkpoint(lease, 0, "f0", "a" * 64, 1, 0.1)
                turn.checkpoint(lease, 1, "f1", "b" * 64, 1, 0.2, ["f0"])
            listed = ledger.db.execute("SELECT folder FROM checkpoint").fetchall()
            assert [("f1",)] == listed


def test_end_if_complete_waits_for_open_work(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger, 1)
        assert not ledger.end_if_complete("s-1")
        succeed(Control.take(ledger, "s-1", "here", 1), "t-0")
        assert ledger.end_if_complete("s-1")
    with queries.reader(path) as db:
        row = queries.sweep(db, "s-1")
        assert row is not None
        assert SweepState.DONE == row.state


FOUR_WRITERS = """
import sys
from pathlib import Path
from agilml.ledger.ledger import Ledger
with Ledger.open(Path(sys.argv[1])) as ledger:
    for i in range(25):
        ledger.tag(f"t-{i}", sys.argv[2], on=True, by="ada")
"""


def test_four_writers_may_open_a_fresh_ledger_at_the_same_moment(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", FOUR_WRITERS, str(path), f"w{i}"]) for i in range(4)
    ]
    assert [0, 0, 0, 0] == [writer.wait(60) for writer in writers]
    with Ledger.open(path) as ledger:
        assert (100,) == ledger.db.execute("SELECT count(*) FROM tag").fetchone()
        assert 100 == verify_chain(ledger.db, ledger.origin)
        assert (1,) == ledger.db.execute("SELECT count(*) FROM origin").fetchone()


KILLED_WRITER = """
import sys
from pathlib import Path
from agilml.ledger.ledger import Ledger
with Ledger.open(Path(sys.argv[1])) as ledger:
    i = int(sys.argv[2])
    while True:
        ledger.tag(f"t-{i}", "x", on=True, by="ada")
        print(i, flush=True)
        i += 1
"""


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    acknowledged: list[int] = []
    rng = random.Random(7)
    for round_ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED_WRITER, str(path), str(round_ * 10_000)],
            stdout=subprocess.PIPE,
        ) as writer:
            assert writer.stdout is not None
            acknowledged += [int(writer.stdout.readline()) for _ in range(10)]
            time.sleep(rng.uniform(0, 0.05))
            writer.kill()
            acknowledged += map(int, writer.stdout.read().split(b"\n")[:-1])
    with Ledger.open(path) as ledger:
        kept = {row[0] for row in ledger.db.execute("SELECT target FROM tag")}
        assert {f"t-{i}" for i in acknowledged} <= kept
        assert len(kept) == verify_chain(ledger.db, ledger.origin)
    assert len(acknowledged) > 100


def test_a_ledger_held_by_another_process_is_reported_with_its_pid(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger.open(path).close()
    hold = (
        "import sqlite3, sys, time\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(60)\n"
    )
    monkeypatch.setattr("agilml.ledger.opening.LOCK_SECONDS", 0.2)
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with Ledger.open(path) as ledger, pytest.raises(LedgerLocked, match=f"pid {holder.pid}"):
            ledger.tag("t-1", "x", on=True, by="ada")
        holder.send_signal(signal.SIGKILL)


def test_a_ledger_from_the_future_is_read_and_not_touched(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        ledger.db.execute("PRAGMA user_version = 999")
    before = path.read_bytes()
    with pytest.raises(LedgerFromFuture, match="newer AgilML"):
        Ledger.open(path)
    with queries.reader(path) as db:
        assert 3 == queries.count_runs(db)
    assert before == path.read_bytes()


@pytest.mark.parametrize(
    "content", [b"not a database at all", b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(LedgerDamaged):
        Ledger.open(path)
    assert content == path.read_bytes()


def test_a_damaged_ledger_is_an_error_and_never_a_crash(path: Path, tmp_path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger, 300)
    sound = path.read_bytes()
    rng = random.Random(3)
    for i in range(60):
        damaged = tmp_path / f"{i}" / "ledger.db"
        damaged.parent.mkdir()
        content = bytearray(sound)
        for _ in range(40):
            content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
        damaged.write_bytes(content[: rng.randrange(4096, len(content))] if i % 3 == 0 else content)
        try:
            with queries.reader(damaged) as db:
                queries.newest_runs(db, limit=None)
            with Ledger.open(damaged) as ledger:
                verify_chain(ledger.db, ledger.origin)
        except (LedgerError, UnicodeDecodeError, ValueError):
            continue
        finally:
            shutil.rmtree(damaged.parent)


def test_a_folder_that_cannot_be_written_is_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger.open(tmp_path / "nowhere" / "ledger.db")


def test_a_ledger_in_a_read_only_folder_can_still_be_read(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
    for name in ("-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    child = (
        "import os, sys; from pathlib import Path\n"
        "from agilml.ledger import queries\n"
        "os.setuid(65534)\n"
        "with queries.reader(Path(sys.argv[1])) as db: print(queries.count_runs(db))\n"
    )
    if os.getuid() == 0:
        for folder in (path.parent, *path.parent.parents):
            if str(folder).startswith("/tmp/"):
                folder.chmod(0o755)
        path.chmod(0o644)
        done = subprocess.run(
            [sys.executable, "-c", child, str(path)], capture_output=True, text=True, check=False
        )
        assert "3" == done.stdout.strip(), done.stderr
    else:
        path.parent.chmod(0o555)
        with queries.reader(path) as db:
            assert 3 == queries.count_runs(db)
        path.parent.chmod(0o755)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p", "lustre"])
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:20 / / rw - ext4 /dev/vda rw\n"
        f"40 22 0:50 / {tmp_path} rw - {kind} server:/share rw\n"
    )
    with pytest.raises(LedgerError, match=kind):
        files.refuse_shared_filesystem(tmp_path, mounts)
    mounts.write_text("22 1 0:20 / / rw - ext4 /dev/vda rw\n")
    files.refuse_shared_filesystem(tmp_path, mounts)


def test_the_files_of_a_ledger_are_for_its_owner_only(path: Path) -> None:
    Ledger.open(path).close()
    assert 0o600 == path.stat().st_mode & 0o777
    assert 0o600 == Path(f"{path}.lock").stat().st_mode & 0o777


def test_points_are_reachable_by_sql(path: Path) -> None:
    with Ledger.open(path) as ledger:
        plan(ledger)
        succeed(Control.take(ledger, "s-1", "here", 1), "t-0", 0.75)
        attempt = attempt_id("t-0", 1, ledger.origin)
    with queries.reader(path) as db:
        rows = db.execute("SELECT attempt, name, step, value, seconds FROM metric_point").fetchall()
    assert [(attempt, "val_acc", 0, 0.75, 0.1)] == rows
