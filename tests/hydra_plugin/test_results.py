"""Values and exceptions on their way between processes, as JSON."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.hydra_launcher.failures import JobFailed, describe, one_line, rebuild
from agilml.hydra_launcher.results import JobResult, decode, encode, encode_or_repr

KEYS = st.text().filter(lambda key: not key.startswith("$"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(KEYS, inner)
        | st.tuples(inner, inner)
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_plain_values_survive_json_with_their_types(value: Any) -> None:
    text = json.dumps(encode(value), allow_nan=False)

    # Not `==`: nan is unequal to itself, and 1, 1.0 and True are equal to each other.
    assert repr(decode(json.loads(text))) == repr(value)


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Path("/a"), "PosixPath('/a')"),
        ({1: 2}, "{1: 2}"),
        ({"$float": "nan"}, "{'$float': 'nan'}"),
        ([b"x"], "[b'x']"),
        (Broken(), "<Broken>"),
        ("x" * 5, None),
    ],
)
def test_what_is_not_plain_becomes_its_repr(value: Any, text: str | None) -> None:
    assert encode_or_repr(value) == ((text, False) if text is not None else (value, True))


def test_a_result_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    made = JobResult("/out", "/work", "app", encode((1.0, "é\ud800")))
    made.write(tmp_path)

    assert JobResult.read(tmp_path) == made
    assert [path.name for path in tmp_path.iterdir()] == ["job.json"]
    for damage in ("", "{", "[]", '{"output_dir": 1}', '{"more": 1}'):
        (tmp_path / "job.json").write_text(damage)
        assert JobResult.read(tmp_path) is None


class Custom(ValueError):
    """An exception whose ``__init__`` asks for more than its arguments tell."""

    def __init__(self, name: str, *, code: int) -> None:
        super().__init__(name)
        self.code = code


class Talkative(Exception):
    def __str__(self) -> str:
        return f"code {self.code}"  # type: ignore[attr-defined]


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    with pytest.raises(type(error)) as found:
        raise error from cause
    return found.value


@pytest.mark.parametrize(
    "error",
    [
        KeyError("lr"),
        OSError(2, "No such file", "/a"),
        ZeroDivisionError(),
        Custom("odd", code=3),
    ],
)
def test_an_exception_comes_back_as_what_it_was(error: Exception) -> None:
    back = rebuild(json.loads(json.dumps(describe(raised(error)))))

    assert type(back) is type(error)
    assert (str(back), back.args) == (str(error), error.args)


def test_an_exception_with_arguments_that_json_cannot_hold_is_told_as_text() -> None:
    back = rebuild(describe(raised(UnicodeDecodeError("utf-8", b"x", 0, 1, "bad"))))

    assert isinstance(back, JobFailed)
    assert back.cause.startswith("UnicodeDecodeError: 'utf-8' codec")


def test_the_traceback_names_the_places_where_it_happened() -> None:
    error = raised(RuntimeError("outer"), raised(ValueError("inner")))
    error.add_note("a note")

    told = "".join(traceback.format_exception(rebuild(json.loads(json.dumps(describe(error))))))

    assert told == "".join(traceback.format_exception(error))


def test_a_class_that_is_not_known_here_is_named() -> None:
    told = describe(raised(Custom("odd", code=3))) | {"module": "no.such.module"}

    back = rebuild(told)

    assert isinstance(back, JobFailed)
    assert back.cause == "Custom: odd" == one_line(told)


def test_an_exception_that_would_print_as_something_else_is_told_as_text() -> None:
    error = Talkative()
    error.code = 3  # type: ignore[attr-defined]

    back = rebuild(describe(raised(error)))

    assert isinstance(back, JobFailed)
    assert back.cause == "Talkative: code 3"


@pytest.mark.parametrize("name", ["int", "SystemExit", "eval", "no_such", "str.join"])
def test_nothing_but_an_exception_class_is_ever_called(name: str) -> None:
    told = describe(raised(KeyError("1"))) | {"module": "builtins", "name": name}

    assert isinstance(rebuild(told), JobFailed)


def test_a_chain_without_end_is_cut() -> None:
    error: Exception = ValueError(0)
    for n in range(50):
        error = raised(ValueError(n), error)

    told: dict[str, Any] | None = describe(error)
    depth = 0
    while told is not None:
        told, depth = told["origin"], depth + 1
    assert depth == 11
