"""Whether sweeps run here: a folder whose controllers live cannot change the origin they write under."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from agilml.model import short


def running_sweep(state: Path) -> str:
    """Return a sweep of the project whose controller lives, or an empty string.

    A living controller holds the lock in its sweep's folder; the kernel gives it back on any death.
    """
    for path in sorted((state / "sweeps").glob("*/controller.lock")):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return short(path.parent.name)
        finally:
            os.close(fd)
    return ""
