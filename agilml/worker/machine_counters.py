"""Counters that the whole machine shares: network traffic, and the energy of its CPUs."""

from __future__ import annotations

import time
from dataclasses import dataclass

from agilml.worker.energy import CpuPackages

_MB = 1e6


@dataclass(frozen=True, slots=True)
class Passed:
    """What the machine did since the last pass; None where that is not known.

    Attributes:
        seconds: how long that was.
        received: bytes that came in from other machines.
        sent: bytes that went out to them.
        cpu_seconds: time that its CPUs were busy, for whomever.
        joules: energy of its CPU packages.
    """

    seconds: float | None = None
    received: int = 0
    sent: int = 0
    cpu_seconds: float = 0.0
    joules: float | None = None

    def rates(self) -> dict[str, float]:
        """Return the network traffic in MB a second."""
        if not self.seconds:
            return {}
        return {
            "net_in_mb": self.received / _MB / self.seconds,
            "net_out_mb": self.sent / _MB / self.seconds,
        }

    def share(self, cpu_seconds: float) -> float | None:
        """Return the joules of work that kept a CPU busy for ``cpu_seconds``."""
        if self.joules is None or not self.seconds or self.cpu_seconds <= 0:
            return None
        return self.joules * min(1.0, max(0.0, cpu_seconds / self.cpu_seconds))


class MachineCounters:
    """Reads them, each time as what came since the time before."""

    def __init__(self, packages: CpuPackages) -> None:
        self._packages = packages
        self._at = 0.0
        self._counted = (0, 0, 0.0)

    def passed(self, longest: float) -> Passed:
        """Return what came since the last call, unless that is more than ``longest`` seconds ago."""
        now, joules = time.monotonic(), self._packages.joules()
        try:
            counted = (*_network(), _busy())
        except (OSError, ValueError):
            # A container may hide any of these files.
            return Passed()
        since, before = now - self._at, self._counted
        self._at, self._counted = now, counted
        if not 0 < since <= longest:
            return Passed()
        received, sent, busy = (b - a for a, b in zip(before, counted, strict=True))
        return Passed(since, int(received), int(sent), busy, joules)


def _network() -> tuple[int, int]:
    # Imported here: most sweeps are over before anybody looks.
    import psutil

    cards = psutil.net_io_counters(pernic=True)
    # What a machine sends to itself never was on a network.
    real = [card for name, card in cards.items() if name != "lo"]
    return sum(card.bytes_recv for card in real), sum(card.bytes_sent for card in real)


def _busy() -> float:
    import psutil

    times = psutil.cpu_times()
    return float(sum(times[:8]) - times.idle - getattr(times, "iowait", 0.0))
