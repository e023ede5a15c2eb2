"""The processes below this one: what they cost, and that none of them outlives a measurement."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import threading
import time
from typing import Self

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_LOOK_SECONDS = 0.2


def become_subreaper() -> None:
    """Make orphans below this process its children, so that they can be waited for and counted."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def descendants() -> list[psutil.Process]:
    """Return every living process below this one."""
    return [p for p in psutil.Process().children(recursive=True) if _alive(p)]


def end_descendants(grace: float) -> int:
    """Wait ``grace`` seconds for all descendants to end by themselves, then end them by pid.

    Returns the number that had to be ended.
    """
    if _wait_for_none(grace):
        return 0
    left = descendants()
    for sig, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        for process in descendants():
            try:
                process.send_signal(sig)
            except psutil.NoSuchProcess:
                continue
        if _wait_for_none(patience):
            break
    return len(left)


class TreeClock:
    """CPU seconds of every process below this one between entering and leaving the block.

    Two counts are taken, because each misses something: what the kernel adds up for waited-for
    children misses processes whose parent never waits (Ray's workers); looking every 0.2 s misses
    those that are born and end between two looks. ``seconds`` is the larger one.
    """

    def __enter__(self) -> Self:
        self._before = _waited_for()
        self._seen: dict[tuple[int, float], float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_often, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.seconds = max(_waited_for() - self._before, sum(self._seen.values()))

    def _look_often(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            for process in psutil.Process().children(recursive=True):
                try:
                    spent = process.cpu_times()
                    self._seen[process.pid, process.create_time()] = spent.user + spent.system
                except psutil.Error:
                    continue


def _waited_for() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _wait_for_none(seconds: float) -> bool:
    """Reap children until none is left; whether that happened within ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            if time.monotonic() >= end:
                return False
            time.sleep(0.02)


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
