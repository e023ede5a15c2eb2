"""A slot: resources for one trial at a time, and the watch over the attempt that holds them.

The same class serves on one machine and, inside an actor, across machines: it starts an order on the warm
template, tails the spool, caps the log, and says how the process ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from agilml.model import Cause
from agilml.worker import logs, spool
from agilml.worker.child import start_time
from agilml.worker.hardware import HardwareUse, Meter
from agilml.worker.order import Order
from agilml.worker.probes import out_of_memory_kills
from agilml.worker.spool import Batch, SpoolReader
from agilml.worker.starter import Starter

LOG_CHECK_SECONDS = 1.0


class Ending(Enum):
    """How an attempt is told to end; the value is the signal that its process gets."""

    LEAVE = signal.SIGTERM
    """At the next boundary; it may go on later from its last checkpoint."""
    PRUNE = signal.SIGUSR1
    """At the next boundary, as pruned."""
    FINISH = signal.SIGUSR2
    """At the next boundary, as if its steps were all done: what follows them still runs."""
    KILL = signal.SIGKILL
    """Now, and everything that it started."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How an attempt's process ended, as far as its machine can tell.

    ``cause`` is set where the machine knows better than the recipe (out of memory, killed from outside).
    """

    code: int | None
    signal: int | None
    cause: Cause | None = None
    error: str | None = None
    fatal: bool = False
    usage: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """News of one slot: what the spool brought, the end if it has come, hardware use when it is due."""

    slot: str
    attempt: str
    batch: Batch
    exit: Exit | None = None
    hardware: HardwareUse | None = None


class Slot:
    """One place where one attempt at a time runs."""

    def __init__(
        self,
        name: str,
        starter: Starter,
        threads: int = 1,
        gpus: tuple[int, ...] = (),
        meter: Meter | None = None,
    ) -> None:
        self.name = name
        self._starter = starter
        self._meter = meter
        self.threads = threads
        self.gpus = gpus
        self.order: Order | None = None
        self.last_sign = 0.0
        self.began = 0.0
        self.trouble: str | None = None
        self._pid = 0
        self._reader: SpoolReader | None = None
        self._oom_before = 0
        self._log_checked = 0.0

    @property
    def busy(self) -> bool:
        """Whether an attempt holds the slot."""
        return self.order is not None

    @property
    def has_process(self) -> bool:
        """Whether the attempt's process was made; before that it waits for the template to warm up."""
        return self._pid != 0

    def start(self, order: Order) -> None:
        """Execute ``order`` here; returns at once."""
        self.order = order
        self.began = self.last_sign = time.monotonic()
        self._pid = 0
        self._reader = SpoolReader(order.path)
        self._oom_before = out_of_memory_kills()
        try:
            order.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            self.trouble = f"{order.folder} cannot be made: {error.strerror}"
            return
        self._starter.start(order)

    def tail(self) -> Batch:
        """Return what the spool holds beyond the last call."""
        assert self._reader is not None
        assert self.order is not None
        before = self._reader.offset
        batch = self._reader.read()
        now = time.monotonic()
        if batch.offset > before:
            self.last_sign = now
        if now - self._log_checked > LOG_CHECK_SECONDS:
            self._log_checked = now
            logs.cap_log(self.order.path)
        return batch

    def report(self) -> Report:
        """Return what is new about the attempt, which goes on."""
        assert self.order is not None
        attempt, use = self.order.attempt, None
        if self._meter is not None:
            use = self._meter.look(attempt, self._pid, self.gpus, self.began)
        return Report(self.name, attempt, self.tail(), hardware=use)

    def forked(self, pid: int) -> None:
        """Note the pid of the attempt's process; its silence is counted from here."""
        self._pid = pid
        self.last_sign = time.monotonic()

    def exited(self, message: Mapping[str, Any]) -> Report:
        """Return the last report of the attempt, and free the slot."""
        assert self.order is not None
        code = message.get("code")
        signum = -code if isinstance(code, int) and code < 0 else None
        usage = {
            "seconds": round(time.monotonic() - self.began, 4),
            "cpu_seconds": float(message.get("cpu_seconds", 0.0)),
            "max_rss_mb": float(message.get("max_rss_mb", 0.0)),
        }
        # Only a process that died without a word needs an explanation from outside.
        told, error = message.get("cause"), message.get("error")
        cause = Cause(told) if told else self._cause(signum)
        if code == os.EX_IOERR and error is None:
            cause, error = Cause.NODE, "its disk is full or failing"
        end = Exit(
            code=code if signum is None else None,
            signal=signum,
            cause=cause,
            error=error,
            fatal=bool(message.get("fatal", False)),
            usage=usage,
        )
        return self._release(end)

    def end(self, how: Ending) -> None:
        """Tell the attempt's process to end; :attr:`Ending.KILL` reaches its whole group."""
        if self._pid == 0:
            if self.order is not None:
                self._starter.abandon(self.order.attempt)
            return
        with contextlib.suppress(OSError):
            if how is Ending.KILL:
                os.killpg(self._pid, signal.SIGKILL)
            else:
                os.kill(self._pid, how.value)

    def _release(self, end: Exit) -> Report:
        assert self.order is not None
        attempt, use = self.order.attempt, None
        if self._meter is not None:
            use = self._meter.end(attempt, time.monotonic() - self.began)
        report = Report(self.name, attempt, self.tail(), end, use)
        if self._reader is not None:
            self._reader.close()
        logs.cap_log(self.order.path)
        if self._pid:
            # What the recipe left running behind it has no slot any more.
            self.end(Ending.KILL)
        self.order, self._pid, self.trouble = None, 0, None
        return report

    def _cause(self, signum: int | None) -> Cause | None:
        if signum is None:
            return None
        if signum != signal.SIGKILL:
            return Cause.USER
        return Cause.OOM if out_of_memory_kills() > self._oom_before else Cause.NODE


def end_leftovers(pid: int | None, pid_started: int | None, folder: Path) -> bool:
    """End the process group of an attempt that an earlier controller left behind; answer whether it lived.

    Only a process that writes to the spool in ``folder`` is one: a ledger that was copied together with its
    project names processes of the original, which go on.
    """
    if not pid or not pid_started or start_time(pid) != pid_started:
        return False
    if not _holds_open(pid, folder / spool.NAME):
        return False
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
        return True
    return False


def _holds_open(pid: int, path: Path) -> bool:
    """Whether ``pid`` has the file at ``path`` open, by whatever name."""
    with contextlib.suppress(OSError):
        wanted = path.stat()
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.path.samestat(os.stat(entry.path), wanted):
                    return True
    return False
