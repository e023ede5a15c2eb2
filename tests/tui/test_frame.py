from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agilml.ledger import queries
from agilml.ledger.control import Turn
from agilml.model import AttemptState, SweepState, TrialState
from agilml.project import Project
from agilml.report.table import width_of
from agilml.testing.ledgers import Outcome, SampleSweep, run_sample
from agilml.tui.frame import frame, room
from tests.golden.files import same_as_file
from tests.tui.sweeps import LOAD, busy, learn, look, points, screen_text, text_of, write_sweep

SIZES = [(60, 12), (100, 30), (160, 50)]
HOSTILE = "[red]x[/] \x1b[2J\x1b]0;t\x07 \u202egpj 深度 🦖 " + "x" * 10_000


def all_failed(turn: Turn, made: SampleSweep) -> None:
    for i, trial in enumerate(made.trials):
        error = f"Traceback\nValueError: bad value {i}\n\n"
        run_sample(turn, trial, Outcome({"loss": [9.9]}, AttemptState.FAILED, error))
    turn.finish(SweepState.DONE)


def complete(turn: Turn, made: SampleSweep) -> None:
    for i, trial in enumerate(made.trials):
        run_sample(turn, trial, Outcome(learn(0.9 + i / 200)))
    turn.finish(SweepState.DONE)


def hostile(turn: Turn, made: SampleSweep) -> None:
    curves: dict[str, list[Any]] = {HOSTILE: [1, "nan", 2], "\x1b[31mred": [1]}
    run_sample(turn, made.trials[0], Outcome(curves))
    run_sample(turn, made.trials[1], Outcome({}, AttemptState.FAILED, HOSTILE))
    run_sample(turn, made.trials[2], Outcome({HOSTILE: ["inf"]}))


HOSTILE_POINTS = [
    {"[bold]a": HOSTILE + str(i), "深度": i, "x.\x1b[2Jc": [i, HOSTILE], "z\n": i % 2 == 0}
    for i in range(4)
]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_running_sweep(here: Project, width: int, height: int) -> None:
    made = write_sweep(here, points(40), busy)
    same_as_file(f"tui-busy-{width}x{height}.txt", screen_text(here, made.id, width, height))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_last_frame_of_a_sweep(here: Project, width: int, height: int) -> None:
    made = write_sweep(here, points(12), complete)
    shown = screen_text(here, made.id, width, height, live=False)
    same_as_file(f"tui-done-{width}x{height}.txt", shown)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_sweep_of_which_all_failed(here: Project, width: int, height: int) -> None:
    made = write_sweep(here, points(30), all_failed)
    same_as_file(f"tui-failed-{width}x{height}.txt", screen_text(here, made.id, width, height))


def test_a_sweep_without_runs(here: Project) -> None:
    made = write_sweep(here, [], lambda turn, made: None)
    same_as_file("tui-empty-100x30.txt", screen_text(here, made.id, 100, 30))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_names_values_and_errors_from_outside(here: Project, width: int, height: int) -> None:
    made = write_sweep(here, HOSTILE_POINTS, hostile, metric=HOSTILE)
    shown = screen_text(here, made.id, width, height)
    assert not {unicodedata.category(char) for char in shown if char != "\n"} & {"Cc", "Cf", "Cs"}
    same_as_file(f"tui-hostile-{width}x{height}.txt", shown)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.integers(1, 300), st.integers(1, 80))
def test_a_frame_fits_any_screen(here: Project, width: int, height: int) -> None:
    if not here.ledger.exists():
        write_sweep(here, points(40), busy)
        write_sweep(here, HOSTILE_POINTS, hostile, metric=HOSTILE)
    for sweep in sweeps(here):
        lines = text_of(frame(look(here, sweep, room(height)), LOAD, width, height)).splitlines()
        assert len(lines) <= max(1, height - 1)
        assert all(width_of(line) <= width for line in lines)


def sweeps(project: Project) -> list[str]:
    with queries.reader(project.ledger) as db:
        return [row.id for row in queries.sweeps(db)]


def test_words_say_what_colours_say(here: Project) -> None:
    text = screen_text(here, write_sweep(here, points(12), busy).id, 120, 40)
    for words in ("● 3 running", "· 3 pending", "✗ 1 failed", "✓ 5 succeeded", "failed: Runtime"):
        assert words in text


def test_failed_runs_show_the_last_line_of_their_error(here: Project) -> None:
    text = screen_text(here, write_sweep(here, points(12), busy).id, 120, 40)
    assert "failed: RuntimeError: CUDA out of memory at step 40" in text
    assert "Traceback" not in text


def test_a_sweep_whose_controller_is_gone_says_so(here: Project) -> None:
    made = write_sweep(here, points(3))
    assert "interrupted" in screen_text(here, made.id, 100, 30)


def test_runs_that_were_done_before_are_told_apart(here: Project) -> None:
    write_sweep(here, points(3), complete)
    more = write_sweep(here, points(6)[1:])
    text = screen_text(here, more.id, 100, 30)
    assert "5 runs: 3 new, 2 already done" in text
    assert text.count("  already done\n") == 2


def test_the_best_run_is_stressed(here: Project) -> None:
    view = look(here, write_sweep(here, points(12), busy).id)
    lines = frame(view, None, 120, 40)
    bold = [text for line in lines[3:] for text, style in line if style == "bold"]
    assert view.best is not None
    assert [text.strip() for text in bold] == [f"{view.best.best:.4f}"]


def test_a_pending_run_has_neither_value_nor_time(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    rows = screen_text(here, made.id, 120, 40).splitlines()
    line = next(row for row in rows if row.startswith("· "))
    assert line.split()[-2:] == ["-", TrialState.PENDING]
