from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.store.errors import UnsafeKey
from agilml.store.keys import check_key, check_prefix, is_key
from agilml.testing.remotes import HOSTILE_KEYS, ODD_KEYS

ROOT = Path("/srv/remote")


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_names_that_could_become_paths_are_refused(key: str) -> None:
    with pytest.raises(UnsafeKey):
        check_key(key)


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_names_are_returned_unchanged(key: str) -> None:
    assert check_key(key) == check_prefix(key) == key


@given(st.lists(st.sampled_from(["a", ".", "..", "", "/", "\\", "~", ".agil", "\n", "é", "-"])))
def test_what_is_accepted_stays_below_the_root(parts: list[str]) -> None:
    accepted_stays_inside("/".join(parts))
    accepted_stays_inside("".join(parts))


@given(st.text())
def test_whatever_text_is_accepted_stays_below_the_root(text: str) -> None:
    accepted_stays_inside(text)


def accepted_stays_inside(key: str) -> None:
    if is_key(key):
        path = os.path.normpath(ROOT / key)
        assert path == f"{ROOT}/{key}"
        assert not key.casefold().startswith(".agil/")
        assert key.isascii() is False or key.isprintable()
        assert len(key.encode()) <= 1024


def test_a_prefix_may_be_empty_or_end_in_a_slash() -> None:
    assert check_prefix("") == ""
    assert check_prefix("ledger/") == "ledger/"
    for prefix in ("/", "a//", "../", "./", "a/../b/"):
        with pytest.raises(UnsafeKey):
            check_prefix(prefix)


def test_the_message_is_inert() -> None:
    with pytest.raises(UnsafeKey) as caught:
        check_key("a\x1b[2Jb")
    assert caught.value.cause.isprintable()
