"""From the kind and the body of a fact back to the event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import ModuleType
from typing import Any

from agilml.events import records, sweeps, trials
from agilml.events.base import Event


def event_of(kind: str, body: Mapping[str, Any]) -> Event | None:
    """Return the event that a fact tells, or None where a newer release invented its kind.

    Fields that this release does not know are left out.

    Raises:
        TypeError: a field that the kind needs is missing.
    """
    cls = KINDS.get(kind)
    if cls is None:
        return None
    known = {item.name for item in fields(cls)}
    return cls(**{name: value for name, value in body.items() if name in known})


def _events_of(module: ModuleType) -> dict[str, type[Event]]:
    found = (cls for cls in vars(module).values() if isinstance(cls, type))
    return {cls.kind: cls for cls in found if issubclass(cls, Event) and cls.kind}


KINDS = {**_events_of(sweeps), **_events_of(trials), **_events_of(records)}
"""Every event by its kind."""
