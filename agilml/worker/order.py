"""The work order: all that a process needs to execute one attempt, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class SavedCheckpoint:
    """A complete checkpoint: where it is and what its manifest's digest must be."""

    attempt: str
    step: int
    folder: str
    sha256: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt to execute.

    Attributes:
        attempt: id of the attempt.
        fence: number that entitles this execution, and no earlier one, to report.
        folder: the attempt's own folder (absolute); holds the spool, the log, the checkpoints.
        project: the project's folder (absolute), the working directory of the recipe.
        recipe: recipe reference as in the config.
        config: whole composed config.
        seed: seed of every random generator.
        threads: CPU threads that numeric libraries may use.
        gpus: GPU indices this attempt may see.
        metric: name of the metric that decides what "best" means.
        mode: ``max`` or ``min``.
        checkpoints: complete checkpoints of earlier attempts, newest first.
        beat_seconds: interval of heartbeats.
    """

    attempt: str
    fence: int
    folder: str
    project: str
    recipe: str
    config: Mapping[str, Any]
    seed: int = 0
    threads: int = 1
    gpus: tuple[int, ...] = ()
    metric: str = "val_acc"
    mode: str = "max"
    checkpoints: tuple[SavedCheckpoint, ...] = field(default=())
    beat_seconds: float = 5.0

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values; :meth:`from_json` is the inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Order:
        """Return the order that :meth:`as_json` wrote."""
        saved = tuple(SavedCheckpoint(**item) for item in value["checkpoints"])
        return cls(**{**value, "gpus": tuple(value["gpus"]), "checkpoints": saved})

    @property
    def path(self) -> Path:
        """The attempt's folder."""
        return Path(self.folder)
