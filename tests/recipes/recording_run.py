"""A run handle that keeps everything in memory, for tests of recipes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Settings(Mapping[str, Any]):
    """A read-only config with item and attribute access."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {
            name: Settings(value) if isinstance(value, Mapping) else value
            for name, value in values.items()
        }

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def to_dict(self) -> dict[str, Any]:
        return {
            name: value.to_dict() if isinstance(value, Settings) else value
            for name, value in self._values.items()
        }


class SavedState:
    """One complete checkpoint, copied when it was taken."""

    def __init__(self, step: int, objects: Mapping[str, Any]) -> None:
        self.step = step
        self._saved = {name: _plain(value) for name, value in objects.items()}

    def load(self, **objects: Any) -> None:
        for name, target in objects.items():
            target.load_state_dict(copy.deepcopy(self._saved[name]))

    def __getitem__(self, name: str) -> Any:
        return self._saved[name]


def _plain(value: Any) -> Any:
    if hasattr(value, "state_dict"):
        return copy.deepcopy(value.state_dict())
    json.dumps(value)
    return copy.deepcopy(value)


class Interrupted(Exception):
    """Raised at a step boundary, as a preemption is."""


@dataclass
class RecordingRun:
    """Stands in for the handle of :mod:`agilml.worker`; ``stop_after`` interrupts after that many steps."""

    folder: Path
    seed: int = 0
    threads: int = 1
    gpus: tuple[int, ...] = ()
    metric: str = "val_acc"
    mode: str = "max"
    stop_after: int | None = None
    points: list[tuple[int | None, dict[str, float]]] = field(default_factory=list)
    saved: list[SavedState] = field(default_factory=list)
    best: SavedState | None = None
    _best_value: float | None = None
    _done: int = 0

    def resume(self) -> SavedState | None:
        return self.saved[-1] if self.saved else None

    def steps(self, total: int) -> Iterator[int]:
        start = self.saved[-1].step + 1 if self.saved else 0
        for step in range(start, total):
            if self.stop_after is not None and self._done >= self.stop_after:
                raise Interrupted
            yield step
            self._done += 1

    def log(
        self, values: Mapping[str, Any] | None = None, /, *, step: int | None = None, **named: Any
    ) -> None:
        self.points.append((step, {**(values or {}), **named}))

    def checkpoint(self, *, step: int, **objects: Any) -> None:
        state = SavedState(step, objects)
        self.saved.append(state)
        value = next(
            (p[self.metric] for at, p in reversed(self.points) if at == step and self.metric in p), None
        )
        if value is None:
            return
        sign = 1 if self.mode == "max" else -1
        if self._best_value is None or sign * value > sign * self._best_value:
            self.best, self._best_value = state, value

    def environment(self) -> dict[str, str]:
        return {"AGIL_RUN_FOLDER": str(self.folder)}

    def series(self, name: str) -> list[float]:
        """Every value of a metric that was logged with a step, in order."""
        return [values[name] for step, values in self.points if step is not None and name in values]

    def final(self, name: str) -> float:
        """The last value of a metric."""
        return next(values[name] for _, values in reversed(self.points) if name in values)
