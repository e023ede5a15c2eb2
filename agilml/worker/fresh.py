"""Attempts in fresh processes: slower to start than a fork, and always possible."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from agilml.model import Cause
from agilml.worker.order import Order


def not_made(order: Order, error: OSError) -> dict[str, Any]:
    """Return the message that no process could be made: the machine's fault, not the recipe's."""
    text = f"no process could be made: {error.strerror}"
    return {"is": "exited", "attempt": order.attempt, "error": text, "cause": Cause.NODE.value}


class FreshProcesses:
    """Starts a Python per order and reports ``forked`` and ``exited`` per attempt."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._made: list[dict[str, Any]] = []

    @property
    def failed(self) -> str | None:
        """Nothing keeps a fresh process from being tried."""
        return None

    def start(self, order: Order) -> None:
        """Execute ``order`` in a process of its own; returns at once."""
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "agilml.worker.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            self._made.append(not_made(order, error))
            return
        request = {"order": order.as_json(), "asked": time.monotonic(), "parent": os.getpid()}
        # A process that died at once is reported by its exit, not by a broken pipe.
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.close()
        self._processes[order.attempt] = process
        self._made.append({"is": "forked", "attempt": order.attempt, "pid": process.pid})

    def expect_many(self) -> None:
        """Every fresh process costs the same."""

    def abandon(self, attempt: str) -> None:
        """Every attempt here has its process at once."""

    def wait(self, seconds: float) -> None:
        """Return after ``seconds`` at most; an exit is noticed within 20 ms."""
        time.sleep(min(seconds, 0.02))

    def learn(self, imports: Sequence[str]) -> None:
        """A fresh process imports for itself."""

    def messages(self) -> list[dict[str, Any]]:
        """Return what happened since the last call."""
        found, self._made = self._made, []
        for attempt, process in list(self._processes.items()):
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid == 0:
                continue
            process.returncode = os.waitstatus_to_exitcode(status)
            del self._processes[attempt]
            found.append(
                {
                    "is": "exited",
                    "attempt": attempt,
                    "code": process.returncode,
                    "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 4),
                    "max_rss_mb": round(usage.ru_maxrss / 1024, 1),
                }
            )
        return found

    def close(self) -> None:
        """End every process, and what it started."""
        for process in self._processes.values():
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
        self._processes.clear()
