"""Following a sweep through the ledger: the same live, afterwards, and beside any controller."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from agilml.ledger import queries
from agilml.project import Project
from agilml.tui.view import SweepReader, SweepView

INTERVAL = 0.25
SHARE = 0.08
"""At most this share of one core is spent on looking and drawing."""


class Reporter(Protocol):
    """Shows views of one sweep.

    Attributes:
        news: whether it tells every end of a run; others need not be read.
    """

    news: bool

    @property
    def rows(self) -> int:
        """How many runs it has room for now."""

    def update(self, view: SweepView) -> None:
        """Show what is new in ``view``; called several times a second, also when nothing is."""

    def close(self, view: SweepView) -> None:
        """Show for the last time how things stand, and leave the terminal as it was found."""


def follow(
    project: Project,
    sweep: str,
    reporter: Reporter,
    *,
    ended: Callable[[], bool],
    interval: float = INTERVAL,
    wait: Callable[[float], None] | None = None,
    since: float | None = None,
) -> SweepView:
    """Show ``sweep`` until it is done or stopped, or its controller is gone; return the last view.

    ``ended`` tells that no controller runs it any more. Looks are ``interval`` seconds apart, more where
    one takes long; ``wait`` lets so many seconds pass, or fewer when there is news. Runs that ended before
    ``since`` (Unix seconds; by default now) are not told as news; where it is given, they count as kept.

    Raises:
        LedgerError: the ledger cannot be read, or knows no such sweep.
    """
    wait = wait or time.sleep
    with queries.reader(project.ledger) as db:
        reader = SweepReader(
            db,
            project,
            sweep,
            time.time() if since is None else since,
            ended_is_kept=since is not None,
        )
        view: SweepView | None = None
        try:
            while True:
                began = time.thread_time()
                # Asked first: what a controller wrote before it went is then read below.
                gone = ended()
                view = _look(reader, reporter, view, again=gone)
                reporter.update(view)
                if gone or view.state.ended:
                    return view
                wait(max(interval, (time.thread_time() - began) / SHARE))
        finally:
            if view is not None:
                reporter.close(replace(view, news=(), notices=()))


def _look(
    reader: SweepReader, reporter: Reporter, view: SweepView | None, *, again: bool
) -> SweepView:
    rows = reporter.rows
    if reader.changed(rows) or view is None or again:
        return reader.read(rows, news=reporter.news)
    return replace(view, news=(), notices=(), now=time.time())


def reporter_for(
    stderr_is_terminal: bool, json: bool, quiet: bool, *, alternate: bool = False
) -> Reporter:
    """Return what suits the place: JSON lines, nothing, a live table on a terminal, or plain lines.

    With ``alternate`` the table is drawn on the terminal's other screen, and its last frame on this one.
    """
    # Each is imported where it is chosen: only the live table needs Rich.
    if json:
        from agilml.tui.stream import JsonReporter

        return JsonReporter(sys.stdout)
    if quiet:
        return SilentReporter()
    if stderr_is_terminal and _can_draw():
        from agilml.tui.live import LiveReporter, terminal_console

        return LiveReporter(terminal_console(), alternate=alternate)
    from agilml.tui.lines import LinesReporter

    return LinesReporter(sys.stderr)


class SilentReporter:
    """Shows nothing."""

    news = False
    rows = 0

    def update(self, view: SweepView) -> None:
        """Show nothing."""

    def close(self, view: SweepView) -> None:
        """Show nothing."""


def _can_draw() -> bool:
    encoding = (sys.stderr.encoding or "").lower().replace("-", "")
    return os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown") and encoding == "utf8"
