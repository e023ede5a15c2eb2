"""One sync at a time in each project: the second one waits, or leaves it to the first."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agilml.errors import AgilError

WAIT_SECONDS = 600.0


class SyncRunning(AgilError):
    """Another process of this project is syncing."""


@contextmanager
def sync_lock(
    state: Path, *, wait: float = WAIT_SECONDS, tell: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """Hold the project's sync for the length of the block.

    Raises:
        SyncRunning: another process held it for ``wait`` seconds.
    """
    fd = os.open(state / "sync.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(fd, wait, tell)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        # The kernel gives the lock back with the descriptor, on any death.
        os.close(fd)


def _take(fd: int, wait: float, tell: Callable[[str], None]) -> None:
    end, told = time.monotonic() + wait, False
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = os.pread(fd, 20, 0).decode(errors="replace").strip() or "?"
            if time.monotonic() >= end:
                raise SyncRunning(
                    f"process {holder} is syncing this project",
                    kept="what it does goes on",
                    next="wait for it, then repeat the command",
                ) from None
            if not told:
                tell(f"process {holder} is syncing this project; waiting for it")
                told = True
            time.sleep(0.05)
