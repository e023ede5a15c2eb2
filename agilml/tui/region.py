"""A region at the bottom of a terminal that is drawn again and again in place.

Rich's own ``Live`` is not used: it prints all rows at its end, and a terminal that was made narrower has
wrapped its old lines, which it does not count.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from agilml.report.table import width_of
from agilml.tui.layout import Line

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"
ERASE_LINE, ERASE_BELOW = "\x1b[2K", "\x1b[J"
OTHER_SCREEN, THIS_SCREEN = "\x1b[?1049h\x1b[H", "\x1b[?1049l"


class Region:
    """Lines on a terminal; between two drawings nothing else may write to it.

    Args:
        alternate: draw on the terminal's other screen; what is drawn last then stays on this one.
    """

    def __init__(self, console: Console, *, alternate: bool = False) -> None:
        self._console = console
        self._alternate = alternate
        self._widths: list[int] = []
        self._open = False

    def size(self) -> os.terminal_size:
        """Return the columns and lines of the terminal as it is now."""
        # Rich asks standard input first, and believes COLUMNS for ever.
        try:
            found = os.get_terminal_size(self._console.file.fileno())
        except (OSError, ValueError):
            found = os.terminal_size(self._console.size)
        return found if found.columns and found.lines else os.terminal_size((80, 24))

    def draw(self, lines: Sequence[Line]) -> None:
        """Put ``lines`` in the place of those drawn before; the cursor stays hidden."""
        start = HIDE
        if not self._open:
            self._open = True
            start += OTHER_SCREEN if self._alternate else ""
        self._write(start + self._home() + self._body(lines))
        self._widths = [_width(line) for line in lines]

    def close(self, lines: Sequence[Line]) -> None:
        """Draw ``lines`` for good, with the cursor visible on the line below."""
        start = self._home()
        if self._alternate and self._open:
            start = THIS_SCREEN
        self._open, self._widths = False, []
        self._write(f"{start}{self._body(lines)}\n{SHOW}")

    def _home(self) -> str:
        """Return what moves the cursor to where the region starts."""
        width = self.size().columns
        # A line that is wider than the terminal is now has been wrapped by it.
        above = sum(max(1, math.ceil(size / width)) for size in self._widths) - 1
        return "\r" + (f"\x1b[{above}A" if above > 0 else "")

    def _body(self, lines: Sequence[Line]) -> str:
        text = Text("\n").join(Text.assemble(*line) for line in lines)
        with self._console.capture() as captured:
            self._console.print(text, end="", soft_wrap=True)
        # A width that the terminal sees differently (emoji) must not wrap a line either.
        body = "\r\n".join(ERASE_LINE + line for line in captured.get().split("\n"))
        # The cursor waits at the start of the last line, so that the echo of ^C does not wrap it.
        return f"{NO_WRAP}{body}{ERASE_BELOW}{WRAP}\r"

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()


def _width(line: Line) -> int:
    return sum(width_of(text) for text, _ in line)
