"""Use, memory, power and temperature of GPUs, as NVML tells them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

MB = 1e6


class GpuSensors:
    """NVML, open until the block ends; without a driver there is nothing to read.

    Args:
        nvml: the module to ask; pynvml, unless a test brings one of its own.
    """

    def __init__(self, nvml: Any = None) -> None:
        self._nvml = nvml
        self._open = self._absent = False
        self._handles: dict[int, Any] = {}
        self._refused: set[tuple[int, str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._open:
            self._open = False
            with contextlib.suppress(self._nvml.NVMLError):
                self._nvml.nvmlShutdown()

    def read(self, index: int) -> dict[str, float]:
        """Return what GPU ``index`` (NVML's) tells: percent, memory_mb, watts, celsius; joules since boot.

        What a device does not tell, as most of a MIG slice, is left out. All of it is the device's,
        whoever uses it.
        """
        if not self._ready():
            return {}
        handle = self._handle(index)
        if handle is None:
            return {}
        nvml = self._nvml
        queries: dict[str, Callable[[], float]] = {
            "percent": lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu,
            "memory_mb": lambda: nvml.nvmlDeviceGetMemoryInfo(handle).used / MB,
            "watts": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1e3,
            "celsius": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
            "joules": lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3,
        }
        told = {name: self._ask(index, name, query) for name, query in queries.items()}
        return {name: float(value) for name, value in told.items() if value is not None}

    def _ready(self) -> bool:
        if self._open or self._absent:
            return self._open
        self._absent = True
        if self._nvml is None:
            try:
                import pynvml
            except ImportError:
                return False
            self._nvml = pynvml
        with contextlib.suppress(OSError, self._nvml.NVMLError):
            self._nvml.nvmlInit()
            self._open = True
        return self._open

    def _handle(self, index: int) -> Any:
        if index not in self._handles:
            self._handles[index] = self._ask(
                index, "handle", lambda: self._nvml.nvmlDeviceGetHandleByIndex(index)
            )
        return self._handles[index]

    def _ask(self, index: int, name: str, query: Callable[[], Any]) -> Any:
        """Return the answer, or None; a question that the device does not know is not asked again."""
        if (index, name) in self._refused:
            return None
        try:
            return query()
        except self._nvml.NVMLError as error:
            if getattr(error, "value", None) in self._nvml_final():
                self._refused.add((index, name))
            return None

    def _nvml_final(self) -> tuple[int, ...]:
        nvml = self._nvml
        return (nvml.NVML_ERROR_NOT_SUPPORTED, nvml.NVML_ERROR_NO_PERMISSION)
