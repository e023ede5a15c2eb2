"""Energy of an attempt: what counters tell, and no guess from name plates."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
"""Where the kernel shows RAPL's counters; on most machines only root may read them."""


@dataclass(slots=True)
class Energy:
    """Joules seen so far, and the seconds that they cover."""

    joules: float = 0.0
    seconds: float = 0.0

    def add(self, joules: float, seconds: float) -> None:
        """Count what one stretch of time took."""
        self.joules += joules
        self.seconds += seconds

    def watt_hours(self, seconds: float) -> float | None:
        """Return the energy of ``seconds`` at the mean power seen; None where nothing was seen."""
        return self.joules / self.seconds * seconds / 3600 if self.seconds > 0 else None


class CpuPackages:
    """The energy counters of the machine's CPU packages, where this process may read them."""

    def __init__(self, root: Path = POWERCAP) -> None:
        self._last: dict[Path, int] = {}
        self._range: dict[Path, int] = {}
        # A domain with two colons is a part of a package, and counted in it.
        for folder in sorted(root.glob("intel-rapl:*")) if root.is_dir() else ():
            with contextlib.suppress(OSError, ValueError):
                if folder.name.count(":") == 1 and _text(folder / "name").startswith("package"):
                    self._last[folder] = int(_text(folder / "energy_uj"))
                    self._range[folder] = int(_text(folder / "max_energy_range_uj"))

    def joules(self) -> float | None:
        """Return the energy of all packages since the last call; None where it cannot be read."""
        if not self._range:
            return None
        total = 0
        try:
            for folder, before in self._last.items():
                now = int(_text(folder / "energy_uj"))
                # The counters start again at 0 beyond their range.
                total += now - before if now >= before else now - before + self._range[folder]
                self._last[folder] = now
        except (OSError, ValueError, KeyError):
            return None
        return total / 1e6


def _text(path: Path) -> str:
    return path.read_text().strip()
