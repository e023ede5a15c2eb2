"""The owner's side of a template: starts it, sends it orders, hears what became of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agilml.worker.fresh import FreshProcesses
from agilml.worker.order import Order

LOG = "template.log"


class WarmTemplate:
    """A template process for one recipe, and fresh processes where it cannot fork.

    ``also`` names modules to import ahead, besides the recipe's own.

    Messages come as dicts with ``is``: ``ready``, ``failed``, ``forked``, ``exited``, and ``gone`` when the
    template itself died and took its children along.
    """

    def __init__(self, recipe: str, project: Path, folder: Path, also: Sequence[str] = ()) -> None:
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
                    *also,
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
        self._fresh = FreshProcesses()
        self._orders: dict[str, Order] = {}
        self.unsafe = False
        self.gone = False

    def fileno(self) -> int:
        """Descriptor that becomes readable when there are messages."""
        return self.channel.fileno()

    def start(self, order: Order) -> None:
        """Execute ``order`` in a process of its own; returns at once."""
        self._orders[order.attempt] = order
        if self.unsafe:
            self._fresh.start(order)
            return
        self._send({"order": order.as_json()})

    def gather(self) -> None:
        """Let it spend a moment now that makes every fork cheaper."""
        self._send({"gather": True})

    def messages(self) -> list[dict[str, Any]]:
        """Return what happened since the last call."""
        found = self._read()
        for message in found:
            if message["is"] == "ready":
                self.ready, self.unsafe = True, bool(message["unsafe"])
            elif message["is"] == "failed":
                self.failed = str(message["error"])
            elif message["is"] == "unsafe":
                self.unsafe = True
                self._fresh.start(self._orders[message["attempt"]])
            elif message["is"] == "exited":
                self._orders.pop(message["attempt"], None)
        return found + self._fresh.messages()

    def close(self) -> None:
        """End the template and every process it or we started."""
        self.channel.close()
        self._fresh.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def _send(self, request: dict[str, Any]) -> None:
        self.channel.setblocking(True)
        try:
            self.channel.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            # It died; `messages` says `gone` for everything it held, this order included.
            pass
        finally:
            self.channel.setblocking(False)

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
