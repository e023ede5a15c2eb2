"""What the tables say does not depend on whose facts came first; nobody's facts change another's attempts."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agilml import events as e
from agilml.errors import LedgerDamaged
from agilml.ledger.control import Control
from agilml.ledger.encoding import encode
from agilml.ledger.exchange import Exchange, FactRow
from agilml.ledger.facts import chain, verify_chain
from agilml.ledger.ledger import Ledger
from agilml.ledger.refold import digest_of_tables, tables_that_differ
from agilml.ledger.tables_attempts import points_of
from agilml.model import AttemptState, SweepState, TrialState
from tests.ledger.test_merging import execute, hand_over, plan

Open = Callable[[str], Ledger]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    ledgers: list[Ledger] = []

    def open_(name: str) -> Ledger:
        ledgers.append(Ledger.open(tmp_path / f"{name}.db"))
        return ledgers[-1]

    yield open_
    for ledger in ledgers:
        ledger.close()


def in_any_order(open_: Open, ledgers: Sequence[Ledger]) -> set[str]:
    """Return the digests of fresh ledgers that took everybody's facts, in every order of origins."""
    digests = {digest_of_tables(ledger.db) for ledger in ledgers}
    for n, order in enumerate(itertools.permutations(ledgers)):
        fresh = open_(f"order{n}")
        for ledger in order:
            hand_over(ledger, fresh, ledger.origin)
        assert not tables_that_differ(fresh.db)
        digests.add(digest_of_tables(fresh.db))
    return digests


def meet(ledgers: Sequence[Ledger]) -> None:
    for giver, taker in itertools.permutations(ledgers, 2):
        hand_over(giver, taker, giver.origin)


def shown(ledger: Ledger, trial: str) -> tuple[str, str | None]:
    row = ledger.db.execute("SELECT state, attempt FROM trial WHERE id = ?", (trial,)).fetchone()
    return str(row[0]), row[1]


@pytest.mark.parametrize("how", ["succeeded", "pruned"])
def test_a_trial_that_is_kept_shows_what_its_origin_says(opened: Open, how: str) -> None:
    theirs, mine = opened("a"), opened("b")
    plan(theirs, "s-1", ["t-0"])
    execute(theirs, "s-1", [how])
    hand_over(theirs, mine, theirs.origin)
    plan(mine, "s-2", ["t-0", "t-1"])
    assert shown(theirs, "t-0") == shown(mine, "t-0")
    assert Control.take(mine, "s-2", "here", 1).waiting() == ["t-1"]
    hand_over(mine, theirs, mine.origin)
    assert len(in_any_order(opened, [theirs, mine])) == 1
    assert shown(theirs, "t-0")[0] == how


def test_a_trial_that_was_cancelled_elsewhere_is_executed_when_it_is_asked_for_here(
    opened: Open,
) -> None:
    theirs, mine = opened("a"), opened("b")
    plan(theirs, "s-1", ["t-0"])
    control = Control.take(theirs, "s-1", "there", 1)
    with control.turn() as turn:
        lease = turn.lease("t-0", "local:0", "runs")
        assert lease is not None
        turn.started(lease, host="there", pid=1, pid_started=1, isolation="fork")
    theirs.request_cancel("t-0", "ada")
    with control.turn() as turn:
        turn.ended(lease, AttemptState.CANCELLED, TrialState.CANCELLED)
        turn.finish(SweepState.DONE)
    hand_over(theirs, mine, theirs.origin)
    plan(mine, "s-2", ["t-0"])
    execute(mine, "s-2", ["succeeded"])
    assert shown(mine, "t-0")[0] == "succeeded"


def test_a_trial_that_two_composed_differently_is_the_same_in_any_order(opened: Open) -> None:
    ledgers = [opened("a"), opened("b")]
    for n, ledger in enumerate(ledgers):
        made = e.StructureComposed(f"c{n}", "toy", {}, {"x": n}, {"x": n})
        event = e.SweepPlanned(f"s-{n}", "toy", "toy", "acc", "max", 1, {}, {})
        ledger.plan(event, [made], [("t-0", f"c{n}", {"x": 5, "y": n}, {})])
    meet(ledgers)
    assert len(in_any_order(opened, ledgers)) == 1


def test_an_attempt_resumed_twice_over_origins_has_the_same_metrics_in_any_order(
    opened: Open,
) -> None:
    theirs, mine = opened("a"), opened("b")
    plan(theirs, "s-1", ["t-0"])
    control = Control.take(theirs, "s-1", "there", 1)
    with control.turn() as turn:
        first = turn.lease("t-0", "local:0", "runs")
        assert first is not None
        turn.started(first, host="there", pid=1, pid_started=1, isolation="fork")
        turn.metrics(first, 10, {"acc": [[0, 1], [0.9, 0.5], [0.1, 0.2]]})
    hand_over(theirs, mine, theirs.origin)
    mine.resume("s-1", "ada")
    control = Control.take(mine, "s-1", "here", 1)
    source, leases = first.attempt, []
    for step in (2, 3):
        with control.turn() as turn:
            lease = turn.lease("t-0", "local:0", "runs")
            assert lease is not None
            turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
            assert turn.resumed(lease, source, step - 1)
            turn.metrics(lease, 10, {"acc": [[step], [0.6], [0.1]]})
            turn.ended(lease, AttemptState.LOST, TrialState.PENDING)
        source = lease.attempt
        leases.append(lease)
    hand_over(mine, theirs, mine.origin)
    assert len(points_of(mine.db, source)["acc"]) == 4
    assert len(in_any_order(opened, [theirs, mine])) == 1


def test_a_purge_in_a_copied_folder_takes_nothing_from_the_other_copy(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "a.db") as first:
        plan(first, "s-1", ["t-0"])
        both = Exchange(first).head(first.origin)[0]
    shutil.copyfile(tmp_path / "a.db", tmp_path / "b.db")
    with Ledger.open(tmp_path / "a.db") as first, Ledger.open(tmp_path / "b.db") as second:
        first.note("t-0", "of the first", by="ada")
        second.note("t-1", "hunter2", by="bob")
        (fact,) = [one for one in Exchange(second).facts(second.origin) if one.kind == "note.set"]
        body = fact.body.replace("hunter2", "gone")
        second.purge([(fact.origin, fact.seq, fact.digest, body)], reason="a secret", by="bob")
        Exchange(second).renew(both)
        hand_over(first, second, first.origin)
        hand_over(second, first, second.origin)
        for ledger in (first, second):
            notes = dict(ledger.db.execute("SELECT target, text FROM note").fetchall())
            assert notes == {"t-0": "of the first", "t-1": "gone"}
            for one in Exchange(ledger).origins():
                verify_chain(ledger.db, one.id)
        assert digest_of_tables(first.db) == digest_of_tables(second.db)


def told(origin: str, kind: str, body: dict[str, object]) -> FactRow:
    """Return the first fact of an origin, soundly chained, whatever it says."""
    text = encode(body)
    digest = chain("", origin, 1, 1.0, kind, "subject", text)
    return FactRow(origin, 1, 1.0, kind, "subject", text, digest)


def hostile(attempt: str) -> dict[str, e.Event]:
    leased = e.AttemptLeased(attempt, "t-0", 1, 1, "s-1", 1, "local:0", "runs")
    return {
        "metrics": e.MetricsLogged(attempt, 9999, {"acc": [[0], [7.0], [0.0]]}),
        "checkpoint": e.CheckpointSaved(attempt, "t-0", 1, "../../x", "ab", 3),
        "leased": leased,
        "resumed": e.AttemptResumed(attempt, attempt, 1),
        "decided": e.StopDecided(attempt, "t-0", "prune", "x", 1, 0.1, "because"),
        "hardware": e.HardwareSampled(attempt, 1.0, 1.0, {"cpu_percent": [1.0]}),
        "data": e.DataRead(attempt, "d", "prod", "train", "ab" * 32, 1, 1),
        "warned": e.AttemptWarned(attempt, "boo"),
    }


@pytest.mark.parametrize("what", sorted(hostile("t-0.1-abcdef")))
def test_nobody_writes_about_attempts_of_another_origin(opened: Open, what: str) -> None:
    theirs, mine = opened("a"), opened("b")
    plan(mine, "s-1", ["t-0"])
    control = Control.take(mine, "s-1", "here", 1)
    with control.turn() as turn:
        lease = turn.lease("t-0", "local:0", "runs")
        assert lease is not None
        turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
    before = digest_of_tables(mine.db)
    known, event = Exchange(theirs).own, hostile(lease.attempt)[what]
    with pytest.raises(LedgerDamaged, match="another origin"):
        Exchange(mine).take(known, [told(known.id, event.kind, event.body())])
    assert digest_of_tables(mine.db) == before


def test_what_a_copy_has_finished_keeps_its_result_under_a_new_origin(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "a.db") as first:
        plan(first, "s-1", ["t-0"])
        control = Control.take(first, "s-1", "here", 1)
        with control.turn() as turn:
            lease = turn.lease("t-0", "local:0", "runs")
            assert lease is not None
            turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
            turn.metrics(lease, 10, {"acc": [[0, 1], [0.1, 0.2], [0.1, 0.2]]})
        both = Exchange(first).head(first.origin)[0]
        first.checkpoint()
        shutil.copyfile(tmp_path / "a.db", tmp_path / "b.db")
        with control.turn() as turn:
            turn.metrics(lease, 20, {"acc": [[2], [0.9], [0.3]]})
            turn.ended(lease, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
            turn.finish(SweepState.DONE)
        with Ledger.open(tmp_path / "b.db") as second:
            again = Control.take(second, "s-1", "here", 2)
            with again.turn() as turn:
                turn.ended(lease, AttemptState.LOST, TrialState.PENDING)
            Exchange(first).renew(both)
            assert not tables_that_differ(first.db)
            meet([first, second])
            for ledger in (first, second):
                state, attempt = shown(ledger, "t-0")
                assert state == "succeeded"
                assert attempt is not None
                assert [value for _, value, _ in points_of(ledger.db, attempt)["acc"]] == [
                    0.1,
                    0.2,
                    0.9,
                ]
                row = ledger.db.execute("SELECT n, last FROM metric WHERE attempt = ?", (attempt,))
                assert row.fetchone() == (3, 0.9)
                opened = ledger.db.execute("SELECT count(*) FROM attempt WHERE ended IS NULL")
                assert opened.fetchone() == (0,)
            assert digest_of_tables(first.db) == digest_of_tables(second.db)


def test_a_sweep_that_was_stopped_by_a_fast_clock_starts_when_it_is_planned_here(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    theirs, mine = opened("a"), opened("b")
    now = time.time()
    with monkeypatch.context() as fast:
        fast.setattr(time, "time", lambda: now + 3600)
        plan(theirs, "s-1", ["t-0"])
        assert theirs.request_stop("s-1", "ada")
    hand_over(theirs, mine, theirs.origin)
    plan(mine, "s-1", ["t-0"])
    assert Control.take(mine, "s-1", "here", 1).requests() == (False, [])


def test_a_large_purge_is_told_in_facts_that_fit_into_segments(opened: Open) -> None:
    mine, theirs = opened("a"), opened("b")
    mine.record(*(e.NoteSet(f"t-{n}", "secret " * 20, "ada", 1.0) for n in range(4_000)))
    hand_over(mine, theirs, mine.origin)
    facts = list(Exchange(mine).facts(mine.origin))
    mine.purge(
        [(f.origin, f.seq, f.digest, f.body.replace("secret", "******")) for f in facts],
        reason="a secret",
        by="ada",
    )
    told = list(Exchange(mine).facts(mine.origin, len(facts) + 1))
    assert len(told) > 1
    assert max(len(fact.body) for fact in told) < 1 << 21
    hand_over(mine, theirs, mine.origin)
    assert not any(
        "secret secret" in str(row) for row in theirs.db.execute("SELECT text FROM note")
    )
    assert not tables_that_differ(theirs.db)


@pytest.mark.parametrize(
    ("event", "field", "value"),
    [
        (e.SweepEnded("s-1", "done"), "state", "gone"),
        (e.AttemptEnded("t-0.1-{mark}", "t-0", "failed", "failed"), "state", "gone"),
        (e.AttemptEnded("t-0.1-{mark}", "t-0", "failed", "failed"), "trial_state", ""),
        (e.NoteSet("t-0", "hello", "ada", 1.0), "text", ["hello"]),
        (e.NoteSet("t-0", "hello", "ada", 1.0), "clock", "late"),
        (e.CheckpointSaved("t-0.1-{mark}", "t-0", 1, "runs/c", "ab", 3), "folder", "../../etc"),
        (e.CheckpointSaved("t-0.1-{mark}", "t-0", 1, "runs/c", "ab", 3), "folder", "/etc"),
        (e.AttemptResumed("t-0.1-{mark}", "t-0.1-ffffff", 1), "step", "last"),
        (
            e.MetricsLogged("t-0.1-{mark}", 1, {"acc": [[0], [0.1], [0.1]]}),
            "series",
            {"acc": [[0], [{}], [0]]},
        ),
        (
            e.MetricsLogged("t-0.1-{mark}", 1, {"acc": [[0], [0.1], [0.1]]}),
            "series",
            {"acc": [["a"], [1.0], [0]]},
        ),
    ],
)
def test_what_no_ledger_has_written_is_refused_before_a_table_holds_it(
    opened: Open, event: e.Event, field: str, value: object
) -> None:
    theirs, mine = opened("a"), opened("b")
    who = Exchange(theirs).own
    sound = {
        name: said.format(mark=who.id[:6]) if isinstance(said, str) else said
        for name, said in event.body().items()
    }
    with pytest.raises(LedgerDamaged, match="makes no sense"):
        Exchange(mine).take(who, [told(who.id, event.kind, {**sound, field: value})])
    assert Exchange(mine).take(who, [told(who.id, event.kind, sound)]) == 1
