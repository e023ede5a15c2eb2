"""Named points, next to each commit and each effect, where a test can end this process.

``AGIL_CRASH_AT=lease.committed:3`` kills the process with SIGKILL the third time it passes the point of
that name. Without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

_WANTED, _, _COUNT = os.environ.get("AGIL_CRASH_AT", "").partition(":")
_left = int(_COUNT) if _COUNT.isdigit() else 1

POINTS = (
    "plan.before",
    "plan.committed",
    "control.committed",
    "tick.before",
    "tick.committed",
    "start.sent",
    "spool.read",
    "end.committed",
    "finish.before",
    "finish.committed",
    "checkpoint.written",
    "checkpoint.renamed",
    "child.started",
    "child.finished",
)
"""Every name in use; tests walk this list, so a new point is tested as soon as it is named here."""


def crash_point(name: str) -> None:
    """End the process here if a test asked for it."""
    global _left
    if name != _WANTED:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
