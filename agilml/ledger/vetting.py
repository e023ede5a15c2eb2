"""What a fact must be like that comes from elsewhere, before a table or a reader trusts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import PurePosixPath
from typing import Any

from agilml import events as e
from agilml.events.base import AttemptEvent, Event
from agilml.model import MARK_HEX, AttemptState, SweepState, TrialState

_NUMBER = (int, float)
_PLAIN = {"str": (str,), "bool": _NUMBER, "int": _NUMBER, "float": _NUMBER}
"""What a field that takes one value may hold, by the first word of its annotation."""

_NOT_FINITE = ("nan", "inf", "-inf")


def vet(event: Event, origin: str) -> None:
    """Return if a ledger of ``origin`` can have written ``event``.

    Raises:
        ValueError, TypeError: it names a state that is none, holds what cannot be stored or read, leads
            out of the folder that it is to lie in, or is about an attempt of another origin.
    """
    for item in fields(event):
        word, _, rest = str(item.type).partition(" | ")
        value = getattr(event, item.name)
        if word in _PLAIN and not (value is None and rest) and not isinstance(value, _PLAIN[word]):
            raise TypeError(f"{item.name} is not {word}")
    if isinstance(event, AttemptEvent) and not _is_of(event, origin):
        raise ValueError(f"{event.attempt} is an attempt of another origin")
    if isinstance(event, e.AttemptLeased | e.CheckpointSaved):
        _vet_folder(event.folder)
    if isinstance(event, e.MetricsLogged):
        _vet_series(event.series)
    if isinstance(event, e.AttemptEnded):
        AttemptState(event.state)
        TrialState(event.trial_state)
    if isinstance(event, e.SweepEnded):
        SweepState(event.state)


def _is_of(event: AttemptEvent, origin: str) -> bool:
    # What was refused changes nothing, whoever's attempt it is about.
    late = isinstance(event, e.LateRefused)
    return late or event.attempt.rpartition("-")[2] == origin[:MARK_HEX]


def _vet_folder(folder: str) -> None:
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts or "\0" in folder:
        raise ValueError("its folder is no folder of a project")


def _vet_series(series: Mapping[str, Any]) -> None:
    for steps, values, times in series.values():
        if not len(steps) == len(values) == len(times) > 0:
            raise ValueError("its columns are not of equal length")
        words = {value for value in values if isinstance(value, str)}
        numbers = all(
            isinstance(value, _NUMBER) for value in (*values, *times) if value not in words
        )
        counted = all(step is None or isinstance(step, _NUMBER) for step in steps)
        if not numbers or not counted or not words.issubset(_NOT_FINITE):
            raise TypeError("its points are not numbers")
