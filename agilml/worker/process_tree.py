"""What a process and everything that it started use: CPU time, memory, disk. Read from ``/proc``.

psutil finds descendants by reading every process of the machine, and does so again for each ancestor that is
asked for; the kernel's own lists of children make the price that of the attempt alone.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Used:
    """Since the first process began: CPU seconds, bytes read from and written to disks; and ``rss`` now.

    ``rss`` (bytes) counts memory that processes share in each of them.
    """

    cpu_seconds: float
    rss: int
    read: int
    written: int


class ProcessTree:
    """A process and its descendants; those that have ended keep counting."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._moved: dict[int, tuple[int, int]] = {}
        self._cpu_seconds = 0.0

    def used(self) -> Used | None:
        """Return what was used so far; None once the first process is gone."""
        cpu_seconds, rss = 0.0, 0
        living = _with_descendants(self._pid)
        for pid in living:
            with contextlib.suppress(OSError, ValueError, IndexError):
                seconds, bytes_ = _stat(pid)
                cpu_seconds += seconds
                rss += bytes_
                self._moved[pid] = _moved(pid)
        if rss == 0:
            return None
        # Of a process that nobody waited for, the time is lost with it.
        self._cpu_seconds = max(self._cpu_seconds, cpu_seconds)
        read, written = map(sum, zip(*self._moved.values(), strict=True)) if self._moved else (0, 0)
        return Used(self._cpu_seconds, rss, read, written)


def _with_descendants(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):
                with contextlib.suppress(OSError):
                    words = Path(f"/proc/{parent}/task/{thread}/children").read_text().split()
                    found += map(int, words)
    return found


def _stat(pid: int) -> tuple[float, int]:
    """Return the CPU seconds of a process and of its dead children, and its resident bytes."""
    # The name of the program comes second, in brackets, and may hold spaces and brackets itself.
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / _TICKS, int(words[21]) * _PAGE


def _moved(pid: int) -> tuple[int, int]:
    """Return the bytes that a process had read from disks and written to them."""
    lines = dict(line.split(": ", 1) for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(lines["read_bytes"]), int(lines["write_bytes"])
