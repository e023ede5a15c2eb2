"""Folding facts into the tables many at a time, with the same outcome as one after the other."""

from __future__ import annotations

import sqlite3

from agilml.events import Event
from agilml.ledger.parts import Who
from agilml.ledger.tables import apply
from agilml.ledger.tables_attempts import MANY


class Folding:
    """Facts of the common kinds, held back by kind until :meth:`flush`.

    Facts of different trials change different rows, so their order does not matter. The order of one
    trial's facts does: a fact that would be folded before an earlier one of its trial is not taken.
    """

    def __init__(self, db: sqlite3.Connection, who: Who) -> None:
        self._db = db
        self._who = who
        self._groups: dict[str, list[tuple[Event, float]]] = {}
        self._places: dict[str, int] = {}
        self._reached: dict[str, int] = {}

    def takes(self, event: Event) -> bool:
        """Whether ``event`` may be added before a flush."""
        if event.kind not in MANY:
            return not self._groups
        last = len(self._places) - 1
        place = self._places.get(event.kind, last)
        return place == last or self._reached.get(_trial(event), -1) <= place

    def add(self, event: Event, at: float) -> None:
        """Hold ``event``, recorded at ``at``, back; or fold it now where its kind is a rare one."""
        group = self._groups.get(event.kind)
        if group is None:
            if event.kind not in MANY:
                apply(self._db, event, at, self._who)
                return
            group = self._groups[event.kind] = []
            self._places[event.kind] = len(self._places)
        group.append((event, at))
        self._reached[_trial(event)] = self._places[event.kind]

    def flush(self) -> None:
        """Fold everything that was held back."""
        groups, self._groups = self._groups, {}
        self._places.clear()
        self._reached.clear()
        for kind, facts in groups.items():
            MANY[kind](self._db, facts, self._who)


def _trial(event: Event) -> str:
    """Return the trial that a fact about an attempt changes; an attempt is named after its trial."""
    return event.subject.rpartition(".")[0]
