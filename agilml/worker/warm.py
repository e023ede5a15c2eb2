"""The owner's side of a template: starts it, sends it orders, hears what became of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from agilml.worker.order import Order

LOG = "template.log"


class WarmTemplate:
    """A template process for one recipe, and fresh processes where it cannot fork.

    Messages come as dicts with ``is``: ``ready``, ``failed``, ``forked``, ``exited``, and ``gone`` when the
    template itself died and took its children along.
    """

    def __init__(self, recipe: str, project: Path, folder: Path) -> None:
        ours, theirs = socket.socketpair()
        environment = {
            **os.environ,
            # numpy's BLAS starts its pool when it is imported, unless told otherwise; a pool forbids forking.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        with (folder / LOG).open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "agilml.worker.template",
                    str(theirs.fileno()),
                    recipe,
                    str(project),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
            )
        theirs.close()
        ours.setblocking(False)
        self.channel = ours
        self.recipe = recipe
        self.ready = False
        self.failed: str | None = None
        self._folder = folder
        self._buffer = b""
        self._spawned: dict[str, subprocess.Popen[bytes]] = {}
        self._made: list[dict[str, Any]] = []
        self._orders: dict[str, Order] = {}
        self._unsafe = False
        self.gone = False

    def fileno(self) -> int:
        """Descriptor that becomes readable when there are messages."""
        return self.channel.fileno()

    def start(self, order: Order) -> None:
        """Execute ``order`` in a process of its own; returns at once."""
        self._orders[order.attempt] = order
        if self._unsafe:
            self._spawn(order)
            return
        request = json.dumps({"order": order.as_json()}).encode() + b"\n"
        self.channel.setblocking(True)
        try:
            self.channel.sendall(request)
        except OSError:
            # It died; `messages` says `gone` for everything it held, this order included.
            pass
        finally:
            self.channel.setblocking(False)

    def messages(self) -> list[dict[str, Any]]:
        """Return what happened since the last call."""
        found = self._read()
        for message in found:
            if message["is"] == "ready":
                self.ready, self._unsafe = True, bool(message["unsafe"])
            elif message["is"] == "failed":
                self.failed = str(message["error"])
            elif message["is"] == "unsafe":
                self._unsafe = True
                self._spawn(self._orders[message["attempt"]])
            elif message["is"] == "exited":
                self._orders.pop(message["attempt"], None)
        found += self._made
        self._made = []
        return found + self._exited_spawns()

    def close(self) -> None:
        """End the template and every process it or we started."""
        self.channel.close()
        for process in self._spawned.values():
            _kill_group(process.pid)
            process.wait()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def _read(self) -> list[dict[str, Any]]:
        while not self.gone:
            try:
                data = self.channel.recv(1 << 20)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self.gone = True
                *lines, _ = self._buffer.split(b"\n")
                return [*map(json.loads, lines), {"is": "gone", "code": self.process.wait()}]
            self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in lines]

    def _spawn(self, order: Order) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "agilml.worker.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        request = {"order": order.as_json(), "asked": time.monotonic()}
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.close()
        self._spawned[order.attempt] = process
        self._made.append({"is": "forked", "attempt": order.attempt, "pid": process.pid})

    def _exited_spawns(self) -> list[dict[str, Any]]:
        found = []
        for attempt, process in list(self._spawned.items()):
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid == 0:
                continue
            process.returncode = os.waitstatus_to_exitcode(status)
            del self._spawned[attempt]
            found.append(
                {
                    "is": "exited",
                    "attempt": attempt,
                    "code": process.returncode,
                    "cpu_seconds": usage.ru_utime + usage.ru_stime,
                    "max_rss_mb": usage.ru_maxrss / 1024,
                }
            )
        return found


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        return
