from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.provenance.imports import Import, imports_of


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b, c", [(0, "a.b"), (0, "c")]),
        ("import a as b", [(0, "a")]),
        ("from a.b import c as d", [(0, "a.b.c")]),
        ("from . import x", [(1, "x")]),
        ("from ..a import x", [(2, "a.x")]),
        ("from a import *", [(0, "a.*")]),
        ("def f():\n    import a", [(0, "a")]),
        ("try:\n    import a\nexcept ImportError:\n    import b", [(0, "a"), (0, "b")]),
        ("try:\n    1\nfinally:\n    import a", [(0, "a")]),
        ("match x:\n    case 1:\n        with y:\n            import a", [(0, "a")]),
        ("class A:\n    while x:\n        1\n    else:\n        import a", [(0, "a")]),
        ("import importlib\nimportlib.import_module('a.b')", [(0, "a.b"), (0, "importlib")]),
        ("__import__('a')", [(0, "a")]),
        ("import_module(name)", []),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", [(0, "b")]),
        ("if typing.TYPE_CHECKING:\n    import a", []),
        ("if not TYPE_CHECKING:\n    import a", [(0, "a")]),
        ("'import a'", []),
    ],
)
def test_every_form_of_import_is_seen(source: str, expected: list[tuple[int, str]]) -> None:
    wanted = [Import(level, tuple(name.split("."))) for level, name in expected]
    assert imports_of(source.encode()) == wanted


@pytest.mark.parametrize(
    "source",
    [
        b"import a\ndef f(:",
        b"import a\n\x00",
        b"import a\nx = '\xff'",
        b"# coding: no-such-encoding\nimport a",
        b"x = " + b"-" * 100_000 + b"1",
        b"(" * 1_000,
    ],
)
def test_what_is_not_python_imports_nothing(source: bytes) -> None:
    assert imports_of(source) == []


def test_a_declared_encoding_is_respected() -> None:
    assert imports_of("# coding: latin-1\nimport größe".encode("latin-1")) == [
        Import(0, ("größe",))
    ]


def test_warnings_about_a_recipe_stay_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert imports_of(b"x = '\\d'\nimport a") == [Import(0, ("a",))]


@given(st.binary(max_size=200))
def test_no_bytes_raise(source: bytes) -> None:
    imports_of(source)
