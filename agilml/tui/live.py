"""The live table on a terminal."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from agilml.tui.frame import frame, room
from agilml.tui.region import Region
from agilml.tui.usage import Usage, UsageMeter
from agilml.tui.view import SweepView

if TYPE_CHECKING:
    from typing import TextIO

CLOCK = 1.0
"""Seconds between two frames that differ in their clocks only."""


class LiveReporter:
    """Draws a frame when the ledger or the size of the terminal has changed, and once a second."""

    news = False

    def __init__(self, console: Console, *, alternate: bool = False) -> None:
        self._region = Region(console, alternate=alternate)
        self._meter: UsageMeter | None = None
        self._drawn: tuple[object, ...] = ()
        self._at = 0.0
        self._limits = False

    @property
    def rows(self) -> int:
        """How many runs fit on the terminal as high as it is now."""
        return room(self._region.size().lines, limits=self._limits)

    def update(self, view: SweepView) -> None:
        """Draw ``view`` unless the screen says the same already."""
        size = self._region.size()
        self._limits = bool(view.limits)
        drawn = (size, view.counts, view.rows, view.curves, view.state, view.limits)
        if drawn != self._drawn or abs(view.now - self._at) >= CLOCK:
            self._drawn, self._at = drawn, view.now
            self._region.draw(frame(view, self._usage(view), size.columns, size.lines))

    def close(self, view: SweepView) -> None:
        """Leave the last frame in the scrollback and the cursor below it."""
        size = self._region.size()
        self._region.close(frame(view, None, size.columns, size.lines, live=False))

    def _usage(self, view: SweepView) -> Usage | None:
        here = view.sweep.controller_host in (None, platform.node())
        if not here or view.state.ended:
            return None
        self._meter = self._meter or UsageMeter()
        return self._meter.read()


def terminal_console(file: TextIO | None = None) -> Console:
    """Return the terminal behind standard error, or behind ``file``."""
    return Console(
        file=file or sys.stderr, force_terminal=True, markup=False, emoji=False, highlight=False
    )
