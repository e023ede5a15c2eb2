"""Captured output of an attempt, capped: the beginning and the end are kept, the middle is not."""

from __future__ import annotations

import os
from pathlib import Path

NAME = "log.txt"
HEAD = "log.head.txt"
CAP_BYTES = 8 << 20
KEEP_BYTES = 1 << 20


def cap_log(folder: Path, cap: int = CAP_BYTES, keep: int = KEEP_BYTES) -> bool:
    """Cut the log in ``folder`` down when it is larger than ``cap`` bytes; return whether it was cut.

    The first ``keep`` bytes ever written go to ``log.head.txt`` once; the last ``keep`` stay in
    ``log.txt``. The writer keeps its descriptor: it appends, so it goes on at the new end.
    """
    path = folder / NAME
    try:
        if path.stat().st_size <= cap:
            return False
        with path.open("r+b") as log:
            if not (folder / HEAD).exists():
                (folder / HEAD).write_bytes(log.read(keep))
            log.seek(-keep, os.SEEK_END)
            tail = log.read()
            log.truncate(0)
        with path.open("ab") as log:
            log.write(b"\n[agil: output beyond the cap was left out here]\n" + tail)
    except OSError:
        return False
    return True


def tail(folder: Path, lines: int = 20, window: int = 1 << 16) -> list[str]:
    """Return the last ``lines`` lines of the log in ``folder``; undecodable bytes are replaced."""
    try:
        with (folder / NAME).open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - window))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-lines:] if lines else []
