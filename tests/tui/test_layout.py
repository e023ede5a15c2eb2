from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agilml.report.table import cut, width_of
from agilml.tui.layout import Column, Row, table_lines
from tests.tui.sweeps import text_of

NASTY = st.text() | st.sampled_from(
    [
        "\x1b[2J\x1b[H",
        "\x1b]0;title\x07",
        "\x9b2J",
        "[red]x[/red][/nope]",
        "real\rfake",
        "a\nb",
        "\u202egpj.exe",
        "深度学习" * 50,
        "🦖🏳️\u200d🌈" * 20,
        "x" * 10_000,
        "\x00\ud800",
        "e\u0301" * 40,
    ]
)
COLUMNS = [
    Column("run", lead=True),
    Column("a", drop=1, lead=True),
    Column("b", right=True, drop=1, lead=True),
    Column("value", right=True),
    Column("where", drop=2),
]


def rows_of(cells: list[list[str]], message: str | None) -> list[Row]:
    return [Row("✓", "green", row, message=message) for row in cells]


@given(
    st.lists(st.lists(NASTY, min_size=5, max_size=5), max_size=4),
    st.none() | NASTY,
    st.integers(1, 120),
)
def test_no_line_is_wider_than_the_screen_or_holds_a_control_character(
    cells: list[list[str]], message: str | None, width: int
) -> None:
    for line in text_of(table_lines(COLUMNS, rows_of(cells, message), width)).splitlines():
        assert width_of(line) <= width
        assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(NASTY, st.integers(0, 30))
def test_a_cut_text_fits(text: str, width: int) -> None:
    assert width_of(cut(text, width)) <= width


def test_columns_are_aligned_by_cells_not_by_characters() -> None:
    cells = [["t-1", "深度", "1", "0.5", "x"], ["t-2", "ab", "10", "0.25", "x"]]
    lines = text_of(table_lines(COLUMNS, rows_of(cells, None), None)).splitlines()
    assert len({width_of(line) for line in lines[1:]}) == 1


def test_a_narrow_screen_loses_what_matters_least_and_counts_hidden_parameters() -> None:
    cells = [["t-1", "aaaa", "bbbb", "0.5", "local:0"]]
    titles = {
        width: text_of(table_lines(COLUMNS, rows_of(cells, None), width)).splitlines()[0].split()
        for width in (60, 28, 23, 17)
    }
    assert titles == {
        60: ["run", "a", "b", "value", "where"],
        28: ["run", "a", "b", "value"],
        23: ["run", "a", "+1", "value"],
        17: ["run", "+2", "value"],
    }


def test_a_message_takes_the_place_of_the_results() -> None:
    cells = [["t-1", "aaaa", "bbbb", "0.5", "local:0"]]
    row = text_of(table_lines(COLUMNS, rows_of(cells, "failed: no memory"), 40)).splitlines()[1]
    assert row == "✓  t-1  aaaa  bbbb  failed: no memory"


def test_a_long_message_does_not_cost_a_column() -> None:
    good, bad = (
        Row("✓", "", ["t-1", "a", "b", "0.5", "x"]),
        Row("✗", "", ["t-2", "a", "b", "", ""], message="long " * 50),
    )
    lines = text_of(table_lines(COLUMNS, [good, bad], 40)).splitlines()
    assert lines[0].split()[-1] == "where"
    assert width_of(lines[2]) == 40
    assert lines[2].endswith("…")
