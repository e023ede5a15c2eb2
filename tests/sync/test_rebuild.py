"""A damaged ledger made anew from what is left of it and from the remote."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agilml.errors import AgilError, LedgerLocked
from agilml.sync.rebuild import Report, rebuild
from tests.sync.clones import Clone
from tests.sync.conftest import Make


def rebuilt(clone: Clone, *, alone: bool = False) -> Report:
    with clone.remote() as remote:
        return rebuild(clone.project, None if alone else remote)


def ruin(clone: Clone) -> None:
    """Leave nothing readable of the file."""
    for ending in ("-wal", "-shm"):
        Path(f"{clone.ledger}{ending}").unlink(missing_ok=True)
    clone.ledger.write_bytes(b"nothing is left" * 1000)


def test_segments_alone_make_the_same_ledger_under_the_same_origin(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    b.sweep("two")
    b.sync()
    a.sweep("one")
    a.sync()
    truth, origin, facts = a.digest(), a.origin(), a.facts()
    ruin(a)
    report = rebuilt(a)
    assert (report.facts, report.salvaged, report.lost) == (facts, 0, {})
    assert (a.digest(), a.origin()) == (truth, origin)
    assert Path(report.aside).read_bytes().startswith(b"nothing is left")
    a.sweep("three")
    outcome = a.sync()
    assert (outcome.problems, outcome.pushed.renewed) == ([], "")
    b.sync()
    assert b.digest() == a.digest()


def test_the_readable_part_alone_makes_a_ledger(clone: Make) -> None:
    a = clone("a")
    a.sweep("one")
    truth, facts = a.digest(), a.facts()
    with sqlite3.connect(a.ledger) as db:
        db.execute("UPDATE metric SET last = 99")
        db.execute("DELETE FROM attempt")
    report = rebuilt(a, alone=True)
    assert (report.facts, report.salvaged) == (facts, facts)
    assert a.digest() == truth


def test_facts_that_were_never_sent_are_saved_and_sent_later(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("sent")
    a.sync()
    a.sweep("not sent")
    truth = a.digest()
    with sqlite3.connect(a.ledger) as db:
        # A hole in what the remote holds.
        db.execute("DELETE FROM fact WHERE seq BETWEEN 3 AND 6")
    report = rebuilt(a)
    assert report.lost == {}
    assert 0 < report.salvaged < report.facts
    assert a.digest() == truth
    a.sync()
    b.sync()
    assert b.digest() == truth


def test_what_nobody_holds_is_told(clone: Make) -> None:
    a = clone("a")
    a.sweep("one")
    facts = a.facts()
    with sqlite3.connect(a.ledger) as db:
        db.execute("UPDATE fact SET body = '{}' WHERE seq = 9")
    report = rebuilt(a)
    assert report.facts == 8
    assert report.lost == {a.origin(): facts - 8}


def test_nothing_is_put_aside_where_nothing_can_be_had(clone: Make) -> None:
    a = clone("a")
    a.sweep("one")
    ruin(a)
    before = a.ledger.read_bytes()
    with pytest.raises(AgilError, match="not one fact"):
        rebuilt(a, alone=True)
    assert a.ledger.read_bytes() == before
    assert list(a.project.state.glob("*.damaged*")) == list(a.project.state.glob("*.rebuil*")) == []


def test_a_ledger_that_somebody_has_open_is_not_moved(clone: Make) -> None:
    a = clone("a")
    a.sweep("one")
    code = f"import sqlite3,sys; db=sqlite3.connect({str(a.ledger)!r}); db.execute('SELECT 1 FROM fact')"
    holder = subprocess.Popen(
        [sys.executable, "-c", f"{code}; print(flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LedgerLocked, match=str(holder.pid)):
            rebuilt(a, alone=True)
    finally:
        holder.communicate()
    rebuilt(a, alone=True)


def test_facts_in_the_write_ahead_log_are_saved_too(clone: Make, tmp_path: Path) -> None:
    a = clone("a")
    a.sweep("one")
    truth = a.digest()
    # A process that died: its facts are in the log only.
    code = (
        "import os,sys; from pathlib import Path; from agilml.ledger.ledger import Ledger\n"
        f"l=Ledger.open(Path({str(a.ledger)!r})); l.tag('t-1','late',on=True,by='x'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert Path(f"{a.ledger}-wal").stat().st_size > 0
    report = rebuilt(a, alone=True)
    assert a.digest() != truth
    assert report.lost == {}
    with sqlite3.connect(a.ledger) as db:
        assert db.execute("SELECT tag FROM tag").fetchall() == [("late",)]


@pytest.mark.slow
def test_any_damage_is_repaired_to_the_same_ledger_or_told(clone: Make) -> None:
    a, rng = clone("a"), random.Random(1)
    a.sweep("one", trials=20)
    a.sync()
    truth, facts = a.digest(), a.facts()
    sound = a.ledger.read_bytes()
    for n in range(60):
        data = bytearray(sound)
        for _ in range(rng.choice((1, 5, 50))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if n % 4 == 0:
            del data[rng.randrange(len(data)) :]
        for ending in ("-wal", "-shm"):
            Path(f"{a.ledger}{ending}").unlink(missing_ok=True)
        a.ledger.write_bytes(data)
        report = rebuilt(a)
        assert report.facts == facts
        assert a.digest() == truth
        for path in a.project.state.glob("*.damaged*"):
            path.unlink()


def test_the_damaged_files_of_one_second_do_not_replace_each_other(
    clone: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = clone("a")
    a.sweep("one")
    a.sync()
    monkeypatch.setattr(time, "gmtime", lambda: time.struct_time((2026, 1, 2, 3, 4, 5, 0, 0, 0)))
    for _ in range(3):
        ruin(a)
        rebuilt(a)
    assert len(list(a.project.state.glob("ledger.db.damaged-*"))) == 3
