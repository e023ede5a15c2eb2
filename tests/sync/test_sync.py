"""What clones of a project know after they met in a remote."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agilml.ledger.exchange import Exchange
from agilml.ledger.ledger import Ledger
from agilml.store.errors import RemoteUnavailable
from agilml.store.file import FileRemote
from agilml.sync import push, segments
from agilml.sync.lock import SyncRunning, sync_lock
from agilml.sync.status import status
from tests.sync.clones import Clone
from tests.sync.conftest import Make


def settle(*clones: Clone) -> None:
    """Sync until nobody has anything new for anybody."""
    for clone in (*clones, *clones):
        assert clone.sync().problems == []


def test_two_clones_and_a_third_end_with_the_same(clone: Make) -> None:
    a, b, c = clone("a"), clone("b"), clone("c")
    a.tag(a.sweep("one"), "mine")
    b.sweep("two")
    b.sweep("one")
    settle(a, b)
    assert a.digest() == b.digest()
    c.sync()
    assert c.digest() == a.digest()
    assert c.facts() == a.facts() == b.facts()


@pytest.mark.slow
def test_it_does_not_matter_who_syncs_when(clone: Make) -> None:
    known: list[Clone] = []
    for n, order in enumerate(itertools.islice(itertools.permutations("abc"), 2)):
        clones = {name: clone(f"{name}{n}") for name in "abc"}
        for name, one in clones.items():
            one.sweep("planned by all of them")
            one.tag("t-x", name)
        known += [clones[name] for name in order]
        settle(*known)
        assert len({one.digest() for one in known}) == 1


def test_a_second_sync_of_an_unchanged_ledger_asks_at_most_three_times(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    b.sweep("two")
    settle(a, b)
    for one in (a, b):
        again = one.sync()
        assert again.requests <= 3
        assert not again.changed


def test_bytes_are_proportional_to_what_is_new(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("large", trials=60, points=50)
    first = a.sync().pushed.bytes
    b.sync()
    a.sweep("small", trials=1)
    sent, taken = a.sync().pushed, b.sync().pulled
    assert (sent.segments, taken.segments) == (1, 1)
    assert sent.bytes == taken.bytes < first / 4


def test_nothing_to_send_sends_nothing(clone: Make) -> None:
    a = clone("a")
    assert a.sync().pushed.segments == 0
    assert list(Path(a.address.removeprefix("file://")).rglob("*.zst")) == []


def test_a_copied_folder_goes_on_under_a_new_origin_and_nothing_is_lost(
    clone: Make, tmp_path: Path
) -> None:
    a = clone("a")
    a.sweep("shared")
    a.sync()
    b = a.copied_to(tmp_path / "copy")
    assert a.origin() == b.origin()
    a.sweep("after, in the original")
    b.sweep("after, in the copy")
    a.sync()
    outcome = b.sync()
    assert outcome.pushed.renewed == b.origin() != a.origin()
    assert any("copy" in line for line in b.said)
    settle(a, b)
    assert a.digest() == b.digest()
    assert {"after, in the original", "after, in the copy"} <= sweeps_by_name(a)
    c = clone("c")
    c.sync()
    assert c.digest() == a.digest()


def sweeps_by_name(clone: Clone) -> set[str]:
    """Return the names of the sample sweeps that the clone knows, which their ids were made of."""
    from agilml.ledger import queries
    from agilml.model import digest, sweep_id, trial_id

    names = ("shared", "after, in the original", "after, in the copy")
    with queries.reader(clone.ledger) as db:
        known = {str(row[0]) for row in db.execute("SELECT id FROM sweep")}
    return {
        name
        for name in names
        if sweep_id(digest([name, [trial_id(digest([name, {"x": x}])) for x in range(2)]])) in known
    }


def test_a_copy_that_has_nothing_new_finds_out_too(clone: Make, tmp_path: Path) -> None:
    a = clone("a")
    a.sweep("shared")
    a.sync()
    b = a.copied_to(tmp_path / "copy")
    a.sweep("after")
    a.sync()
    b.sync()
    assert b.origin() != a.origin()
    settle(a, b)
    assert a.digest() == b.digest()


def test_a_ledger_restored_from_a_backup_takes_back_what_it_had_sent(
    clone: Make, tmp_path: Path
) -> None:
    a = clone("a")
    a.sweep("before")
    a.sync()
    shutil.copytree(a.project.state, tmp_path / "backup")
    a.sweep("after the backup")
    a.sync()
    truth = a.digest()
    shutil.rmtree(a.project.state)
    shutil.copytree(tmp_path / "backup", a.project.state)
    a.sync()
    assert a.digest() == truth


def test_facts_that_both_copies_hold_are_not_told_twice(clone: Make, tmp_path: Path) -> None:
    a = clone("a")
    a.sweep("shared, sent")
    a.sync()
    a.sweep("shared, not sent yet")
    b = a.copied_to(tmp_path / "copy")
    a.sweep("more")
    a.sync()
    b.sweep("other")
    b.sync()
    settle(a, b)
    assert a.digest() == b.digest()
    with Ledger.open(a.ledger) as ledger:
        twice = ledger.db.execute(
            "SELECT body, count(DISTINCT origin) FROM fact WHERE kind = 'attempt.ended'"
            " GROUP BY body HAVING count(DISTINCT origin) > 1"
        ).fetchall()
    assert twice == []


def test_a_lost_answer_and_a_lost_memory_change_nothing(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    with Ledger.open(a.ledger) as ledger, ledger.transaction() as tx:
        tx.db.execute("DELETE FROM segment")
    (a.project.state / "sync.json").write_text("{damaged")
    a.sweep("two")
    again = a.sync()
    assert (again.problems, again.pushed.renewed) == ([], "")
    b.sync()
    assert b.digest() == a.digest()


def head_of(clone: Clone) -> Path:
    return Path(clone.address.removeprefix("file://")) / "heads" / f"{clone.origin()}.json"


def forge_head(clone: Clone, **changes: object) -> None:
    """Write a head as anybody may who can write into the bucket."""
    from agilml.store.digests import sha256_of

    head = {**json.loads(head_of(clone).read_bytes()), **changes}
    data = json.dumps(head, separators=(",", ":")).encode()
    with clone.remote() as remote:
        remote.put(f"heads/{clone.origin()}.json", data, sha256_of(data))


def test_a_head_that_promises_too_much_is_noticed(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    forge_head(a, last=10_000)
    outcome = b.sync()
    assert [problem.origin for problem in outcome.problems] == [a.origin()]
    assert "missing" in outcome.problems[0].what
    assert b.facts() == a.facts(), "what is there is taken all the same"
    a.sync()
    assert b.sync().problems == []
    with b.place() as here:
        assert status(here.exchange, here.remote, here.seen).damaged == []


def test_a_head_that_promises_too_little_hides_nothing(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    forge_head(a, last=3)
    assert b.sync().problems == []
    assert b.facts() == a.facts()


def test_a_head_that_goes_back_is_noticed(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    b.sync()
    forge_head(a, last=3)
    assert "before" in b.sync().problems[0].what


def test_a_head_with_the_digest_of_another_history_is_noticed(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    forge_head(a, digest="0" * 64)
    assert "another fact" in b.sync().problems[0].what


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 5000, b"\xff", b'{"format":"agilml-head","version":1}', b"x" * 9000]
)
def test_a_head_that_is_none_is_named_and_the_segments_are_taken(clone: Make, data: bytes) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    head_of(a).write_bytes(data)
    outcome = b.sync()
    assert len(outcome.problems) == 1
    assert b.facts() == a.facts()
    # Its own origin puts it right.
    assert a.sync().problems == []
    assert b.sync().problems == []


def test_a_lying_head_of_our_own_is_replaced_and_gives_nobody_a_new_origin(clone: Make) -> None:
    a = clone("a")
    a.sweep("one")
    a.sync()
    origin = a.origin()
    forge_head(a, last=10_000, digest="0" * 64)
    assert a.sync().pushed.renewed == ""
    assert a.origin() == origin
    assert json.loads(head_of(a).read_bytes())["last"] == a.facts()


def test_a_missing_head_hides_its_origin_from_nobody(clone: Make) -> None:
    a, b, c = clone("a"), clone("b"), clone("c")
    a.sweep("one")
    a.sync()
    b.sync()
    a.sweep("two")
    a.sync()
    head_of(a).unlink()
    assert [problem.key for problem in b.sync().problems] == [f"heads/{a.origin()}.json"]
    assert c.sync().problems == [], "a newcomer cannot know that there was one"
    assert b.facts() == c.facts() == a.facts()
    a.sync()
    assert b.sync().problems == []


def test_the_second_of_two_syncs_waits_for_the_first(clone: Make) -> None:
    a = clone("a")
    a.sweep("one")
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with sync_lock(a.project.state):
            entered.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        entered.wait(10)
        with pytest.raises(SyncRunning, match="syncing"):
            a.sync(wait=0)
        threading.Timer(0.2, leave.set).start()
        began = time.monotonic()
        a.sync()
        assert time.monotonic() - began > 0.1
        assert any("waiting" in line for line in a.said)
    finally:
        leave.set()
        holder.join()


def test_foreign_names_in_the_bucket_are_told_and_nothing_else(clone: Make, bucket: Path) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    strange = [
        bucket / "heads" / "not-an-origin.json",
        bucket / "ledger" / a.origin() / "000000000001.jsonl.zst.part",
        bucket / "ledger" / a.origin() / "zzz",
    ]
    for path in strange:
        path.write_text("?")
    outcome = b.sync()
    assert {problem.key for problem in outcome.problems} == {
        str(path.relative_to(bucket)) for path in strange
    }
    assert b.facts() == a.facts()


def test_what_others_did_is_theirs_alone(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    settle(a, b)
    with Ledger.open(b.ledger) as ledger:
        origins = Exchange(ledger).origins()
        assert [origin.id for origin in origins] == [b.origin(), a.origin()]
        assert Exchange(ledger).head(b.origin()) == (0, "")


def test_a_copy_whose_sweep_runs_gets_its_new_origin_when_that_has_ended(
    clone: Make, tmp_path: Path
) -> None:
    from agilml.sweep.liveness import ControllerLock

    a = clone("a")
    a.sweep("shared")
    a.sync()
    b = a.copied_to(tmp_path / "copy")
    a.sweep("after")
    a.sync()
    b.sweep("other")
    lock = ControllerLock(b.project.sweep_folder("s-0123456789ab"))
    assert lock.take()
    outcome = b.sync()
    assert b.origin() == a.origin()
    assert "when s-" in outcome.problems[0].what
    lock.close()
    assert b.sync().pushed.renewed == b.origin() != a.origin()


def test_a_ledger_may_be_written_while_it_is_sent(
    clone: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A controller goes on recording; an open query would make our own rows unwritable."""
    a, b = clone("a"), clone("b")
    a.sweep("one", trials=5)
    monkeypatch.setattr(segments, "CUT_FACTS", 4)
    monkeypatch.setattr(push, "READ", 6)
    real = push._put

    def put(*given: Any) -> int:
        a.tag("t-1", f"tag-{time.monotonic_ns()}")
        return real(*given)

    monkeypatch.setattr(push, "_put", put)
    assert a.sync().problems == []
    monkeypatch.setattr(push, "_put", real)
    assert a.sync().problems == b.sync().problems == []
    assert a.digest() == b.digest()


def test_a_pull_that_is_cut_off_keeps_what_has_arrived(
    clone: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one", trials=5)
    monkeypatch.setattr(segments, "CUT_FACTS", 4)
    a.sync()
    real, left = FileRemote.get, 4

    def get(self: FileRemote, key: str, **options: Any) -> bytes:
        nonlocal left
        left -= key.startswith("ledger/")
        if left < 0:
            raise RemoteUnavailable("cut")
        return real(self, key, **options)

    monkeypatch.setattr(FileRemote, "get", get)
    with pytest.raises(RemoteUnavailable):
        b.sync()
    monkeypatch.setattr(FileRemote, "get", real)
    assert b.facts() == 16
    assert b.sync().pulled.facts == a.facts() - 16
