from __future__ import annotations

import json
import math
import random
import sqlite3
import zlib
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agilml.ledger import packing
from agilml.ledger.encoding import encode
from agilml.ledger.packing import load, pack, unpack
from agilml.model import DamagedValue

INTEGERS = st.integers() | st.integers(-(1 << 64), 1 << 64)
DECIMALS = st.integers(-(10**9), 10**9).flatmap(
    lambda whole: st.sampled_from([whole / 10**power for power in range(8)])
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
ODD: st.SearchStrategy[Any] = st.none() | st.booleans() | st.sampled_from(["nan", "inf", "-inf"])
COLUMNS = (
    st.lists(INTEGERS, min_size=20, max_size=60)
    | st.lists(FLOATS, min_size=20, max_size=60)
    | st.lists(DECIMALS, min_size=20, max_size=60)
    | st.lists(INTEGERS | FLOATS | ODD, max_size=60)
)
NAMES = st.text(max_size=10)


def points_body(n: int, value: Any = random.random, names: int = 1) -> dict[str, Any]:
    steps, times = list(range(n)), [round(step * 0.0123, 4) for step in range(n)]
    series = {f"m{i}": [steps, [value() for _ in range(n)], times] for i in range(names)}
    return {"attempt": "t-0123456789ab.1-abcdef", "offset": 4096, "series": series}


@pytest.mark.slow
@settings(deadline=None)
@given(st.dictionaries(NAMES, st.lists(COLUMNS, max_size=4), max_size=4), st.text())
def test_every_body_of_points_comes_back_as_it_was(series: Any, attempt: str) -> None:
    body = {"attempt": attempt, "offset": 7, "series": series}
    text = encode(body)
    packed = pack(text, body)
    assert packed == pack(text)
    assert unpack(packed) == text
    assert encode(load(packed)) == text


@settings(deadline=None)
@given(st.text(max_size=2000) | st.binary(max_size=2000).map(lambda b: b.decode("latin-1")))
def test_a_text_that_is_no_body_stays_as_it_is(text: str) -> None:
    assert pack(text) == text
    assert unpack(text) == text


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ", ", 1),
        lambda text: text.replace("[0,1,", "[0,1.0,", 1),
        lambda text: text.replace("[0,1,", "[0,1e0,", 1),
        lambda text: text.replace('"offset":', '"o\\u0066fset":', 1),
        lambda text: text.replace('"offset":4096', '"offset":0,"offset":4096', 1),
        lambda text: text[:-1] + ',"more":1}',
        lambda text: text + "\n",
    ],
)
def test_a_text_that_says_the_same_in_other_words_comes_back_in_these_words(change: Any) -> None:
    text = encode(points_body(200))
    assert isinstance(pack(text), bytes)
    other = change(text)
    assert other != text
    assert unpack(pack(other)) == other


def test_numbers_that_are_equal_but_written_differently_stay_what_they_were() -> None:
    alike: list[list[Any]] = [[1] * 60, [1.0] * 60, [True] * 60, [0.0] * 60, [-0.0] * 60]
    body = {"attempt": "a", "offset": 1, "series": {str(i): [c] for i, c in enumerate(alike)}}
    packed = pack(encode(body), body)
    assert isinstance(packed, bytes)
    assert unpack(packed) == encode(body)
    assert math.copysign(1, load(packed)["series"]["4"][0][7]) == -1


def test_random_curves_take_at_most_twelve_bytes_a_point() -> None:
    for points, names in ((50, 1), (300, 1), (30, 10), (10_000, 1)):
        body = points_body(points, names=names)
        assert len(pack(encode(body), body)) / points / names <= 12


def test_rounded_curves_take_less_than_their_digits() -> None:
    body = points_body(300, lambda: round(random.random(), 4))
    assert len(pack(encode(body), body)) / 300 < 5


def test_a_short_body_is_not_packed() -> None:
    text = encode(points_body(3))
    assert pack(text) is text


def test_a_body_too_large_to_be_read_again_is_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = encode(points_body(300))
    monkeypatch.setattr(packing, "LARGEST", 1000)
    assert pack(text) == text


def test_every_damage_to_a_packed_body_is_told() -> None:
    text = encode(points_body(50))
    packed = pack(text)
    assert isinstance(packed, bytes)
    for cut in range(len(packed)):
        with pytest.raises(DamagedValue):
            unpack(packed[:cut])
    with pytest.raises(DamagedValue):
        unpack(packed + b"x")
    told = 0
    for at in range(len(packed)):
        try:
            # A few bits of a zlib stream have no say in what comes out of it.
            assert unpack(packed[:at] + bytes([packed[at] ^ 0x41]) + packed[at + 1 :]) == text
        except DamagedValue:
            told += 1
    assert told >= len(packed) - 5


@settings(deadline=None)
@given(st.binary(max_size=300) | st.dictionaries(st.sampled_from(["series", "x"]), ODD).map(encode))
def test_what_was_never_packed_is_damage(content: bytes | str) -> None:
    raw = content if isinstance(content, bytes) else content.encode() + b"\n"
    for hostile in (raw, packing.MARK + raw, packing.MARK + zlib.compress(raw)):
        with pytest.raises(DamagedValue):
            load(hostile)


@pytest.mark.slow
@settings(deadline=None)
@given(st.recursive(ODD | st.integers(-9, 99) | st.text("jsonfladec", max_size=5), st.lists))
def test_a_head_that_makes_no_sense_is_damage_or_a_value(series: Any) -> None:
    raw = encode({"series": series}).encode() + b"\n" + bytes(64)
    try:
        load(packing.MARK + zlib.compress(raw))
    except DamagedValue:
        return


def test_sql_reaches_packed_points_as_it_reaches_plain_ones() -> None:
    body = points_body(100)
    text = encode(body)
    with closing(sqlite3.connect(":memory:")) as db:
        packing.register(db)
        db.execute("CREATE TABLE fact (body)")
        db.executemany("INSERT INTO fact VALUES (?)", [(text,), (pack(text),)])
        query = "SELECT typeof(body), json_extract(points(body), '$.series.m0[1][99]') FROM fact"
        plain, packed = db.execute(query).fetchall()
    assert (plain[0], packed[0]) == ("text", "blob")
    assert plain[1] == packed[1] == body["series"]["m0"][1][99]
    assert json.loads(text) == body
