"""How often to break things: little by default, as much as ``AGIL_FAULT_RUNS`` says on request."""

from __future__ import annotations

import os

# Read when the module is: a test's own environment knows no variable of a person's.
_RUNS = os.environ.get("AGIL_FAULT_RUNS", "")


def runs(usual: int) -> int:
    """Return ``usual``, or the number in ``AGIL_FAULT_RUNS`` where that is set."""
    return int(_RUNS) if _RUNS.isdigit() else usual
