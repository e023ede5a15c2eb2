"""An executor without processes: what a controller and its ledger cost by themselves."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from agilml.executors.base import Quote
from agilml.worker.child import start_time
from agilml.worker.order import Order
from agilml.worker.slot import Ending, Exit, Report, Slot
from agilml.worker.spool import Batch
from agilml.worker.starter import Starter

_SPREAD = 2_654_435_761
_SPOOL_BYTES = 160


class NoopExecutor:
    """Slots whose attempts have succeeded by the next look.

    Args:
        slots: how many there are.
        points: points of the sweep's metric that each attempt logs, in one flush.
        fail_every: let every n-th attempt fail with an error of its recipe; 0 lets none.
    """

    name = "noop"

    def __init__(self, slots: int = 64, points: int = 1, fail_every: int = 0) -> None:
        self._count = slots
        self._points = points
        self._fail_every = fail_every
        self._started: list[tuple[Slot, Order]] = []
        self._pid = os.getpid()
        self._pid_started = start_time(self._pid)
        self.executed = 0

    def quote(self) -> Quote:
        """Return the number of slots; they are free."""
        return Quote(self._count)

    def up(self, wanted: int) -> list[Slot]:  # noqa: ARG002  as many as were asked for at its making
        """Return the slots; nothing is started for them."""
        return [Slot(f"{self.name}:{i}", _NO_STARTER) for i in range(self._count)]

    def start(self, slot: Slot, order: Order) -> None:
        """Let ``order`` be over at the next :meth:`poll`."""
        slot.last_sign = time.monotonic()
        self._started.append((slot, order))

    def poll(self, seconds: float) -> list[Report]:
        """Return the reports of everything started since the last call."""
        if not self._started:
            time.sleep(min(seconds, 0.01))
        started, self._started = self._started, []
        return [self._report(slot, order) for slot, order in started]

    def end(self, slot: Slot, how: Ending) -> None:
        """Change nothing: an attempt is over before anybody can end it."""

    def down(self) -> None:
        """Forget what was started and not reported."""
        self._started = []

    def _report(self, slot: Slot, order: Order) -> Report:
        self.executed += 1
        failed = self._fail_every > 0 and self.executed % self._fail_every == 0
        batch = Batch(
            _SPOOL_BYTES,
            start={
                "pid": self._pid,
                "pid_started": self._pid_started,
                "isolation": "none",
                "start_ms": 0.1,
                "at": time.time(),
            },
            series=self._series(order),
            end=_FAILED if failed else _SUCCEEDED,
            points=self._points,
        )
        return Report(slot.name, order.attempt, batch, _EXIT)

    def _series(self, order: Order) -> dict[str, list[list[Any]]]:
        """Return values between 0 and 1 that are spread evenly over the attempts."""
        if not self._points:
            return {}
        values = [((order.fence + i) * _SPREAD % 2**32) / 2**32 for i in range(self._points)]
        steps = list(range(self._points))
        return {order.metric: [steps, values, [0.001 * step for step in steps]]}


_NO_STARTER: Starter = None  # type: ignore[assignment]  # these slots start nothing by themselves
_SUCCEEDED: dict[str, Any] = {"state": "succeeded", "cause": None, "error": None}
_FAILED: dict[str, Any] = {"state": "failed", "cause": "user", "error": "ValueError: no-op"}
_USAGE: Mapping[str, float] = {"seconds": 0.001, "cpu_seconds": 0.001, "max_rss_mb": 1.0}
_EXIT = Exit(0, None, usage=_USAGE)
