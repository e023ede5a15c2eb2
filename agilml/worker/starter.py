"""The seam between a slot and the processes it starts: a warm template's forks, or fresh ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from agilml.worker.order import Order


class Starter(Protocol):
    """Makes one process per order. Messages have ``is`` (``forked`` or ``exited``) and ``attempt``."""

    @property
    def failed(self) -> str | None:
        """Why no order can be executed at all, or None."""

    def start(self, order: Order) -> None:
        """Execute ``order`` in a process of its own; returns at once."""

    def expect_many(self) -> None:
        """Prepare for a long row of orders, at the price of a moment now."""

    def abandon(self, attempt: str) -> None:
        """Give up an attempt whose process has not been made yet."""

    def wait(self, seconds: float) -> None:
        """Return after ``seconds``, or as soon as there is something to report."""

    def messages(self) -> list[dict[str, Any]]:
        """Return what happened since the last call."""

    def learn(self, imports: Sequence[str]) -> None:
        """Make use of what a recipe was seen to import, if that helps."""

    def close(self) -> None:
        """End every process."""
