"""The seam of executors: where slots come from, and how they go away again."""

from __future__ import annotations

from typing import Protocol

from agilml.worker.order import Order
from agilml.worker.slot import Report, Slot


class Executor(Protocol):
    """Gives slots and reports what happens in them. One controller owns one executor."""

    name: str

    def quote(self) -> int:
        """Return how many slots :meth:`up` would bring.

        Raises:
            ConfigError: not even one.
        """

    def up(self, wanted: int) -> list[Slot]:
        """Bring slots up for ``wanted`` trials that wait, and return them in a fixed order.

        Raises:
            ExecutorError: not a single slot can be had.
        """

    def start(self, slot: Slot, order: Order) -> None:
        """Execute ``order`` in ``slot``, which is idle. Returns at once."""

    def poll(self, seconds: float) -> list[Report]:
        """Wait at most ``seconds`` for news and return it; a report with an exit frees its slot."""

    def end(self, slot: Slot, *, gentle: bool) -> None:
        """Ask the attempt in ``slot`` to end, or end it. Its exit comes through :meth:`poll`."""

    def down(self) -> None:
        """End everything this executor started. Safe to call twice."""
