"""How busy this machine is: CPUs, memory and GPUs."""

from __future__ import annotations

import time
from dataclasses import dataclass

from agilml.text import safe_text
from agilml.tui.layout import Line
from agilml.worker.probes import Gpu, gpus

PAUSE = 1.0
GIB = 2**30


@dataclass(frozen=True, slots=True)
class GpuUse:
    """One GPU: the share of time it was busy in percent, its memory in GiB."""

    index: int
    percent: float
    used_gb: float
    memory_gb: float


@dataclass(frozen=True, slots=True)
class Usage:
    """This machine: memory in GiB, GPUs, and the share of time in percent that its CPUs were busy.

    That share takes two looks; it is None at the first.
    """

    percent: float | None
    cpus: int
    used_gb: float
    memory_gb: float
    gpus: tuple[GpuUse, ...] = ()

    def line(self) -> Line:
        """Return it as one line of a screen."""
        percent = "  -" if self.percent is None else f"{self.percent:3.0f}"
        text = f"cpu {percent}% of {self.cpus}  memory {self.used_gb:.1f}/{self.memory_gb:.1f} GiB"
        for gpu in self.gpus:
            text += (
                f"  gpu{gpu.index} {gpu.percent:3.0f}% {gpu.used_gb:.0f}/{gpu.memory_gb:.0f} GiB"
            )
        return [(safe_text(text), "dim")]


class UsageMeter:
    """Looks at this machine at most once a second."""

    def __init__(self) -> None:
        self._gpus = gpus()
        self._looked = time.monotonic()
        self._cpu_percent()
        self._last = self._look(None)

    def read(self) -> Usage:
        """Return the load between the last two looks."""
        now = time.monotonic()
        if now - self._looked >= PAUSE:
            self._looked = now
            self._last = self._look(self._cpu_percent())
        return self._last

    def _look(self, percent: float | None) -> Usage:
        import psutil

        memory = psutil.virtual_memory()
        return Usage(
            percent,
            psutil.cpu_count() or 1,
            (memory.total - memory.available) / GIB,
            memory.total / GIB,
            gpu_use(self._gpus),
        )

    def _cpu_percent(self) -> float:
        import psutil

        return psutil.cpu_percent()


def gpu_use(found: tuple[Gpu, ...]) -> tuple[GpuUse, ...]:
    """Return how busy the given GPUs are, through NVML; those that do not answer are left out."""
    if not found:
        return ()
    import pynvml

    used = []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        for gpu in found:
            try:
                handle = pynvml.nvmlDeviceGetHandleByIndex(gpu.index)
                percent = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu
                memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            except pynvml.NVMLError:
                continue
            used.append(GpuUse(gpu.index, percent, memory.used / GIB, memory.total / GIB))
    finally:
        pynvml.nvmlShutdown()
    return tuple(used)
