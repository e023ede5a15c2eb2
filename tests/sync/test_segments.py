from __future__ import annotations

import hashlib
import json
import math
import random
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from agilml.events import MetricsLogged
from agilml.ledger.encoding import encode
from agilml.ledger.exchange import FactRow, Origin
from agilml.ledger.facts import chain
from agilml.sync import segments
from agilml.sync.errors import SegmentDamaged
from agilml.sync.segments import Segment, cut, decode

WHO = Origin("0123456789abcdef" * 2, "a-host", "ada", 1_780_000_000.5)


def facts_of(bodies: list[Any], first: int = 1, before: str = "") -> list[FactRow]:
    found, previous = [], before
    for seq, body in enumerate(bodies, first):
        fields = (WHO.id, seq, 1.5 + seq, "tag.set", f"t-{seq}", encode(body))
        previous = chain(previous, *fields)
        found.append(FactRow(*fields, previous))
    return found


def sample(count: int = 5, first: int = 1) -> Segment:
    before = "" if first == 1 else "ab" * 32
    return Segment(WHO, before, facts_of([{"n": n} for n in range(count)], first, before))


def tampered(segment: Segment, change: Any) -> bytes:
    """Return the segment with its header changed, and everything else put right around it."""
    text = zstandard.ZstdDecompressor().decompress(segment.encode())
    head, _, content = text.partition(b"\n")
    header = json.loads(head)
    content = change(header, content) or content
    line = json.dumps(header, separators=(",", ":")).encode() + b"\n"
    return zstandard.ZstdCompressor().compress(line + content)


def test_what_is_read_is_what_was_written() -> None:
    segment = sample(first=8)
    assert decode(segment.encode(), WHO.id, 8) == segment
    assert (segment.first, segment.last) == (8, 12)


def test_the_same_facts_are_the_same_bytes() -> None:
    assert sample().encode() == sample().encode()


def test_a_segment_is_lines_of_json_for_any_other_program() -> None:
    text = zstandard.ZstdDecompressor().decompress(sample(2).encode()).decode()
    header, *facts = [json.loads(line) for line in text.splitlines()]
    assert header["format"] == "agilml-segment"
    assert (header["first"], header["last"], header["count"]) == (1, 2, 2)
    assert [fact["body"] for fact in facts] == [{"n": 0}, {"n": 1}]


TEXT = st.text(alphabet=st.characters(exclude_categories=[]), max_size=30)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(TEXT, JSON, max_size=4), min_size=1, max_size=4))
def test_any_body_comes_back_as_the_text_that_its_digest_is_of(bodies: list[Any]) -> None:
    segment = Segment(WHO, "", facts_of(bodies))
    assert decode(segment.encode(), WHO.id, 1) == segment


@given(TEXT, st.floats(allow_nan=False, allow_infinity=False))
def test_any_subject_and_any_time_come_back(subject: str, at: float) -> None:
    fields = (WHO.id, 1, at, "note.set", subject, "{}")
    segment = Segment(WHO, "", [FactRow(*fields, chain("", *fields))])
    assert decode(segment.encode(), WHO.id, 1) == segment


def test_a_purged_fact_keeps_its_digest_and_the_chain_goes_on() -> None:
    facts = facts_of([{"secret": 1}, {"n": 2}, {"n": 3}])
    facts[1] = facts[1]._replace(body='{"purged":true}', purged=True)
    found = decode(Segment(WHO, "", facts).encode(), WHO.id, 1)
    assert found.facts == facts
    assert [fact.purged for fact in found.facts] == [False, True, False]


def test_every_flipped_bit_is_noticed_or_changes_nothing() -> None:
    data, unchanged = sample().encode(), []
    for at in range(len(data)):
        for bit in range(8):
            hurt = bytearray(data)
            hurt[at] ^= 1 << bit
            try:
                assert decode(bytes(hurt), WHO.id, 1) == sample()
            except SegmentDamaged:
                continue
            unchanged.append((at, bit))
    # Bits of zstd's own that mean nothing; the digest beside the object knows them too.
    assert len(unchanged) < 20


def test_every_cut_and_everything_appended_is_noticed() -> None:
    data = sample().encode()
    for length in range(len(data)):
        with pytest.raises(SegmentDamaged):
            decode(data[:length], WHO.id, 1)
    for more in (b"\0", data, b"x" * 100):
        with pytest.raises(SegmentDamaged):
            decode(data + more, WHO.id, 1)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(SegmentDamaged):
        decode(data, WHO.id, 1)
    with pytest.raises(SegmentDamaged):
        decode(zstandard.ZstdCompressor().compress(data), WHO.id, 1)


def _swap(header: dict[str, Any], content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    return _signed(header, b"".join(lines))


def _signed(header: dict[str, Any], content: bytes) -> bytes:
    header["sha256"] = hashlib.sha256(content).hexdigest()
    return content


FORGERIES = {
    "another origin": lambda h, _: h.update(origin="f" * 32),
    "another first": lambda h, _: h.update(first=2, last=6),
    "another count": lambda h, _: h.update(count=4, last=4),
    "a count that is true": lambda h, _: h.update(count=True, last=1),
    "a last that does not fit": lambda h, _: h.update(last=99),
    "a future version": lambda h, _: h.update(version=2),
    "another format": lambda h, _: h.update(format="tar"),
    "another end": lambda h, _: h.update(after="0" * 64),
    "another start": lambda h, _: h.update(before="0" * 64),
    "a start that is a number": lambda h, _: h.update(before=0),
    "a field too many": lambda h, _: h.update(more=1),
    "a field too few": lambda h, _: h.pop("user") and None,
    "a host as long as a book": lambda h, _: h.update(host="x" * 3000),
    "a time that is a text": lambda h, _: h.update(created="now"),
    "another digest": lambda h, _: h.update(sha256="0" * 64),
    "an altered fact": lambda h, c: _signed(h, c.replace(b'"n":3', b'"n":7')),
    "another order": _swap,
    "a fact less": lambda h, c: _signed(h, c[: c.rstrip(b"\n").rfind(b"\n") + 1]),
    "a line that is not JSON": lambda h, c: _signed(h, c.replace(b'{"n":3}', b"{n:3}  ")),
    "a body that is no object": lambda h, c: _signed(h, c.replace(b'{"n":3}', b"[1,2,3]")),
    "a body that is NaN": lambda h, c: _signed(h, c.replace(b'{"n":3}', b'{"n":NaN}')),
    "a nested body": lambda h, c: _signed(h, c.replace(b'{"n":3}', b'{"n":' + b"[" * 10**5)),
    "a digest where none belongs": lambda h, c: _signed(
        h, c.replace(b',"body":{"n":3}', b',"digest":"no","body":{"n":3}')
    ),
    "blanks": lambda h, c: _signed(h, c.replace(b'"n":3', b'"n": 3')),
    "a time without a point": lambda h, c: _signed(h, c.replace(b'"time":3.5', b'"time":3')),
    "bytes that are no text": lambda h, c: _signed(h, c.replace(b'"n":3', b'"\xff":3')),
    "a kind that is a path": lambda h, c: _signed(h, c.replace(b"tag.set", b"../../x")),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_segment_is_refused(name: str) -> None:
    with pytest.raises(SegmentDamaged):
        decode(tampered(sample(), FORGERIES[name]), WHO.id, 1)


def test_the_forger_of_these_tests_forges_nothing_unasked() -> None:
    assert decode(tampered(sample(), lambda *_: None), WHO.id, 1) == sample()


def test_a_segment_under_another_name_is_refused() -> None:
    data = sample(first=8).encode()
    for origin, first in ((WHO.id, 9), ("e" * 32, 8)):
        with pytest.raises(SegmentDamaged):
            decode(data, origin, first)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MOST_BYTES", 1 << 20)
    bomb = zstandard.ZstdCompressor().compress(b"\0" * (1 << 24))
    endless = zstandard.ZstdCompressor(write_content_size=False).compress(b"\0" * (1 << 24))
    for data in (bomb, endless, b"x" * (1 << 21)):
        with pytest.raises(SegmentDamaged, match=r"allowed|larger|size"):
            decode(data, WHO.id, 1)


def test_facts_are_cut_by_size_and_by_number() -> None:
    large = facts_of([{"text": "x" * 400_000} for _ in range(7)])
    assert [len(part) for part in cut(large)] == [3, 3, 1]
    many = [fact for _ in range(5) for fact in facts_of([{}] * 5_000)]
    assert [len(part) for part in cut(many)] == [10_000, 10_000, 5_000]
    assert list(cut([])) == []


def test_points_take_at_most_sixteen_bytes_on_the_wire() -> None:
    random.seed(1)
    facts, previous, points = [], "", 0
    for seq in range(1, 41):
        steps = list(range(seq * 50, seq * 50 + 50))
        series = {
            name: [
                steps,
                [math.exp(-step / 700) + random.gauss(0, 0.01) for step in steps],
                [round(step * 3.1 + random.random() * 0.01, 3) for step in steps],
            ]
            for name in ("loss", "val_acc", "lr", "grad_norm")
        }
        points += 200
        fields = (WHO.id, seq, 1.78e9 + seq, MetricsLogged.kind, "t-1.1-abcdef")
        body = encode({"attempt": "t-1.1-abcdef", "offset": seq * 4000, "series": series})
        previous = chain(previous, *fields, body)
        facts.append(FactRow(*fields, body, previous))
    size = sum(len(Segment(WHO, "", [fact]).encode()) for fact in facts[:1])
    assert size < 200 * 24, "one short flush alone"
    whole = len(Segment(WHO, "", facts).encode())
    assert whole / points <= 16
