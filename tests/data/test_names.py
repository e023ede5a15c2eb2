from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.data.names import Reference, check_name, check_path, reference
from agilml.errors import AgilError, UsageError


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "..", "../up", "a/../../b", "a//b", "a/", "./a", "a/./b"),
        *("a\nb", "a\x00b", "a\x1b[2Jb", "a\x85b", "a\udcffb", "x" * 256, "x/" * 600 + "x"),
    ],
)
def test_a_path_that_leads_elsewhere_or_cannot_be_shown_is_refused(path: str) -> None:
    with pytest.raises(AgilError):
        check_path(path)


@pytest.mark.parametrize("path", ["a", "a b/c'd", "ä/日本.png", "a\\b", "..a", "a\u202eb", "-rf"])
def test_odd_but_plain_paths_are_kept_as_they_are(path: str) -> None:
    assert check_path(path) == path


@given(st.text(max_size=40))
def test_whatever_is_let_in_stays_inside(path: str) -> None:
    try:
        check_path(path)
    except AgilError:
        return
    assert (Path("/root") / path).resolve().is_relative_to("/root")
    assert "\n" not in path


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../a", "-a", "a.b", "x" * 65, "ä"])
def test_a_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


def test_a_reference_may_name_a_version() -> None:
    assert reference("images") == Reference("images")
    assert reference("images@3c4068") == Reference("images", "3c4068")
    for text in ("images@", "images@3c", "images@xyzxyz", "@3c4068", "images@3c4068@1"):
        with pytest.raises(UsageError):
            reference(text)
