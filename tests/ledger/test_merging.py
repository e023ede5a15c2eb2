"""Several ledgers that hear of each other's facts in any order say the same in the end."""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from agilml import events as e
from agilml.errors import LedgerDamaged, StaleWrite
from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.exchange import Exchange, FactRow
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger, PlannedTrial
from agilml.ledger.refold import digest_of_tables, tables_that_differ
from agilml.model import AttemptState, Cause, SweepState, TrialState

WRITERS = 3
TRIALS = [f"t-{n}" for n in range(4)]
SWEEPS = ["s-1", "s-2"]


def structure() -> e.StructureComposed:
    return e.StructureComposed("c", "toy", {}, {"x": 0}, {"x": 0})


def planned(trials: Sequence[str]) -> list[PlannedTrial]:
    return [(trial, "c", {"x": int(trial[2:])}, {"x": int(trial[2:])}) for trial in trials]


def plan(ledger: Ledger, sweep: str, trials: Sequence[str], **flags: Any) -> None:
    spec: dict[str, Any] = {"executor": {"name": "local"}, "budget": {"trials": None}}
    event = e.SweepPlanned(sweep, "toy", "toy", "acc", "max", len(trials), spec, {"user": "ada"})
    ledger.plan(event, [structure()], planned(trials), **flags)


def execute(ledger: Ledger, sweep: str, how: Sequence[str]) -> None:
    """Let a controller of ``ledger`` execute what waits in ``sweep``; one word for each trial."""
    try:
        control = Control.take(ledger, sweep, "here", 1)
    except (StaleWrite, LookupError):
        return
    with control.turn() as turn:
        for trial, word in zip(control.waiting(), how, strict=False):
            lease = turn.lease(trial, "local:0", "runs")
            if lease is None or word == "leased":
                continue
            turn.started(lease, host="here", pid=1, pid_started=1, isolation="fork")
            if word == "running":
                continue
            turn.metrics(lease, 10, {"acc": [[0, 1], [0.5, 0.5 + lease.n / 10], [0.1, 0.2]]})
            turn.checkpoint(lease, 1, f"{lease.folder}/c1", "ab", 3, 0.5)
            ends = {
                "succeeded": (AttemptState.SUCCEEDED, TrialState.SUCCEEDED, None),
                "failed": (AttemptState.FAILED, TrialState.FAILED, Cause.USER),
                "pruned": (AttemptState.PRUNED, TrialState.PRUNED, None),
                "lost": (AttemptState.LOST, TrialState.PENDING, Cause.NODE),
            }
            state, to, cause = ends[word]
            turn.ended(lease, state, to, cause=cause, usage={"seconds": 1.0})
        turn.finish(SweepState.DONE)


def hand_over(giver: Ledger, taker: Ledger, origin: str, count: int | None = None) -> int:
    """Let ``taker`` take facts of ``origin`` that ``giver`` holds, at most ``count`` that are new to it."""
    out, into = Exchange(giver), Exchange(taker)
    (known,) = [one for one in out.origins() if one.id == origin]
    first = into.head(origin)[0] + 1
    facts = list(out.facts(origin, first, None if count is None else first + count - 1))
    return into.take(known, facts) if facts else 0


def merge_all(ledgers: Sequence[Ledger], into: Ledger, order: random.Random) -> None:
    """Let ``into`` hear everything of everybody, origin by origin and piece by piece, in any order."""
    wanted = [(giver, one.id) for giver in ledgers for one in Exchange(giver).origins()]
    while wanted:
        giver, origin = wanted[order.randrange(len(wanted))]
        if origin == into.origin or not hand_over(giver, into, origin, order.randint(1, 7)):
            wanted.remove((giver, origin))


WORDS = st.lists(
    st.sampled_from(["succeeded", "failed", "pruned", "lost", "running", "leased"]), max_size=4
)


class Team(RuleBasedStateMachine):
    """People plan, run, reopen, tag and stop, each in a ledger of their own, and sync now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        memory = Path("/dev/shm")
        where = memory if memory.is_dir() else None
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(dir=where)))
        self.ledgers: list[Ledger] = []

    def open(self, name: str) -> Ledger:
        ledger = self.stack.enter_context(Ledger.open(self.folder / f"{name}.db"))
        ledger.db.execute("PRAGMA synchronous = OFF")
        return ledger

    @initialize()
    def begin(self) -> None:
        self.ledgers = [self.open(str(n)) for n in range(WRITERS)]

    who = st.integers(0, WRITERS - 1)

    @rule(
        who=who,
        sweep=st.sampled_from(SWEEPS),
        trials=st.lists(st.sampled_from(TRIALS), min_size=1, unique=True),
        flags=st.sets(st.sampled_from(["retry", "rerun"]), max_size=1),
    )
    def plan(self, who: int, sweep: str, trials: list[str], flags: set[str]) -> None:
        # The trials are part of a sweep's identity.
        name = f"{sweep}{''.join(sorted(one[2:] for one in trials))}"
        plan(self.ledgers[who], name, sorted(trials), **dict.fromkeys(flags, True))

    def _sweep(self, who: int, at: int) -> str | None:
        rows = self.ledgers[who].db.execute("SELECT id FROM sweep ORDER BY id").fetchall()
        return str(rows[at % len(rows)][0]) if rows else None

    @rule(who=who, at=st.integers(0, 9), how=WORDS)
    def execute(self, who: int, at: int, how: list[str]) -> None:
        sweep = self._sweep(who, at)
        if sweep is not None and self.ledgers[who]._planned_here(sweep):
            execute(self.ledgers[who], sweep, how)

    @rule(who=who, at=st.integers(0, 9), retry=st.booleans())
    def resume(self, who: int, at: int, retry: bool) -> None:
        sweep = self._sweep(who, at)
        if sweep is not None:
            self.ledgers[who].resume(sweep, "ada", retry=retry)

    @rule(who=who, at=st.integers(0, 9))
    def stop(self, who: int, at: int) -> None:
        sweep = self._sweep(who, at)
        if sweep is not None:
            self.ledgers[who].request_stop(sweep, "bob")

    @rule(who=who, trial=st.sampled_from(TRIALS))
    def cancel(self, who: int, trial: str) -> None:
        self.ledgers[who].request_cancel(trial, "bob")

    @rule(who=who, trial=st.sampled_from(TRIALS), tag=st.sampled_from("ab"), on=st.booleans())
    def tag(self, who: int, trial: str, tag: str, on: bool) -> None:
        self.ledgers[who].tag(trial, tag, on=on, by="ada")
        self.ledgers[who].note(trial, f"{tag} {on}", by="ada")

    @rule(giver=who, taker=who, origin=who, count=st.integers(1, 9))
    def sync(self, giver: int, taker: int, origin: int, count: int) -> None:
        whose = self.ledgers[origin].origin
        known = {one.id for one in Exchange(self.ledgers[giver]).origins()}
        if giver != taker and whose != self.ledgers[taker].origin and whose in known:
            hand_over(self.ledgers[giver], self.ledgers[taker], whose, count)

    @invariant()
    def tables_are_what_the_facts_say(self) -> None:
        for ledger in self.ledgers:
            assert not tables_that_differ(ledger.db)

    def teardown(self) -> None:
        try:
            if self.ledgers:
                self.check()
        finally:
            self.stack.close()

    def check(self) -> None:
        seed = random.Random(len(self.ledgers[0].db.execute("SELECT 1 FROM fact").fetchall()))
        fresh = [self.open(f"fresh{n}") for n in range(2)]
        for ledger in (*fresh, *self.ledgers):
            merge_all(self.ledgers, ledger, seed)
        digests = {digest_of_tables(ledger.db) for ledger in (*fresh, *self.ledgers)}
        assert len(digests) == 1
        listed = set()
        for ledger in (*fresh, *self.ledgers):
            assert not tables_that_differ(ledger.db)
            for one in Exchange(ledger).origins():
                verify_chain(ledger.db, one.id)
            with queries.reader(ledger.path) as db:
                runs = [
                    (row.run, row.state, row.attempt, row.attempts, str(row.metrics), str(row.tags))
                    for row in sorted(queries.newest_runs(db), key=lambda row: row.run)
                ]
            listed.add(str(runs))
        assert len(listed) == 1


Team.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
class TestTeam(Team.TestCase):  # type: ignore[misc, valid-type]
    """What a team does, tried out."""


@pytest.fixture
def two(tmp_path: Path) -> Any:
    with Ledger.open(tmp_path / "a.db") as first, Ledger.open(tmp_path / "b.db") as second:
        yield first, second


def state(ledger: Ledger, trial: str) -> tuple[str, str | None, int]:
    row = ledger.db.execute("SELECT state, here, attempts FROM trial WHERE id = ?", (trial,))
    found: tuple[str, str | None, int] = row.fetchone()
    return found


def test_what_a_teammate_has_done_is_kept(two: tuple[Ledger, Ledger]) -> None:
    mine, theirs = two
    plan(theirs, "s-1", ["t-0", "t-1"])
    execute(theirs, "s-1", ["succeeded"])
    hand_over(theirs, mine, theirs.origin)
    assert ("succeeded", None, 1) == state(mine, "t-0")
    plan(mine, "s-2", ["t-0", "t-1"])
    assert ("succeeded", "succeeded", 1) == state(mine, "t-0")
    assert ["t-1"] == Control.take(mine, "s-2", "here", 1).waiting()


def test_what_a_teammate_runs_now_is_run_here_all_the_same(two: tuple[Ledger, Ledger]) -> None:
    mine, theirs = two
    for ledger in two:
        plan(ledger, "s-1", ["t-0"])
    execute(theirs, "s-1", ["running"])
    hand_over(theirs, mine, theirs.origin)
    assert ("running", "pending", 1) == state(mine, "t-0")
    execute(mine, "s-1", ["succeeded"])
    assert ("succeeded", "succeeded", 2) == state(mine, "t-0")
    hand_over(mine, theirs, mine.origin)
    assert ("succeeded", "running", 2) == state(theirs, "t-0")


def test_a_sweep_that_a_teammate_planned_is_taken_over(two: tuple[Ledger, Ledger]) -> None:
    mine, theirs = two
    plan(theirs, "s-1", TRIALS)
    execute(theirs, "s-1", ["succeeded", "running"])
    hand_over(theirs, mine, theirs.origin)
    with pytest.raises(Exception, match="planned here"):
        Control.take(mine, "s-1", "here", 1)
    mine.resume("s-1", "ada")
    execute(mine, "s-1", ["succeeded"] * 4)
    counts = mine.db.execute("SELECT state, count(*) FROM trial GROUP BY 1").fetchall()
    assert [("succeeded", 4)] == counts
    hand_over(mine, theirs, mine.origin)
    assert digest_of_tables(mine.db) == digest_of_tables(theirs.db)


def test_a_stop_that_somebody_asks_for_elsewhere_is_heard(two: tuple[Ledger, Ledger]) -> None:
    mine, theirs = two
    plan(theirs, "s-1", TRIALS)
    control = Control.take(theirs, "s-1", "there", 1)
    hand_over(theirs, mine, theirs.origin)
    assert mine.request_stop("s-1", "ada")
    hand_over(mine, theirs, mine.origin)
    assert (True, []) == control.requests()


def test_the_last_word_counts_even_if_its_clock_is_a_day_slow(
    two: tuple[Ledger, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    mine, theirs = two
    theirs.tag("t-0", "best", on=True, by="ada")
    hand_over(theirs, mine, theirs.origin)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 86_400)
    mine.tag("t-0", "best", on=False, by="bob")
    hand_over(mine, theirs, mine.origin)
    for ledger in two:
        assert not ledger.db.execute("SELECT 1 FROM tag").fetchall()


@pytest.mark.parametrize("harm", ["altered", "missing", "reordered", "renamed", "senseless"])
def test_harmed_facts_are_refused_as_a_whole_and_named(
    two: tuple[Ledger, Ledger], harm: str
) -> None:
    mine, theirs = two
    plan(theirs, "s-1", TRIALS)
    known, facts = Exchange(theirs).own, list(Exchange(theirs).facts(theirs.origin))
    harmed: list[FactRow] = {
        "altered": [*facts[:2], facts[2]._replace(body=facts[2].body + " ")],
        "missing": [facts[0], facts[2]],
        "reordered": [facts[1], facts[0]],
        "renamed": [fact._replace(origin="f" * 32) for fact in facts],
        "senseless": [facts[0]._replace(body="[]")],
    }[harm]
    with pytest.raises(LedgerDamaged, match="fact"):
        Exchange(mine).take(known, harmed)
    assert 0 == Exchange(mine).head(theirs.origin)[0]
    assert len(facts) == Exchange(mine).take(known, facts)
    assert 0 == Exchange(mine).take(known, facts)


def test_a_copied_folder_gets_an_origin_of_its_own(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "a.db") as first:
        plan(first, "s-1", TRIALS)
        execute(first, "s-1", ["succeeded", "lost"])
        both = Exchange(first).head(first.origin)[0]
    shutil.copyfile(tmp_path / "a.db", tmp_path / "b.db")
    with Ledger.open(tmp_path / "a.db") as first, Ledger.open(tmp_path / "b.db") as second:
        assert first.origin == second.origin
        execute(first, "s-1", ["succeeded", "failed"])
        execute(second, "s-1", ["pruned", "succeeded", "succeeded"])
        plan(second, "s-2", ["t-0", "t-3"])
        second.tag("t-1", "mine", on=True, by="bob")
        new = Exchange(second).renew(both)
        assert new == second.origin != first.origin
        assert both == Exchange(second).head(first.origin)[0]
        assert not tables_that_differ(second.db)
        for one in Exchange(second).origins():
            verify_chain(second.db, one.id)
        hand_over(first, second, first.origin)
        hand_over(second, first, second.origin)
        assert digest_of_tables(first.db) == digest_of_tables(second.db)
        attempts = first.db.execute("SELECT id FROM attempt").fetchall()
        assert len(attempts) == 7
        states = dict(first.db.execute("SELECT id, state FROM trial").fetchall())
        assert states == dict.fromkeys(TRIALS, "succeeded")


def test_a_purged_fact_loses_its_words_everywhere_and_the_chain_holds(
    two: tuple[Ledger, Ledger], tmp_path: Path
) -> None:
    mine, theirs = two
    plan(theirs, "s-1", ["t-0"])
    theirs.note("t-0", "the password is hunter2", by="ada")
    hand_over(theirs, mine, theirs.origin)
    (fact,) = [one for one in Exchange(theirs).facts(theirs.origin) if one.kind == "note.set"]
    body = fact.body.replace("hunter2", "«gone»")
    theirs.purge([(fact.origin, fact.seq, fact.digest, body)], reason="a secret", by="ada")
    hand_over(theirs, mine, theirs.origin)
    with Ledger.open(tmp_path / "fresh.db") as fresh:
        facts = list(Exchange(theirs).facts(theirs.origin))
        for one in facts:
            Exchange(fresh).take(Exchange(theirs).own, [one])
        for ledger in (mine, theirs, fresh):
            assert not any("hunter2" in line for line in ledger.db.iterdump())
            assert ("the password is «gone»",) == ledger.db.execute(
                "SELECT text FROM note"
            ).fetchone()
            assert len(facts) == verify_chain(ledger.db, theirs.origin)
            assert not tables_that_differ(ledger.db)
        assert 1 == len({digest_of_tables(one.db) for one in (mine, theirs, fresh)})


def test_a_body_that_was_emptied_without_a_purge_is_damage(two: tuple[Ledger, Ledger]) -> None:
    mine, _ = two
    plan(mine, "s-1", ["t-0"])
    mine.note("t-0", "something", by="ada")
    mine.db.execute("UPDATE fact SET body = '{}' WHERE kind = 'note.set'")
    with pytest.raises(LedgerDamaged, match="altered"):
        verify_chain(mine.db, mine.origin)


@pytest.mark.slow
@pytest.mark.parametrize("mistake", ["last_to_arrive_wins", "first_to_plan_owns", "rank_by_chance"])
def test_a_planted_mistake_of_merging_is_found(
    mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agilml.ledger import parts, tables, tables_records

    if mistake == "last_to_arrive_wins":
        monkeypatch.setattr(tables_records, "_LATER", "true")
    elif mistake == "first_to_plan_owns":
        monkeypatch.setattr(tables, "_known", lambda db, trials: set())
    else:
        asked = itertools.count()
        monkeypatch.setattr(parts, "_trial_rank", lambda _: -(next(asked) * 7 % 5))
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever it breaks, it is noticed
        run_state_machine_as_test(
            Team,
            settings=settings(
                Team.TestCase.settings, max_examples=60, database=None, phases=[Phase.generate]
            ),
        )
