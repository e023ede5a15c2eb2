from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.report.fields import iso_time, strict
from agilml.report.log_lines import safe_line
from agilml.report.table import Column, table, width_of
from agilml.report.words import params_text, short_names, value_text

cells = st.lists(st.lists(st.text(max_size=60), min_size=3, max_size=3), max_size=5)
COLUMNS = [Column("a"), Column("b", right=True, keep=1), Column("c", keep=2)]


@given(cells, st.none() | st.integers(10, 200), st.integers(0, 20))
def test_a_table_is_one_printable_line_a_row_that_fits(
    rows: list[list[str]], width: int | None, least: int
) -> None:
    lines = table([*COLUMNS[:2], Column("c", keep=2, least=least)], rows, width=width)
    assert len(lines) == len(rows) + 1
    assert all(line.isprintable() for line in lines)
    assert width is None or all(width_of(line) <= width for line in lines)


def test_columns_are_aligned_whatever_the_characters_are() -> None:
    lines = table([Column("a"), Column("b")], [["日本", "x"], ["e\u0301", "x"], ["abcd", "x"]])
    assert {width_of(line[: line.rindex("x")]) for line in lines[1:]} == {6}


def test_the_least_important_column_is_dropped_first() -> None:
    rows = [["aaaa", "bbbb", "cccc"]]
    assert table(COLUMNS, rows, width=16)[1] == "aaaa  bbbb  cccc"
    assert table(COLUMNS, rows, width=15)[1] == "aaaa  bbbb"
    assert table(COLUMNS, rows, width=9)[1] == "aaaa"
    assert table(COLUMNS, rows, width=3)[1] == "aa…"


def test_a_column_that_may_be_cut_is_cut_before_it_is_dropped() -> None:
    columns = [Column("a"), Column("why", keep=1, least=5)]
    rows = [["aaaa", "a long reason"], ["aaaa", "short"]]
    assert table(columns, rows, width=19)[1:] == ["aaaa  a long reason", "aaaa  short"]
    assert table(columns, rows, width=12)[1:] == ["aaaa  a lon…", "aaaa  short"]
    assert table(columns, rows, width=11)[1:] == ["aaaa  a lo…", "aaaa  short"]
    assert table(columns, rows, width=10)[1:] == ["aaaa", "aaaa"]


def test_only_the_sign_is_coloured() -> None:
    line = table([Column("a"), Column("b")], [["✓", "x"]], colours=["32"])[1]
    assert line == "\x1b[32m✓\x1b[0m  x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.05, "0.05"),
        (1e-05, "1e-05"),
        (0.1 + 0.2, "0.30000000000000004"),
        (True, "true"),
        (None, "null"),
        ([1, [2.5]], "[1,[2.5]]"),
        ({"a": 1}, "{a:1}"),
        ("x", "x"),
    ],
)
def test_values_read_as_they_are_typed(value: object, text: str) -> None:
    assert value_text(value) == text


def test_names_are_short_where_that_is_clear() -> None:
    assert short_names(["optim.lr", "model.depth", "data.name", "model.name"]) == {
        "optim.lr": "lr",
        "model.depth": "depth",
        "data.name": "data.name",
        "model.name": "model.name",
    }
    assert params_text({"optim.lr": 0.1, "x": "\n"}) == "lr=0.1 x=\\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, None),
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_780_000_000.9999, "2026-05-28T20:26:40.999Z"),
        (1_780_000_000.25, "2026-05-28T20:26:40.250Z"),
    ],
)
def test_times_are_utc_and_never_round_up(seconds: float | None, text: str | None) -> None:
    assert iso_time(seconds) == text


def test_numbers_that_json_lacks_become_words() -> None:
    values = {"a": float("nan"), "b": [float("inf"), -float("inf"), 1.5], "c": {"d": (1,)}}
    assert strict(values) == {"a": "nan", "b": ["inf", "-inf", 1.5], "c": {"d": [1]}}


@given(st.binary())
def test_any_line_of_a_log_is_printable(raw: bytes) -> None:
    assert safe_line(raw).isprintable()
