"""The seam of executors: where slots come from, and how they go away again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agilml.worker.order import Order
from agilml.worker.slot import Ending, Report, Slot


@dataclass(frozen=True, slots=True)
class Quote:
    """What an executor would bring, and what that costs.

    Attributes:
        slots: how many trials run at once.
        usd_per_slot_hour: price of one slot for one hour, in US dollars; 0 where nobody is billed.
    """

    slots: int
    usd_per_slot_hour: float = 0.0


class Executor(Protocol):
    """Gives slots and reports what happens in them. One controller owns one executor."""

    name: str

    def quote(self) -> Quote:
        """Return how many slots :meth:`up` would bring, and their price; free of charge.

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

    def end(self, slot: Slot, how: Ending) -> None:
        """Tell the attempt in ``slot`` to end. Its exit comes through :meth:`poll`."""

    def down(self) -> None:
        """End everything this executor started. Safe to call twice."""
