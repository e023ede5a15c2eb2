"""What a controller holds in memory: attempts in slots, and trials that wait."""

from __future__ import annotations

import heapq
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from agilml.ledger.control import Lease
from agilml.model import Cause
from agilml.sweep.policy import Asked
from agilml.worker.slot import Exit, Slot
from agilml.worker.spool import Batch

FLUSH_SECONDS = 1.0
FLUSH_POINTS = 300
BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 30.0


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
    asked: Asked | None = None
    asked_at: float = 0.0

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
        for name, columns in batch.series.items():
            held = mine.series.setdefault(name, [[], [], []])
            for to, values in zip(held, columns, strict=True):
                to.extend(values)
        self.end = batch.end or self.end

    def due(self, now: float) -> bool:
        """Whether what waits should be written in this turn."""
        batch = self.batch
        if (
            self.exit is not None
            or batch.start
            or batch.checkpoints
            or batch.points >= FLUSH_POINTS
        ):
            return True
        return not batch.empty and now - self.flushed >= FLUSH_SECONDS


@dataclass(slots=True)
class Queue:
    """Trials that wait: in order, or until a time after a failure of a machine."""

    ready: deque[str] = field(default_factory=deque)
    later: list[tuple[float, str]] = field(default_factory=list)

    def next(self, now: float) -> str | None:
        """Take the next trial that may start, or answer None."""
        while self.later and self.later[0][0] <= now:
            self.ready.append(heapq.heappop(self.later)[1])
        return self.ready.popleft() if self.ready else None

    def wait(self, trial: str, seconds: float) -> None:
        """Let ``trial`` start again, but not before ``seconds`` have passed."""
        heapq.heappush(self.later, (time.monotonic() + seconds, trial))

    def __len__(self) -> int:
        return len(self.ready) + len(self.later)


def backoff(cause: Cause | None, n: int) -> float:
    """Return the seconds to wait behind the ``n``-th attempt; none where the fault was not a machine's."""
    if cause is None or cause.counts:
        return 0.0
    return float(min(MAX_BACKOFF_SECONDS, BACKOFF_SECONDS * 2 ** (n - 1)))


def known_seed(seed: Any) -> int:
    """Return a seed that is a number; one that comes from the environment is read by the child itself."""
    return seed if isinstance(seed, int) else 0
