"""Text cut at its top level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.sweep.grammar_split import call, split, unquoted


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a, b ,c", ["a", "b", "c"]),
        ("f(a,b),[c,d],{e:f,g:h}", ["f(a,b)", "[c,d]", "{e:f,g:h}"]),
        ("'a,b',\"c,'d\"", ["'a,b'", '"c,\'d"']),
        ("a\\,b,c", ["a\\,b", "c"]),
        ("${f:a,b},c", ["${f:a,b}", "c"]),
        ("", []),
        ("a,", ["a", ""]),
        ("f(a,b", ["f(a,b"]),
        ("a),b", ["a)", "b"]),
    ],
)
def test_only_separators_outside_of_everything_cut(text: str, pieces: list[str]) -> None:
    assert split(text, ",") == pieces


@given(text=st.text("ab,()[]{}'\"\\ =$", max_size=30))
def test_nothing_is_lost_by_cutting(text: str) -> None:
    assert ",".join(split(text, ",")).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zip(a=[1,2],b=(3))", ("zip", "a=[1,2],b=(3)")),
        (" f ( a ) ", ("f", " a ")),
        ("f(a)+g(b)", None),
        ("f(a", None),
        ("'f(a)'", None),
        ("f(')')", ("f", "')'")),
    ],
)
def test_a_call_is_one_call_and_nothing_else(text: str, found: tuple[str, str] | None) -> None:
    assert call(text) == found


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("'a > 1'", "a > 1"),
        ("\"a == 'b'\"", "a == 'b'"),
        ("'a' and 'b'", None),
        ("'", None),
        ("a", None),
    ],
)
def test_quoted_text_is_one_pair_of_quotes(text: str, inner: str | None) -> None:
    assert unquoted(text) == inner
