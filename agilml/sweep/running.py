"""What a controller holds in memory: attempts in slots, and trials that wait."""

from __future__ import annotations

import gc
import heapq
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from agilml.ledger.control import Control, Lease
from agilml.model import Cause
from agilml.sweep.policy import Asked
from agilml.worker.hardware import HardwareUse
from agilml.worker.slot import Exit, Slot
from agilml.worker.spool import Batch

WINDOW = 20_000
"""How many trials of a plan are read at once."""

FLUSH_SECONDS = 1.0
FLUSH_POINTS = 300
BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 30.0

COLLECT_EVERY = 20_000
"""Objects made between two looks for reference cycles; Python's own 700 cost 5 us of 70 a trial."""


def collect_rarely() -> None:
    """Let this process look for reference cycles rarely: a controller makes nearly none."""
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)


@dataclass(slots=True)
class Running:
    """An attempt in a slot, and what is still to be written about it."""

    lease: Lease
    slot: Slot
    batch: Batch
    began: float
    flushed: float
    end: dict[str, Any] | None = None
    exit: Exit | None = None
    hardware: HardwareUse | None = None
    asked: Asked | None = None
    asked_at: float = 0.0
    alone: bool = False
    """Whether nothing else has run beside it so far."""

    def take(self, batch: Batch) -> None:
        """Add what the spool brought to what waits to be written."""
        mine = self.batch
        mine.offset = batch.offset
        mine.start = mine.start or batch.start
        mine.resume = mine.resume or batch.resume
        mine.end = batch.end or mine.end
        mine.points += batch.points
        mine.checkpoints += batch.checkpoints
        mine.warnings += batch.warnings
        mine.data += batch.data
        for name, columns in batch.series.items():
            held = mine.series.setdefault(name, [[], [], []])
            for to, values in zip(held, columns, strict=True):
                to.extend(values)
        self.end = batch.end or self.end

    def due(self, now: float, *, eager: bool = False) -> bool:
        """Whether what waits should be written in this turn; points at once where somebody acts on them."""
        batch = self.batch
        if (
            self.exit is not None
            or batch.start
            or batch.checkpoints
            or batch.points >= FLUSH_POINTS
        ):
            return True
        if batch.empty and self.hardware is None:
            return False
        return eager or now - self.flushed >= FLUSH_SECONDS


@dataclass(slots=True)
class Queue:
    """Trials that wait: in order, until a time after a failure of a machine, or for an empty machine.

    Those in order are read from the ledger as they are needed; ``len()`` is 0 only when none is left there.
    """

    ready: deque[str] = field(default_factory=deque)
    later: list[tuple[float, str]] = field(default_factory=list)
    alone: deque[str] = field(default_factory=deque)
    _index: int = -1
    _whole: bool = True

    def start(self, control: Control) -> None:
        """Look at the plan from its beginning."""
        self._index, self._whole = -1, False
        self.refill(control, 1)

    def refill(self, control: Control, wanted: int) -> None:
        """Read more of the plan where fewer than ``wanted`` trials are ready: not all of it is in memory."""
        while not self._whole and len(self.ready) < wanted:
            found = control.waiting_after(self._index, WINDOW)
            self.ready.extend(trial for _, trial in found)
            self._whole = len(found) < WINDOW
            if found:
                self._index = found[-1][0]

    def next(self, now: float) -> str | None:
        """Take the next trial that may start, or answer None."""
        while self.later and self.later[0][0] <= now:
            self.ready.append(heapq.heappop(self.later)[1])
        return self.ready.popleft() if self.ready else None

    def head(self, count: int) -> list[str]:
        """Return the trials that :meth:`next` will answer with first, at most ``count``."""
        return list(islice(self.ready, count))

    def wait(self, trial: str, seconds: float) -> None:
        """Let ``trial`` start again, but not before ``seconds`` have passed."""
        heapq.heappush(self.later, (time.monotonic() + seconds, trial))

    def next_alone(self) -> str | None:
        """Take the next trial that must not have company, or answer None."""
        return self.alone.popleft() if self.alone else None

    def __len__(self) -> int:
        return len(self.ready) + len(self.later) + len(self.alone)


def backoff(cause: Cause | None, lost: int) -> float:
    """Return the seconds to wait after ``lost`` attempts were lost; none where the fault was no machine's."""
    if cause is None or cause.counts:
        return 0.0
    return float(min(MAX_BACKOFF_SECONDS, BACKOFF_SECONDS * 2.0 ** (lost - 1)))


def known_seed(seed: Any) -> int:
    """Return a seed that is a number; one that comes from the environment is read by the child itself."""
    return seed if isinstance(seed, int) else 0
