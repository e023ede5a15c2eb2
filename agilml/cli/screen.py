"""What standard output is: how wide, and whether it shows colours."""

from __future__ import annotations

import os
import sys

NARROWEST = 40


def screen_width() -> int | None:
    """Return how many cells a line of standard output may take; None where it is no terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return max(NARROWEST, get_terminal_size().columns)


def colours_wanted() -> bool:
    """Whether standard output is a terminal whose user wants colours (https://no-color.org)."""
    dumb = os.environ.get("TERM") in (None, "dumb")
    return screen_width() is not None and not dumb and not os.environ.get("NO_COLOR")
