from __future__ import annotations

import io
import platform
from dataclasses import replace
from itertools import pairwise

import pytest
from rich.console import Console

from agilml.project import Project
from agilml.tui.frame import room
from agilml.tui.live import LiveReporter, terminal_console
from agilml.tui.view import SweepView
from tests.tui.sweeps import busy, look, points, write_sweep
from tests.tui.terminal import Terminal


def reporter(width: int = 100, height: int = 30) -> tuple[LiveReporter, io.StringIO]:
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=True, width=width, height=height, color_system="truecolor"
    )
    return LiveReporter(console), out


def busy_view(project: Project, height: int = 30) -> SweepView:
    return look(project, write_sweep(project, points(40), busy).id, room(height))


def test_the_same_view_is_drawn_once_a_second(here: Project) -> None:
    view = busy_view(here)
    live, out = reporter()
    sizes = []
    for quarter in range(9):
        live.update(replace(view, now=view.now + quarter / 4))
        sizes.append(len(out.getvalue()))
    assert [later > before for before, later in pairwise(sizes)] == [
        *[False, False, False, True],
        *[False, False, False, True],
    ]


def test_what_is_new_is_drawn_at_once(here: Project) -> None:
    view = busy_view(here)
    live, out = reporter()
    live.update(view)
    before = len(out.getvalue())
    live.update(replace(view, counts={**view.counts, "running": 4}))  # type: ignore[dict-item]
    assert len(out.getvalue()) > before


def test_the_screen_shows_the_frame_and_then_only_the_last_one(here: Project) -> None:
    view = busy_view(here)
    live, out = reporter()
    for second in range(3):
        live.update(replace(view, now=view.now + second))
    live.close(view)
    terminal = Terminal(100, 30)
    terminal.feed(out.getvalue())
    assert sum("40 runs → local" in line for line in terminal.text) == 1
    assert not any("^C" in line for line in terminal.text)
    assert terminal.text[-1] == ""
    assert terminal.shows_cursor()


def test_the_load_is_that_of_the_machine_where_the_controller_is(here: Project) -> None:
    view = busy_view(here)
    live, out = reporter()
    live.update(view)
    assert "GiB" not in out.getvalue()
    sweep = replace(view.sweep, controller_host=platform.node())
    live.update(replace(view, sweep=sweep, now=view.now + 1))
    assert "GiB" in out.getvalue()


def test_no_color_means_no_colour(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    out = io.StringIO()
    live = LiveReporter(terminal_console(out))
    live.update(busy_view(here))
    assert "\x1b[31m" not in out.getvalue()
    assert "\x1b[32m" not in out.getvalue()
    assert "✗" in out.getvalue()
