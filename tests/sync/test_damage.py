"""Damaged, missing, reordered and forged segments: named, isolated, put back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agilml.errors import AgilError
from agilml.ledger.exchange import Exchange
from agilml.ledger.ledger import Ledger
from agilml.ledger.refold import fold_again
from agilml.store.digests import sha256_of
from agilml.sync import segments
from agilml.sync.repair import Repaired, repair
from agilml.sync.rewriting import rewrite_segments
from agilml.sync.segments import Segment, decode
from agilml.sync.status import status
from tests.sync.clones import Clone
from tests.sync.conftest import Make


@pytest.fixture
def three(clone: Make, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a clone whose facts lie in the bucket as several segments."""
    monkeypatch.setattr(segments, "CUT_FACTS", 7)
    made = clone("writer")
    made.sweep("one", trials=5)
    made.sync()
    assert len(made.segments()) >= 4
    return made


def put(clone: Clone, key: str, data: bytes) -> None:
    """Store bytes with their digest beside them, as a forger with credentials can."""
    with clone.remote() as remote:
        remote.put(key, data, sha256_of(data))


def key_of(path: Path) -> str:
    return f"ledger/{path.parent.name}/{path.name}"


def flip(paths: list[Path]) -> int:
    data = bytearray(paths[1].read_bytes())
    data[len(data) // 2] ^= 1
    paths[1].write_bytes(data)
    return 7


def truncate(paths: list[Path]) -> int:
    paths[1].write_bytes(paths[1].read_bytes()[:40])
    return 7


def empty(paths: list[Path]) -> int:
    paths[0].write_bytes(b"")
    return 0


def delete(paths: list[Path]) -> int:
    paths[1].unlink()
    return 7


def delete_the_first(paths: list[Path]) -> int:
    paths[0].unlink()
    return 0


def delete_the_last(paths: list[Path]) -> int:
    paths[-1].unlink()
    return 7 * (len(paths) - 1)


def swap(paths: list[Path]) -> int:
    first, second = paths[1].read_bytes(), paths[2].read_bytes()
    paths[1].write_bytes(second)
    paths[2].write_bytes(first)
    return 7


def repeat(paths: list[Path]) -> int:
    paths[2].write_bytes(paths[1].read_bytes())
    return 14


DAMAGES = [
    *(flip, delete_the_last, swap),
    *(
        pytest.param(damage, marks=pytest.mark.slow)
        for damage in (truncate, empty, delete, delete_the_first, repeat)
    ),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_named_and_isolated_until_it_is_repaired(
    three: Clone, clone: Make, damage: Callable[[list[Path]], int]
) -> None:
    other, reader = clone("other"), clone("reader")
    other.sweep("two")
    other.sync()
    intact = damage(three.segments())

    outcome = reader.sync()
    assert [problem.origin for problem in outcome.problems] == [three.origin()]
    with Ledger.open(reader.ledger) as ledger:
        exchange = Exchange(ledger)
        assert exchange.head(three.origin())[0] == intact, "what is before the damage is taken"
        assert exchange.head(other.origin())[0] > 0, "the others are taken whole"
        with reader.remote() as remote:
            from agilml.sync.seen import Seen

            found = status(exchange, remote, Seen(reader.project.state / "sync.json", "x"))
    assert [problem.origin for problem in found.damaged] == [three.origin()]

    put_back = repaired(three)
    assert put_back.put_back
    assert put_back.problems == []
    assert reader.sync().problems == []
    three.sync()
    assert reader.digest() == three.digest()
    with Ledger.open(reader.ledger) as ledger:
        assert {row.state for row in Exchange(ledger).segments()} == {"taken"}


def repaired(clone: Clone) -> Repaired:
    with clone.place() as here:
        return repair(here.exchange, here.remote)


def test_a_teammate_who_holds_the_facts_can_repair_too(three: Clone, clone: Make) -> None:
    teammate, reader = clone("teammate"), clone("reader")
    teammate.sync()
    for path in three.segments()[1:3]:
        path.unlink()
    (Path(three.address.removeprefix("file://")) / "heads" / f"{three.origin()}.json").unlink()
    found = repaired(teammate)
    assert len(found.put_back) == 3
    assert reader.sync().problems == []
    assert reader.digest() == three.digest()


def test_a_repair_of_what_is_sound_writes_nothing(three: Clone) -> None:
    before = {path: path.stat().st_mtime_ns for path in three.segments()}
    found = repaired(three)
    assert (found.checked, found.put_back, found.problems) == (len(before), [], [])
    assert before == {path: path.stat().st_mtime_ns for path in three.segments()}


def test_what_nobody_here_holds_is_named_and_left(three: Clone, clone: Make) -> None:
    stranger = clone("stranger")
    flip(three.segments())
    found = repaired(stranger)
    assert found.put_back == []
    assert found.problems[0].key == key_of(three.segments()[1])


def forged(three: Clone, at: int) -> bytes:
    """Return a segment that is sound in itself and says something else than the writer's."""
    path = three.segments()[at]
    first = int(path.name.partition(".")[0])
    found = decode(path.read_bytes(), path.parent.name, first)
    fact = found.facts[0]._replace(body='{"forged":1}')
    from agilml.ledger.facts import chain

    fact = fact._replace(digest=chain(found.before, *fact[:6]))
    return Segment(found.origin, found.before, [fact]).encode()


def test_a_sound_segment_of_another_history_is_not_overwritten_by_a_repair(
    three: Clone, clone: Make
) -> None:
    reader = clone("reader")
    path = three.segments()[2]
    data = forged(three, 2)
    put(three, key_of(path), data)
    assert reader.sync().problems[0].origin == three.origin()
    found = repaired(three)
    assert any("other facts" in problem.what for problem in found.problems)
    assert path.read_bytes() == data


def test_a_fact_that_no_ledger_could_have_written_stops_its_origin_only(
    three: Clone, clone: Make
) -> None:
    from agilml.ledger.exchange import FactRow, Origin
    from agilml.ledger.facts import chain

    reader = clone("reader")
    who = Origin("e" * 32, "host", "eve", 1.0)
    for n, (kind, body) in enumerate(
        [("attempt.leased", "{}"), ("trials.planned", '{"sweep":[],"first":"x"}')]
    ):
        origin = who._replace(id=f"{n}" * 32)
        fields = (origin.id, 1, 1.0, kind, "s", body)
        fact = FactRow(*fields, chain("", *fields))
        put(
            three,
            f"ledger/{origin.id}/000000000001.jsonl.zst",
            Segment(origin, "", [fact]).encode(),
        )
    outcome = reader.sync(full=True)
    assert {problem.origin for problem in outcome.problems} == {"0" * 32, "1" * 32}
    assert reader.facts() == three.facts()


def test_a_fact_of_a_kind_that_only_newer_releases_know_is_kept_and_handed_on(
    three: Clone, clone: Make
) -> None:
    from agilml.ledger.exchange import FactRow, Origin
    from agilml.ledger.facts import chain

    reader = clone("reader")
    who = Origin("e" * 32, "host", "eve", 1.0)
    fields = (who.id, 1, 1.0, "future.thing", "s", '{"a":1}')
    fact = FactRow(*fields, chain("", *fields))
    put(three, f"ledger/{who.id}/000000000001.jsonl.zst", Segment(who, "", [fact]).encode())
    assert reader.sync(full=True).problems == []
    with Ledger.open(reader.ledger) as ledger:
        assert list(Exchange(ledger).facts(who.id)) == [fact]


def test_our_own_damaged_segment_is_named_at_every_sync_until_it_is_repaired(three: Clone) -> None:
    path = three.segments()[1]
    first = int(path.name.partition(".")[0])
    path.write_bytes(b"rubbish")
    with Ledger.open(three.ledger) as ledger, ledger.transaction() as tx:
        tx.db.execute("DELETE FROM segment")
    for _ in range(2):
        problems = three.sync().problems
        assert [problem.key for problem in problems] == [key_of(path)]
    assert repaired(three).put_back == [f"ledger/{three.origin()}/{first:012d}.jsonl.zst"]
    assert three.sync().problems == []


def test_a_purged_fact_is_taken_out_of_the_segments_as_well(three: Clone, clone: Make) -> None:
    reader = clone("reader")
    with three.place() as here:
        fact = next(f for f in here.exchange.facts(three.origin()) if f.kind == "attempt.started")
        purge(here.exchange, fact.seq, fact.body.replace("sample-host", "purged"))
        replaced = rewrite_segments(here.exchange, here.remote, [(three.origin(), fact.seq)])
    assert len(replaced) == 1
    assert fact.body.encode() not in b"".join(map(segments_text, three.segments()))
    assert three.sync().problems == []
    assert reader.sync().problems == []
    assert reader.digest() == three.digest()


def purge(exchange: Exchange, seq: int, body: str) -> None:
    """Take the body of an own fact away, with the proof that this was meant."""
    from agilml.events import FactsPurged

    ledger = exchange._ledger
    with ledger.transaction() as tx:
        digest = next(exchange.facts(ledger.origin, seq, seq)).digest
        tx.append(FactsPurged("a test", "ada", [[ledger.origin, seq, digest, body]]))
        tx.flush()
        tx.db.execute(
            "UPDATE fact SET body = ? WHERE origin = ? AND seq = ?", (body, ledger.origin, seq)
        )
        fold_again(tx.db)


def segments_text(path: Path) -> bytes:
    import zstandard

    return zstandard.ZstdDecompressor().decompress(path.read_bytes())


def test_segments_that_hold_other_facts_are_not_rewritten(three: Clone) -> None:
    put(three, key_of(three.segments()[2]), forged(three, 2))
    with three.place() as here, pytest.raises(AgilError, match="other facts"):
        rewrite_segments(here.exchange, here.remote, [(three.origin(), 15)])
