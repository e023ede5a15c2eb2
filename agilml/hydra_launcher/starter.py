"""The process that forks jobs: itself a fork of the app, made before there are threads or a ledger."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from agilml.errors import ExecutorError
from agilml.hydra_launcher.job import App, set_app
from agilml.worker import child
from agilml.worker.order import Order
from agilml.worker.template import Template
from agilml.worker.warm import LOG


class AppTemplate:
    """Forks a child per order from what the app has imported, defined and registered so far.

    It is a :class:`~agilml.worker.starter.Starter`. Whatever the app's process holds, its jobs hold: a
    function that no other process could import, resolvers, the config store, loaded libraries.
    """

    def __init__(self, app: App, folder: Path) -> None:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        for stream in (sys.stdout, sys.stderr):
            # What is buffered here must not be written by a fork, too.
            with contextlib.suppress(Exception):
                stream.flush()
        with warnings.catch_warnings():
            # Python counts threads, we do, too, and the caller decides.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if self._pid == 0:
            ours.close()
            _serve(theirs, parent, app, folder)
        theirs.close()
        ours.setblocking(False)
        self._channel = ours
        self._buffer = b""

    @property
    def failed(self) -> str | None:
        """What an app cannot do shows in its jobs, one by one."""
        return None

    def start(self, order: Order) -> None:
        """Execute ``order`` in a fork of the app; returns at once."""
        self._channel.setblocking(True)
        try:
            self._channel.sendall(json.dumps({"order": order.as_json()}).encode() + b"\n")
        except OSError:
            # It has ended; `messages` says so.
            pass
        finally:
            self._channel.setblocking(False)

    def expect_many(self) -> None:
        """Every fork costs the same: the app's memory is as it is."""

    def abandon(self, attempt: str) -> None:
        """Every attempt here has its process at once."""

    def learn(self, imports: Sequence[str]) -> None:
        """What a job imports itself is not imported here: that could change what the app is."""

    def wait(self, seconds: float) -> None:
        """Return after ``seconds``, or as soon as there is something to report."""
        select.select([self._channel], [], [], seconds)

    def messages(self) -> list[dict[str, Any]]:
        """Return what happened since the last call.

        Raises:
            ExecutorError: the template has ended, and every job with it; none of them is to blame.
        """
        found: list[dict[str, Any]] = []
        for message in self._read():
            if message["is"] == "unsafe":
                text = f"the app cannot be forked any more: {message['reason']}"
                found.append({"is": "exited", "attempt": message["attempt"], "error": text})
            else:
                found.append(message)
        return found

    def close(self) -> None:
        """End the template, and with it every job."""
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    def _read(self) -> list[dict[str, Any]]:
        while True:
            try:
                data = self._channel.recv(1 << 20)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                raise ExecutorError(
                    "the process that forks the app's jobs has ended",
                    kept="every job that has ended",
                    next="give the app's command again",
                )
            self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in lines]


def threads_left() -> int:
    """Return how many threads this process has beside its own.

    Behind a fork, pools that know of forks (OpenBLAS) have ended theirs; what is left does not expect one.
    """
    return len(os.listdir("/proc/self/task")) - 1


def _serve(channel: socket.socket, parent: int, app: App, folder: Path) -> NoReturn:
    """Obey the other end of ``channel`` until it closes; never return into the app."""
    try:
        child.die_with_parent(parent)
        child.set_process_name("agil template")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        log = os.open(folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        # A notebook or a test runner may have put other objects there, which lead elsewhere.
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        set_app(app)
        # Frozen objects are not touched by a child's collector, so their pages stay shared.
        gc.collect()
        gc.freeze()
        Template(channel, parent).serve()
    finally:
        os._exit(0)
