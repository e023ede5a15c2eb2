from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.data.manifest import Item, Manifest
from agilml.data.shares import bound, parse_levels, parse_share, smallest_share
from agilml.errors import UsageError

CONTENTS = st.sets(st.binary(max_size=8), min_size=1, max_size=60)
SHARES = st.sampled_from(["0.5%", "1%", "10%", "33.3%", "50%", "99.999999%", "100%"])


def manifest(contents: set[bytes], dev: str, test: str) -> Manifest:
    items = tuple(
        Item(f"{content.hex()}.bin", hashlib.sha256(content).hexdigest(), len(content))
        for content in sorted(contents)
    )
    return Manifest("files", {"dev": dev, "test": test}, items)


def chosen(contents: set[bytes], share: str) -> set[str]:
    return {entry.path for entry in manifest(contents, share, share).entries("dev")}


@given(CONTENTS, CONTENTS, SHARES)
def test_items_that_are_added_never_change_what_becomes_of_the_others(
    old: set[bytes], new: set[bytes], share: str
) -> None:
    before, after = chosen(old, share), chosen(old | new, share)
    names = {f"{content.hex()}.bin" for content in old}
    assert after & names == before


@given(CONTENTS)
def test_a_smaller_level_lies_inside_a_larger_one(contents: set[bytes]) -> None:
    one = manifest(contents, "10%", "50%")
    dev, test, prod = (
        {entry.path for entry in one.entries(level)} for level in ("dev", "test", "prod")
    )
    assert dev <= test <= prod
    assert len(prod) == len(contents)


def test_a_sample_has_about_its_share_of_the_items() -> None:
    contents = {number.to_bytes(4, "big") for number in range(20_000)}
    for share, expected in (("1%", 200), ("10%", 2_000), ("50%", 10_000)):
        assert abs(len(chosen(contents, share)) - expected) < 4 * expected**0.5


def test_every_item_is_in_a_level_of_all() -> None:
    assert "f" * 64 < bound("100%")
    assert not "0" * 64 < bound("0.000001%") or bound("0.000001%") > "0" * 64
    assert bound("50%") == "8" + "0" * 63


@pytest.mark.parametrize(
    ("text", "spelled"),
    [("1%", "1%"), ("01.50%", "1.5%"), ("100%", "100%"), (" 0.25% ", "0.25%"), ("10.0%", "10%")],
)
def test_a_share_has_one_spelling(text: str, spelled: str) -> None:
    assert parse_share(text) == spelled


@pytest.mark.parametrize("text", ["", "1", "0%", "0.0%", "101%", "-1%", "1e1%", "nan%", "%", "1 %"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_share(text)


def test_only_dev_and_test_have_a_share() -> None:
    assert parse_levels(["dev=2%", "test=20%"]) == {"dev": "2%", "test": "20%"}
    for word in ("prod=50%", "dev", "staging=1%", "dev="):
        with pytest.raises(UsageError):
            parse_levels([word])


def test_a_share_grows_until_it_holds_something() -> None:
    assert smallest_share(["00" * 32], "1%") == "1%"
    assert smallest_share(["05" * 32], "1%") == "2%"
    assert smallest_share(["ee" * 32], "1%") == "100%"
    assert smallest_share([], "1%") == "100%"
