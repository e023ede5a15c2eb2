from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from agilml.errors import LedgerError
from agilml.events import SweepEnded
from agilml.ledger.ledger import Ledger
from agilml.model import SweepState
from agilml.project import Project
from agilml.testing.ledgers import Outcome, SampleSweep, run_sample
from agilml.tui import view as views
from agilml.tui.follow import SHARE, SilentReporter, follow, reporter_for
from agilml.tui.lines import LinesReporter
from agilml.tui.live import LiveReporter
from agilml.tui.stream import JsonReporter
from agilml.tui.view import SweepView
from tests.tui.sweeps import learn, points, recording, write_sweep


@dataclass
class Notes:
    """A reporter that keeps what it is shown."""

    news = True
    rows: int = 5
    views: list[SweepView] = field(default_factory=list)
    closed: list[SweepView] = field(default_factory=list)

    def update(self, view: SweepView) -> None:
        self.views.append(view)

    def close(self, view: SweepView) -> None:
        self.closed.append(view)

    @property
    def told(self) -> list[str]:
        return [row.run for view in self.views for row in view.news]


class Script:
    """Stands for the passing of time: each wait does the next thing."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self._steps = list(steps)
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._steps.pop(0)()


def nothing() -> None:
    """Let time pass."""


def never() -> bool:
    return False


def planned(project: Project, count: int = 2) -> SampleSweep:
    return write_sweep(project, points(count), lambda turn, made: None)


def end_run(project: Project, made: SampleSweep, trial: int) -> Callable[[], None]:
    def act() -> None:
        with recording(project, made) as turn:
            run_sample(turn, made.trials[trial], Outcome(learn(0.9)))

    return act


def end_sweep(project: Project, made: SampleSweep, state: SweepState) -> Callable[[], None]:
    def act() -> None:
        # Written as a fact: a controller would not call a sweep done while trials wait.
        with Ledger.open(project.ledger) as ledger, ledger.transaction() as tx:
            tx.append(SweepEnded(made.id, state))

    return act


@pytest.mark.parametrize("state", [SweepState.DONE, SweepState.STOPPED])
def test_it_ends_with_the_sweep(here: Project, state: SweepState) -> None:
    made, notes = planned(here), Notes()
    script = Script(end_run(here, made, 0), end_run(here, made, 1), end_sweep(here, made, state))
    view = follow(here, made.id, notes, ended=never, wait=script)
    assert view.state is state
    assert notes.told == [made.trials[0], made.trials[1]]
    assert len(notes.closed) == 1


def test_a_sweep_that_has_ended_is_shown_once(here: Project) -> None:
    made, notes = planned(here), Notes()
    end_sweep(here, made, SweepState.DONE)()
    follow(here, made.id, notes, ended=never, wait=Script())
    assert len(notes.views) == len(notes.closed) == 1


def test_it_ends_when_the_controller_is_gone_and_reads_what_it_wrote_last(here: Project) -> None:
    made, notes = planned(here), Notes()
    answers = iter([False, False, True])

    def ended() -> bool:
        answer = next(answers)
        if answer:
            end_run(here, made, 1)()
        return answer

    follow(here, made.id, notes, ended=ended, wait=Script(nothing, nothing))
    assert notes.told == [made.trials[1]]


def test_what_ended_since_the_command_began_is_told(here: Project) -> None:
    made, notes = planned(here), Notes()
    began = time.time()
    end_run(here, made, 0)()
    end_sweep(here, made, SweepState.DONE)()
    follow(here, made.id, notes, ended=never, since=began)
    assert notes.told == [made.trials[0]]
    later = Notes()
    follow(here, made.id, later, ended=never)
    assert later.told == []


def test_nothing_is_read_while_nothing_is_written(
    here: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, notes = planned(here), Notes()
    reads = []
    read = views.SweepReader.read

    def counted(self: views.SweepReader, rows: int, *, news: bool) -> SweepView:
        reads.append(rows)
        return read(self, rows, news=news)

    monkeypatch.setattr(views.SweepReader, "read", counted)
    script = Script(*[nothing] * 5, end_sweep(here, made, SweepState.DONE))
    follow(here, made.id, notes, ended=never, wait=script)
    assert len(reads) == 2
    assert len(notes.views) == 7
    assert notes.views[4].now > notes.views[0].now


def test_an_exception_leaves_the_screen_in_order(here: Project) -> None:
    made, notes = planned(here), Notes()

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(here, made.id, notes, ended=never, wait=Script(interrupt))
    assert len(notes.closed) == 1
    assert notes.closed[0].news == ()


def test_no_ledger_is_an_error(here: Project) -> None:
    with pytest.raises(LedgerError, match="no ledger"):
        follow(here, "s-1", Notes(), ended=never)


def test_waits_are_longer_where_a_look_takes_long(here: Project) -> None:
    class Slow(Notes):
        def update(self, view: SweepView) -> None:
            until = time.thread_time() + 0.05
            while time.thread_time() < until:
                pass

    made = planned(here)
    script = Script(nothing, end_sweep(here, made, SweepState.DONE))
    follow(here, made.id, Slow(), ended=never, wait=script, interval=0.1)
    assert script.waits[0] >= 0.05 / SHARE


@pytest.mark.slow
def test_ten_thousand_runs_are_watched_for_less_than_a_tenth_of_a_core(here: Project) -> None:
    made = planned(here, 10_000)
    with recording(here, made) as turn:
        for trial in made.trials[:5000]:
            run_sample(turn, trial, Outcome(learn(0.9)))
    console = io.StringIO()
    reporter = LiveReporter(Console(file=console, force_terminal=True, width=160, height=50))
    used, waited, began = [], [], [time.thread_time()]

    def wait(seconds: float) -> None:
        used.append(time.thread_time() - began[0])
        waited.append(seconds)
        end_run(here, made, 5000 + len(used))()
        if len(used) == 10:
            end_sweep(here, made, SweepState.DONE)()
        began[0] = time.thread_time()

    follow(here, made.id, reporter, ended=never, wait=wait)
    # The first look reads what is read once.
    assert sum(used[1:]) < 0.1 * (sum(used[1:]) + sum(waited[1:]))
    assert max(waited[1:]) < 2.0
    assert "9,9" in console.getvalue()


@pytest.mark.parametrize(
    ("terminal", "json", "quiet", "term", "kind"),
    [
        (True, False, False, "xterm-256color", LiveReporter),
        (True, False, False, "dumb", LinesReporter),
        (True, False, False, "", LinesReporter),
        (False, False, False, "xterm-256color", LinesReporter),
        (True, True, False, "xterm-256color", JsonReporter),
        (False, True, True, "xterm-256color", JsonReporter),
        (True, False, True, "xterm-256color", SilentReporter),
    ],
)
def test_the_reporter_suits_the_place(
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    json: bool,
    quiet: bool,
    term: str,
    kind: type,
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert isinstance(reporter_for(terminal, json, quiet), kind)


def test_a_terminal_that_cannot_show_the_signs_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert isinstance(reporter_for(True, False, False), LinesReporter)
