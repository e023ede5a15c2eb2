"""What every event is: a frozen dataclass with a kind, a subject and a JSON body."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events: a kind, a subject, and a JSON body."""

    kind: ClassVar[str] = ""

    @property
    def subject(self) -> str:
        """The id that the event is about."""
        raise TypeError(f"{type(self).__name__} names no subject")

    def body(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        names = _FIELDS.get(self.kind)
        if names is None:
            names = _FIELDS[self.kind] = tuple(item.name for item in fields(self))
        return {name: getattr(self, name) for name in names}


_FIELDS: dict[str, tuple[str, ...]] = {}
"""Names of the fields by kind: to ask the dataclass takes as long as to digest the fact."""


@dataclass(frozen=True, slots=True)
class SweepEvent(Event):
    """An event about a sweep."""

    sweep: str

    @property
    def subject(self) -> str:
        return self.sweep


@dataclass(frozen=True, slots=True)
class TrialEvent(Event):
    """An event about a trial."""

    trial: str

    @property
    def subject(self) -> str:
        return self.trial


@dataclass(frozen=True, slots=True)
class AttemptEvent(Event):
    """An event about an attempt."""

    attempt: str

    @property
    def subject(self) -> str:
        return self.attempt
