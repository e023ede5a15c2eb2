"""The warm process: imports once what a recipe needs, runs no operation, and forks a child per attempt.

Started by :class:`agilml.worker.warm.WarmTemplate` with one end of a socket pair. Requests and answers are
JSON lines. It may only fork while it has a single thread and no CUDA context; otherwise it says so, and its
owner starts fresh processes instead.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agilml.worker import child, recipe
from agilml.worker.fresh import not_made
from agilml.worker.hugepages import gather_memory
from agilml.worker.order import Order

# An optimizer's first step imports these; without them every child would pay for it again.
_LAZY = {"torch": ("torch._dynamo",)}


class Template:
    """Owns the children that it forked, and tells its owner what becomes of them."""

    def __init__(self, channel: socket.socket, parent: int) -> None:
        self._channel = channel
        self._parent = parent
        self._buffer = b""
        self._children: dict[int, tuple[int, str]] = {}
        self._failed = False
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)

    def warm_up(self, reference: str, project: Path, also: Sequence[str]) -> None:
        """Import the recipe and what its first step would import, and answer ``ready`` or ``failed``."""
        gc.disable()
        try:
            recipe.load(reference, project)
            for name in also:
                with contextlib.suppress(Exception):
                    __import__(name)
            for package, lazy in _LAZY.items():
                if package in sys.modules:
                    for name in lazy:
                        __import__(name)
        except BaseException as error:
            traceback.print_exc()
            self._failed = True
            self._say(
                {"is": "failed", "error": "".join(traceback.format_exception_only(error)).strip()}
            )
            return
        gc.collect()
        # Frozen objects are not touched by a child's collector, so their pages stay shared.
        gc.freeze()
        gc.enable()
        self._say({"is": "ready", "unsafe": unsafe_to_fork()})

    def serve(self) -> None:
        """Answer requests until the owner closes the channel."""
        while True:
            for fd, _ in self._poll.poll():
                if fd == self._channel.fileno():
                    if not self._receive():
                        return
                else:
                    self._reap(fd)

    def _receive(self) -> bool:
        data = self._channel.recv(1 << 20)
        if not data:
            return False
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        if not self._failed:
            for line in lines:
                request = json.loads(line)
                if "gather" in request:
                    gather_memory()
                else:
                    self._start(request)
        return True

    def _start(self, request: dict[str, Any]) -> None:
        reason = unsafe_to_fork()
        if reason:
            self._say({"is": "unsafe", "attempt": request["order"]["attempt"], "reason": reason})
            return
        order = Order.from_json(request["order"])
        asked = time.monotonic()
        parent = os.getpid()
        try:
            spare = os.open(os.devnull, os.O_RDONLY)
            pid = os.fork()
        except OSError as error:
            self._say(not_made(order, error))
            return
        if pid == 0:
            self._forget_inherited()
            child.main(order, parent, "fork", asked)
        # The descriptor that watches the child takes the place of one that we know we can have.
        os.close(spare)
        watch = os.pidfd_open(pid)
        self._children[watch] = (pid, order.attempt)
        self._poll.register(watch, select.POLLIN)
        self._say({"is": "forked", "attempt": order.attempt, "pid": pid})

    def _forget_inherited(self) -> None:
        self._channel.close()
        for fd in self._children:
            os.close(fd)

    def _reap(self, watch: int) -> None:
        pid, attempt = self._children.pop(watch)
        self._poll.unregister(watch)
        os.close(watch)
        _, status, usage = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._say(
            {
                "is": "exited",
                "attempt": attempt,
                "code": code,
                "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 4),
                "max_rss_mb": round(usage.ru_maxrss / 1024, 1),
            }
        )

    def _say(self, message: dict[str, Any]) -> None:
        self._channel.sendall(json.dumps(message).encode() + b"\n")


def unsafe_to_fork() -> str | None:
    """Return why a fork of this process could hang or crash its child, or None when it is safe."""
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        return f"{threads} threads"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "a CUDA context"
    return None


def main(fd: int, reference: str, project: Path, also: Sequence[str]) -> None:
    """Warm up and serve on the socket ``fd`` until its other end closes."""
    parent = os.getppid()
    child.die_with_parent(parent)
    child.set_process_name("agil template")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    template = Template(socket.socket(fileno=fd), parent)
    template.warm_up(reference, project, also)
    template.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
