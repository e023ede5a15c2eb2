"""A made-up NVML: as many GPUs as a test wants, with readings that it sets."""

# ruff: noqa: N802 - these are NVML's own names

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

NOT_SUPPORTED = 3


class MadeUpError(Exception):
    """What every function raises where the device cannot answer; ``value`` is NVML's number."""

    def __init__(self, value: int) -> None:
        super().__init__(f"NVML error {value}")
        self.value = value


@dataclass
class MadeUpGpu:
    """One GPU that draws ``watts`` all the time; ``silent`` names the functions it does not support."""

    name: str = "NVIDIA H200"
    percent: int = 50
    used: int = 2_000_000_000
    total: int = 150_754_820_096
    watts: float = 300.0
    celsius: int = 61
    mig: bool = False
    silent: set[str] = field(default_factory=set)


class MadeUpNvml:
    """Stands in for the module ``pynvml`` wherever one is asked for.

    Attributes:
        gpus: the devices, by index.
        asked: how often each function was called.
        open: whether it was initialised and not shut down.
        dead: whether nothing at all answers, as without a driver.
    """

    NVMLError = MadeUpError
    NVML_ERROR_NOT_SUPPORTED = NOT_SUPPORTED
    NVML_ERROR_NO_PERMISSION = 4
    NVML_TEMPERATURE_GPU = 0

    def __init__(self, *gpus: MadeUpGpu, dead: bool = False) -> None:
        self.gpus = gpus
        self.dead = dead
        self.open = False
        self.asked: dict[str, int] = {}
        self._began = time.monotonic()

    def nvmlInit(self) -> None:
        """Open it; fails where there is no driver."""
        self._count("nvmlInit")
        if self.dead:
            raise MadeUpError(12)
        self.open = True

    def nvmlShutdown(self) -> None:
        """Close it."""
        self.open = False

    def nvmlDeviceGetCount(self) -> int:
        """Return how many GPUs there are."""
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> MadeUpGpu:
        """Return the GPU itself, which serves as its handle."""
        if not self.open or not 0 <= index < len(self.gpus):
            raise MadeUpError(2)
        return self.gpus[index]

    def nvmlSystemGetDriverVersion(self) -> str:
        """Return the version of the driver."""
        return "570.86.15"

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:
        """Return the newest CUDA that the driver knows, as NVML numbers it."""
        return 12080

    def nvmlDeviceGetName(self, gpu: MadeUpGpu) -> str:
        """Return the model."""
        return gpu.name

    def nvmlDeviceGetCudaComputeCapability(self, gpu: MadeUpGpu) -> tuple[int, int]:
        """Return what its kernels are compiled for."""
        self._may(gpu, "nvmlDeviceGetCudaComputeCapability")
        return 9, 0

    def nvmlDeviceGetMigMode(self, gpu: MadeUpGpu) -> list[int]:
        """Return the current and the pending mode."""
        self._may(gpu, "nvmlDeviceGetMigMode")
        return [int(gpu.mig), int(gpu.mig)]

    def nvmlDeviceGetUtilizationRates(self, gpu: MadeUpGpu) -> Any:
        """Return how busy it is, in percent."""
        self._may(gpu, "nvmlDeviceGetUtilizationRates")
        return SimpleNamespace(gpu=gpu.percent, memory=gpu.percent)

    def nvmlDeviceGetMemoryInfo(self, gpu: MadeUpGpu) -> Any:
        """Return its memory in bytes."""
        self._may(gpu, "nvmlDeviceGetMemoryInfo")
        return SimpleNamespace(total=gpu.total, used=gpu.used, free=gpu.total - gpu.used)

    def nvmlDeviceGetPowerUsage(self, gpu: MadeUpGpu) -> int:
        """Return its power in milliwatts."""
        self._may(gpu, "nvmlDeviceGetPowerUsage")
        return round(gpu.watts * 1e3)

    def nvmlDeviceGetTemperature(self, gpu: MadeUpGpu, sensor: int) -> int:  # noqa: ARG002
        """Return its temperature in degrees Celsius."""
        self._may(gpu, "nvmlDeviceGetTemperature")
        return gpu.celsius

    def nvmlDeviceGetTotalEnergyConsumption(self, gpu: MadeUpGpu) -> int:
        """Return what it has drawn so far, in millijoules."""
        self._may(gpu, "nvmlDeviceGetTotalEnergyConsumption")
        return round((time.monotonic() - self._began) * gpu.watts * 1e3)

    def _may(self, gpu: MadeUpGpu, function: str) -> None:
        self._count(function)
        if not self.open:
            raise MadeUpError(1)
        if function in gpu.silent:
            raise MadeUpError(NOT_SUPPORTED)

    def _count(self, function: str) -> None:
        self.asked[function] = self.asked.get(function, 0) + 1
