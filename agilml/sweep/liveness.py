"""Whether a sweep's controller lives: told by a lock that the kernel gives back when it dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from agilml.ledger.rows import SweepRow
from agilml.model import SweepState

LOCK = "controller.lock"
PATIENCE = 10


class ControllerLock:
    """Held by a controller for as long as it lives, and by nobody else."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> bool:
        """Take the lock and write our pid into it; false when a living controller holds it."""
        if not self._lock():
            return False
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        return True

    def _lock(self) -> bool:
        # Whoever asks whether we live holds the lock for a moment; that must not look like a controller.
        for _ in range(PATIENCE):
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                return True
        return False

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._fd)


def controller_pid(folder: Path) -> int | None:
    """Return the pid of the living controller whose sweep folder this is, or None."""
    try:
        fd = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(fd, 32, 0).decode().strip()
        return int(text) if text.isdigit() else -1
    finally:
        os.close(fd)
    return None


def shown_state(row: SweepRow, folder: Path, host: str) -> SweepState:
    """Return the state to show: ``interrupted`` where work is open and no controller lives.

    A controller on another machine, or of another clone, is taken to live: we cannot know, and unknown
    changes nothing.

    Args:
        row: the sweep as the ledger stores it.
        folder: the sweep's folder in this project's state.
        host: name of this machine.
    """
    if row.state.ended or row.elsewhere:
        return row.state
    if row.controller_host is not None and row.controller_host != host:
        return row.state
    return row.state if controller_pid(folder) is not None else SweepState.INTERRUPTED
