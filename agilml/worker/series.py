"""Values over time in a bounded number: where there is no more room, two neighbours become their mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 240
"""Values of a series at most."""


@dataclass(slots=True)
class BoundedSeries:
    """Several series that are sampled together.

    Attributes:
        values: by name; a name that could not be measured every time has fewer.
        every: how many samples one value is the mean of.
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    every: int = 1
    _waiting: dict[str, list[float]] = field(default_factory=dict)
    _samples: int = 0

    def add(self, sample: Mapping[str, float]) -> None:
        """Take one value of each of the names in ``sample``."""
        for name, value in sample.items():
            self._waiting.setdefault(name, []).append(value)
        self._samples += 1
        if self._samples < self.every:
            return
        self._samples = 0
        for name, waiting in self._waiting.items():
            self.values.setdefault(name, []).append(sum(waiting) / len(waiting))
        self._waiting = {}
        if any(len(values) >= LONGEST for values in self.values.values()):
            self.every *= 2
            self.values = {name: _halved(values) for name, values in self.values.items()}


def _halved(values: list[float]) -> list[float]:
    pairs = [(a + b) / 2 for a, b in zip(values[::2], values[1::2], strict=False)]
    return pairs if len(values) % 2 == 0 else [*pairs, values[-1]]
