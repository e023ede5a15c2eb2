"""What this machine has: CPUs, memory, GPUs. Read from the kernel and NVML, never by touching CUDA."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as NVML sees it; memory in GiB."""

    index: int
    name: str
    memory_gb: float


@dataclass(frozen=True, slots=True)
class Machine:
    """CPUs this process may use, memory in GiB, and GPUs."""

    cpus: float
    memory_gb: float
    gpus: tuple[Gpu, ...]


def machine() -> Machine:
    """Return what trials on this machine can be given, cgroup limits respected."""
    return Machine(cpus(), memory_gb(), gpus())


def cpus() -> float:
    """Return the CPUs of this process: its affinity, or a cgroup's quota where that is less."""
    allowed = float(len(os.sched_getaffinity(0)))
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            allowed = min(allowed, int(quota) / int(period))
    return allowed


def memory_gb() -> float:
    """Return the memory of this process: the machine's, or a cgroup's limit where that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if limit != "max":
            total = min(total, int(limit))
    return round(total / 2**30, 2)


def gpus() -> tuple[Gpu, ...]:
    """Return the GPUs that CUDA_VISIBLE_DEVICES allows, counted through NVML."""
    if not Path("/proc/driver/nvidia").exists() and not Path("/dev/nvidiactl").exists():
        return ()
    try:
        import pynvml
    except ImportError:
        return ()
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        found = tuple(_gpu(index) for index in range(pynvml.nvmlDeviceGetCount()))
    except pynvml.NVMLError:
        found = ()
    finally:
        pynvml.nvmlShutdown()
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return found
    wanted = {int(word) for word in allowed.split(",") if word.strip().isdigit()}
    return tuple(gpu for gpu in found if gpu.index in wanted)


def _gpu(index: int) -> Gpu:
    import pynvml

    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    name = pynvml.nvmlDeviceGetName(handle)
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle).total / 2**30
    return Gpu(index, name if isinstance(name, str) else name.decode(), round(memory, 1))


def out_of_memory_kills() -> int:
    """Return how many processes the kernel has ended for want of memory since boot."""
    try:
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
