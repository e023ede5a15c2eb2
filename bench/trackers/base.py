"""The questions that every tracker is asked, each in a new folder."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PACE_SECONDS = 0.002
"""Between two points of a writer that is killed."""
WRITERS = 4
POINTS_OF_A_WRITER = 300


@dataclass(frozen=True, slots=True)
class Logged:
    """What logging cost: microseconds of the median call and of the 99th of 100, and bytes afterwards.

    Attributes:
        wire: bytes that a synchronisation sends for it; None where that takes a service.
    """

    p50_us: float
    p99_us: float
    size: int
    wire: int | None = None


class Tracker(ABC):
    """One tool; every method raises where the tool fails.

    Attributes:
        name: how it is called in the table.
        answers: whether it answers queries about finished runs without a server.
    """

    name = ""
    answers = True

    @abstractmethod
    def log(self, folder: Path, points: int) -> Logged:
        """Log so many points of one metric in one run, one metric a call."""

    @abstractmethod
    def killed(self, folder: Path, points: int) -> int:
        """Log so many points at :data:`PACE_SECONDS`, be killed; return how many can be read back."""

    @abstractmethod
    def curve_ms(self, folder: Path) -> float:
        """Return the milliseconds to read the curve that :meth:`log` left in ``folder``, warm."""

    @abstractmethod
    def write_finals(self, folder: Path, runs: int) -> None:
        """Record so many runs with ten parameters and twenty final metrics each."""

    @abstractmethod
    def top_seconds(self, folder: Path) -> float:
        """Return the seconds that a new process takes to print the ten best runs with their parameters."""

    @abstractmethod
    def write_once(self, folder: Path, number: int) -> bool:
        """Open the store in ``folder``, log :data:`POINTS_OF_A_WRITER` points; whether that went well."""

    @abstractmethod
    def count(self, folder: Path) -> int:
        """Return the points that can be read back from ``folder``."""

    def writers(self, folder: Path) -> tuple[int, int]:
        """Let :data:`WRITERS` processes open the new ``folder`` at once; return the dead, and points lost."""
        with ThreadPoolExecutor(WRITERS) as pool:
            went_well = list(pool.map(lambda i: self.write_once(folder, i), range(WRITERS)))
        return went_well.count(False), WRITERS * POINTS_OF_A_WRITER - self.count(folder)


def size_of(folder: Path) -> int:
    """Return the bytes of all files below ``folder``."""
    return sum(
        os.path.getsize(os.path.join(place, name))
        for place, _, names in os.walk(folder)
        for name in names
    )
