from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.tui.sparkline import BARS, GAP, sparkline


@given(st.lists(st.floats()), st.integers(1, 40))
def test_any_curve_fits_its_cells(values: list[float], cells: int) -> None:
    line = sparkline(values, cells)
    assert len(line) == min(cells, len(values))
    assert set(line) <= set(BARS + GAP)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=10))
def test_the_highest_bar_is_the_highest_value(values: list[float]) -> None:
    line = sparkline(values, 10)
    if max(values) > min(values):
        assert line[values.index(max(values))] == BARS[-1]
        assert line[values.index(min(values))] == BARS[0]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], ""),
        ([0.5], "▅"),
        ([1, 1, 1], "▅▅▅"),
        (list(range(8)), "▁▂▃▄▅▆▇█"),
        ([0, math.nan, 1], "▁·█"),
        ([math.inf, -math.inf, math.nan], "···"),
        ([-1.7e308, 1.7e308], "▁█"),
    ],
)
def test_known_curves(values: list[float], line: str) -> None:
    assert sparkline(values, 10) == line


def test_a_long_curve_is_averaged() -> None:
    assert sparkline([0, 2, 4, 6, 8, 10, 12, 14], 4) == "▁▃▆█"
