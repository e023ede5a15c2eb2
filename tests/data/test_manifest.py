from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.data.manifest import DamagedManifest, Item, Manifest, content_digest, parse
from agilml.data.names import check_path
from agilml.data.tables import Sample
from agilml.errors import AgilError

SHA = st.binary(min_size=32, max_size=32).map(bytes.hex)
SIZE = st.integers(0, 1 << 50)


def is_path(path: str) -> bool:
    try:
        return bool(check_path(path))
    except AgilError:
        return False


PATH = st.text(min_size=1, max_size=12).filter(lambda path: "/" not in path and is_path(path))


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    rows = draw(st.booleans())
    items = []
    for path in sorted(draw(st.sets(PATH, max_size=6))):
        samples = {
            level: Sample(draw(SHA), draw(SIZE), draw(SIZE)) for level in ("dev", "test") if rows
        }
        version = draw(st.none() | st.text(st.characters(categories=["L", "N"]), max_size=9))
        count = draw(SIZE) if rows else None
        items.append(Item(path, draw(SHA), draw(SIZE), version, count, samples))
    return Manifest("rows" if rows else "files", {"dev": "1%", "test": "10%"}, tuple(items))


@given(manifests())
def test_a_manifest_is_read_back_as_it_was(one: Manifest) -> None:
    assert parse(one.text()) == one
    assert parse(one.text()).digest == one.digest


@given(manifests(), st.data())
def test_any_change_of_a_byte_is_noticed(one: Manifest, data: st.DataObject) -> None:
    text = bytearray(one.text())
    at = data.draw(st.integers(0, len(text) - 1))
    text[at] ^= data.draw(st.integers(1, 255))
    try:
        changed = parse(bytes(text))
    except DamagedManifest:
        return
    assert changed.digest != one.digest


@given(st.binary(max_size=200))
def test_bytes_that_are_no_manifest_are_refused_and_nothing_else(text: bytes) -> None:
    with pytest.raises(DamagedManifest):
        parse(text)


HEAD = {"format": "agilml-data/1", "items": "files", "levels": {"dev": "1%", "test": "10%"}}
LINE = {"path": "a", "sha256": "0" * 64, "size": 1}


def spelled(*lines: object) -> bytes:
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()


@pytest.mark.parametrize(
    "lines",
    [
        [{**HEAD, "format": "agilml-data/2"}, LINE],
        [{**HEAD, "levels": {"dev": "1%", "test": "1000%"}}, LINE],
        [{**HEAD, "items": "pickles"}, LINE],
        [HEAD, {**LINE, "path": "../a"}],
        [HEAD, {**LINE, "path": "/a"}],
        [HEAD, {**LINE, "path": 3}],
        [HEAD, {**LINE, "sha256": "../../x"}],
        [HEAD, {**LINE, "size": -1}],
        [HEAD, {**LINE, "size": True}],
        [HEAD, {**LINE, "size": 1.5}],
        [HEAD, {**LINE, "more": 1}],
        [HEAD, LINE, LINE],
        [HEAD, {**LINE, "path": "b"}, LINE],
        [HEAD, LINE, {**LINE, "path": "a/b"}],
        [HEAD, [LINE]],
        [],
    ],
)
def test_a_manifest_in_another_form_is_refused(lines: list[object]) -> None:
    with pytest.raises(DamagedManifest):
        parse(spelled(*lines))


def test_the_form_that_is_written_is_read() -> None:
    assert parse(spelled(HEAD, LINE)).items[0].path == "a"


def test_the_digest_of_a_level_is_about_content_and_names_alone() -> None:
    one = Item("a", "1" * 64, 5)
    dated = Item("a", "1" * 64, 5, version="v2")
    renamed = Item("b", "1" * 64, 5)
    digests = [
        content_digest(Manifest("files", {"dev": "1%", "test": "1%"}, (item,)).entries("prod"))
        for item in (one, dated, renamed)
    ]
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]
