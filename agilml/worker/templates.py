"""The templates of one recipe on one machine: the current one, its successor, and those that retire.

A recipe may import torch inside its function, out of the template's sight. The first child that ends says
what it had to import; a second template with those imports warms up beside the first and takes over when it
is ready, unless it turns out that it could not fork.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agilml.worker.order import Order
from agilml.worker.warm import WarmTemplate

MAX_DEATHS = 3
KILLED = -9


class Templates:
    """Starts orders on the best template there is, and reports ``forked`` and ``exited`` per attempt."""

    def __init__(
        self, recipe: str, project: Path, folder: Path, first: WarmTemplate | None = None
    ) -> None:
        self._recipe = recipe
        self._project = project
        self._folder = folder
        self._also: tuple[str, ...] = ()
        self._current = first or WarmTemplate(recipe, project, folder)
        self._successor: WarmTemplate | None = None
        self._retiring: list[WarmTemplate] = []
        self._home: dict[str, WarmTemplate] = {}
        self._deaths = 0
        self._learnt = False
        self._many = False

    @property
    def failed(self) -> str | None:
        """Why the recipe cannot be loaded, or None."""
        if self._deaths > MAX_DEATHS:
            return f"its module ended the process that imports it, {self._deaths} times"
        return self._current.failed

    def start(self, order: Order) -> None:
        """Execute ``order`` in a process of its own; returns at once."""
        self._home[order.attempt] = self._current
        self._current.start(order)

    def expect_many(self) -> None:
        """Prepare for a long row of forks, at the price of a moment now."""
        self._many = True
        self._current.gather()

    def abandon(self, attempt: str) -> None:
        """Give up an attempt that has no process yet, by ending the template that still imports."""
        home = self._home.get(attempt)
        if home is not None and not home.ready:
            home.process.kill()

    def wait(self, seconds: float) -> None:
        """Return after ``seconds``, or as soon as a template has something to say."""
        alive = [template for template in self._all() if not template.gone]
        if alive:
            select.select(alive, [], [], seconds)
        else:
            time.sleep(seconds)

    def messages(self) -> list[dict[str, Any]]:
        """Return what happened to attempts since the last call."""
        found: list[dict[str, Any]] = []
        for template in self._all():
            for message in template.messages():
                if message["is"] == "gone":
                    found += self._died(template)
                elif message["is"] in ("forked", "exited"):
                    found.append(message)
                    if message["is"] == "exited":
                        self._home.pop(message["attempt"], None)
        self._succeed()
        self._bury()
        return found

    def learn(self, imports: Sequence[str]) -> None:
        """Warm up a successor that has imported what a child had to import itself; once."""
        if self._learnt or not imports:
            return
        self._learnt = True
        self._also = tuple(imports)
        self._successor = self._new()

    def close(self) -> None:
        """End every template, and with them every attempt."""
        for template in self._all():
            template.close()

    def _new(self) -> WarmTemplate:
        made = WarmTemplate(self._recipe, self._project, self._folder, self._also)
        if self._many:
            made.gather()
        return made

    def _all(self) -> list[WarmTemplate]:
        successor = [self._successor] if self._successor else []
        return [self._current, *successor, *self._retiring]

    def _succeed(self) -> None:
        heir = self._successor
        if heir is None or not (heir.ready or heir.failed or heir.gone):
            return
        self._successor = None
        if heir.failed or heir.gone or heir.unsafe:
            # What the child imported cannot be imported ahead of a fork: stay as we are.
            self._also = ()
            heir.close()
            return
        self._retiring.append(self._current)
        self._current = heir

    def _bury(self) -> None:
        for template in list(self._retiring):
            if template not in self._home.values():
                self._retiring.remove(template)
                template.close()

    def _died(self, template: WarmTemplate) -> list[dict[str, Any]]:
        """Report what ``template`` held as killed; put another one in its place."""
        lost = [attempt for attempt, home in self._home.items() if home is template]
        for attempt in lost:
            del self._home[attempt]
        if template is self._current:
            self._deaths += 1
            if self._deaths <= MAX_DEATHS:
                template.close()
                self._current = self._new()
        return [{"is": "exited", "attempt": attempt, "code": KILLED} for attempt in lost]
