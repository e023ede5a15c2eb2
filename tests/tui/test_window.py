from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agilml.model import TrialState
from agilml.project import Project
from agilml.tui.window import DONE, FAILED, RUNNING, shares
from tests.tui.sweeps import busy, look, points, write_sweep

SIZES = st.lists(st.integers(0, 200), min_size=4, max_size=4)


@given(SIZES, st.integers(0, 120))
def test_rows_are_used_up_and_never_exceeded(sizes: list[int], rows: int) -> None:
    given_rows = shares(sizes, rows)
    assert sum(given_rows) == min(rows, sum(sizes))
    assert all(0 <= share <= size for share, size in zip(given_rows, sizes, strict=True))


@given(SIZES, st.integers(4, 120))
def test_no_group_pushes_another_off_the_screen(sizes: list[int], rows: int) -> None:
    assert all(share > 0 for share, size in zip(shares(sizes, rows), sizes, strict=True) if size)


def test_one_row_shows_the_best_run() -> None:
    assert shares([5000, 8, 100, 900], 1) == [0, 0, 1, 0]


def test_many_failures_leave_room_for_what_runs_and_what_is_done() -> None:
    given_rows = shares([5000, 8, 100, 900], 23)
    assert given_rows[FAILED] == 5
    assert given_rows[RUNNING] == 8
    assert given_rows[DONE] == 9


def test_failed_runs_come_first_then_running_and_done_ones_best_first(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    view = look(here, made.id)
    order = [made.trials.index(row.run) for row in view.rows]
    assert order == [5, 7, 6, 8, 2, 0, 4, 1, 3, 9, 10, 11]


def test_lowest_comes_first_where_lowest_is_best(here: Project) -> None:
    made = write_sweep(here, points(12), busy, metric="loss", mode="min")
    view = look(here, made.id)
    done = [row.best for row in view.rows if row.state is TrialState.SUCCEEDED]
    assert done == sorted(value for value in done if value is not None)
    assert view.best is not None
    assert view.best.best == done[0]


def test_a_window_holds_the_best_of_each_group(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    order = [made.trials.index(row.run) for row in look(here, made.id, 4).rows]
    assert order == [5, 7, 2, 9]


def test_every_running_run_is_known_whatever_fits(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    view = look(here, made.id, 1)
    assert [row.run for row in view.rows] == [made.trials[2]]
    assert view.slots == {f"local:{i}": made.trials[6 + i] for i in range(3)}
