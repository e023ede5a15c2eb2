"""What attempts use of their machine: one pass over all of them every few seconds, beside the training.

The meter runs on a thread of whoever owns the slots. An attempt that ends within one interval costs nothing,
and nothing that goes wrong here reaches an attempt. The samples are the slot's word, not the child's, so they
do not go through the spool: a line in there would be a sign of life of a process that may be stuck.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agilml.worker.energy import CpuPackages, Energy
from agilml.worker.gpu_sensors import GpuSensors
from agilml.worker.machine_counters import MachineCounters, Passed
from agilml.worker.process_tree import ProcessTree, Used
from agilml.worker.series import BoundedSeries

INTERVAL_SECONDS = 5.0
"""Time between two looks, and the age that an attempt must have to be looked at."""

FIRST_NEWS_SECONDS = 600.0
LONGEST_SILENCE_SECONDS = 3600.0

_MB = 1e6
_DECIMALS = 2
_NOTHING = Used(0.0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class HardwareUse:
    """What an attempt used in its ``seconds`` so far; units: docs/explanation/hardware-and-energy.md."""

    seconds: float
    interval: float
    series: dict[str, list[float]]


@dataclass(slots=True)
class _Watched:
    """An attempt that is looked at; times are ``time.monotonic()``."""

    tree: ProcessTree
    gpus: tuple[int, ...]
    looked: float
    due: float
    looks: int = 0
    used: Used = _NOTHING
    joules: dict[int, float] = field(default_factory=dict)
    series: BoundedSeries = field(default_factory=BoundedSeries)
    gpu_energy: Energy = field(default_factory=Energy)
    cpu_energy: Energy = field(default_factory=Energy)


class Meter:
    """Looks at the attempts of this machine that last; one object serves all slots of a process.

    Args:
        interval: seconds between two looks.
        sensors: opens what GPUs are read through.
        packages: opens what the energy of CPUs is read through.
    """

    def __init__(
        self,
        interval: float = INTERVAL_SECONDS,
        sensors: Callable[[], GpuSensors] = GpuSensors,
        packages: Callable[[], CpuPackages] = CpuPackages,
    ) -> None:
        self.interval = interval
        self._sensors = sensors
        self._packages = packages
        self._watched: dict[str, _Watched] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self, attempt: str, pid: int, gpus: Sequence[int], began: float) -> HardwareUse | None:
        """Watch ``attempt``, whose first process is ``pid``; return its use when that is due to be told.

        Free of charge for an attempt younger than one interval. Use is told after 10, 20 and 40 minutes,
        then every hour: the ledger throws nothing away.
        """
        now = time.monotonic()
        if now - began < self.interval or not pid:
            return None
        watched = self._watched.get(attempt)
        if watched is None:
            made = _Watched(ProcessTree(pid), tuple(gpus), began, began + FIRST_NEWS_SECONDS)
            with self._lock:
                self._watched[attempt] = made
            self._begin()
            return None
        if now < watched.due:
            return None
        watched.due = now + min(now - began, LONGEST_SILENCE_SECONDS)
        return self._told(watched, now - began)

    def end(self, attempt: str, seconds: float) -> HardwareUse | None:
        """Forget ``attempt``, which lasted ``seconds``; return its use, or None if it was never looked at."""
        with self._lock:
            watched = self._watched.pop(attempt, None)
        return None if watched is None else self._told(watched, seconds)

    def close(self) -> None:
        """Look at nothing any more."""
        self._stop.set()
        if self._thread is not None:
            # A driver that hangs keeps its thread, and nobody else.
            self._thread.join(timeout=1.0)
            self._thread = None

    def _begin(self) -> None:
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._keep_looking, name="hardware", daemon=True)
            self._thread.start()

    def _keep_looking(self) -> None:
        with self._sensors() as sensors:
            machine = MachineCounters(self._packages())
            while True:
                if self._watched:
                    self._look_at_all(sensors, machine.passed(3 * self.interval))
                if self._stop.wait(self.interval):
                    return

    def _look_at_all(self, sensors: GpuSensors, machine: Passed) -> None:
        with self._lock:
            watched = list(self._watched.values())
        holders = Counter(gpu for one in watched for gpu in one.gpus)
        told = {gpu: sensors.read(gpu) for gpu in holders}
        for one in watched:
            used, now = one.tree.used(), time.monotonic()
            if used is None:
                continue
            with self._lock:
                seconds = max(now - one.looked, 1e-3)
                sample = _rates(one.used, used, seconds) | machine.rates()
                for place, gpu in enumerate(one.gpus):
                    sample |= _gpu_sample(place, told[gpu])
                one.series.add(sample)
                _count_gpu_energy(one, told, holders, seconds)
                if one.looks:
                    share = machine.share(used.cpu_seconds - one.used.cpu_seconds)
                    if share is not None:
                        one.cpu_energy.add(share, seconds)
                one.used, one.looked, one.looks = used, now, one.looks + 1

    def _told(self, watched: _Watched, seconds: float) -> HardwareUse | None:
        with self._lock:
            values = {name: _rounded(v) for name, v in watched.series.values.items()}
            if not values:
                return None
            parts = {
                "energy_gpu_wh": watched.gpu_energy.watt_hours(seconds),
                "energy_cpu_wh": watched.cpu_energy.watt_hours(seconds),
            }
            interval = self.interval * watched.series.every
        known = {name: part for name, part in parts.items() if part is not None}
        if known:
            known["energy_wh"] = sum(known.values())
        series = values | {name: [round(value, 6)] for name, value in known.items()}
        return HardwareUse(round(seconds, 1), interval, series)


def _rates(before: Used, now: Used, seconds: float) -> dict[str, float]:
    return {
        "cpu_percent": 100 * (now.cpu_seconds - before.cpu_seconds) / seconds,
        "rss_mb": now.rss / _MB,
        "disk_read_mb": (now.read - before.read) / _MB / seconds,
        "disk_write_mb": (now.written - before.written) / _MB / seconds,
    }


def _gpu_sample(place: int, told: dict[str, float]) -> dict[str, float]:
    """Return what a GPU told under the names of the attempt's GPU number ``place``."""
    return {f"gpu{place}_{name}": value for name, value in told.items() if name != "joules"}


def _count_gpu_energy(
    one: _Watched, told: dict[int, dict[str, float]], holders: Counter[int], seconds: float
) -> None:
    """Add what the attempt's GPUs took since the last look; attempts on one GPU share it equally."""
    taken = []
    for gpu in one.gpus:
        joules, watts = told[gpu].get("joules"), told[gpu].get("watts")
        before = one.joules.get(gpu)
        if joules is not None:
            one.joules[gpu] = joules
        if joules is not None and before is not None:
            taken.append((joules - before) / holders[gpu])
        elif watts is not None:
            taken.append(watts * seconds / holders[gpu])
    if one.gpus and len(taken) == len(one.gpus):
        one.gpu_energy.add(sum(taken), seconds)


def _rounded(values: list[float]) -> list[float]:
    return [round(value, _DECIMALS) for value in values]
