"""One line on standard error that says how far a long piece of work has come."""

from __future__ import annotations

import sys
import time

from agilml.text import safe_text

SECONDS = 10.0
"""How often a line is written where it cannot be overwritten."""


class Ticker:
    """Shows a line in the place of the one before on a terminal; elsewhere a new one every ten seconds."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet or sys.stderr is None
        self._terminal = not self._quiet and sys.stderr.isatty()
        self._last = time.monotonic()
        self._shown = False

    def __call__(self, text: str) -> None:
        """Show ``text`` now, or soon."""
        if self._quiet:
            return
        now = time.monotonic()
        if self._terminal:
            print(f"\r\x1b[K{safe_text(text, 78)}", end="", file=sys.stderr, flush=True)
            self._shown = True
        elif now - self._last >= SECONDS:
            self._last = now
            print(safe_text(text), file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away, so that what follows stands where it began."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = False
