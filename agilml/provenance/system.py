"""The machine below Python: CPU, GPUs, CUDA, kernel, C library, container. Nothing here touches CUDA."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from agilml.model import JSON
from agilml.provenance.secrets import scrub

INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")
"""Instruction sets that numeric libraries choose their kernels by."""

CUDA_LIBRARIES = {
    "runtime": "nvidia-cuda-runtime",
    "cublas": "nvidia-cublas",
    "cudnn": "nvidia-cudnn",
    "nccl": "nvidia-nccl",
}
"""Packages that bring CUDA's libraries; their names may end in ``-cu`` and a number."""

_TORCH_CUDA = re.compile(r"^cuda\b[^=\n]*= *['\"]([\d.]+)['\"]", re.MULTILINE)
_CONTAINER_ID = re.compile(r"(?:docker|containerd|libpod|crio)[-/](?:containers/)?([0-9a-f]{64})")
_CPUINFO_BYTES = 8192


def cpu(root: Path = Path("/")) -> dict[str, JSON]:
    """Return ``model``, ``architecture`` and ``instructions`` of the CPU; ``count`` of the whole machine."""
    try:
        with (root / "proc/cpuinfo").open("rb") as file:
            # The first CPU is described first; to read all of them takes long on large machines.
            text = file.read(_CPUINFO_BYTES).decode("utf-8", "replace")
    except OSError:
        text = ""
    found: dict[str, str] = {}
    for line in text.partition("\n\n")[0].splitlines():
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    flags = set((found.get("flags") or found.get("Features") or "").split())
    part = " ".join(found[k] for k in ("CPU implementer", "CPU part") if k in found)
    return {
        "model": found.get("model name") or part or None,
        "architecture": os.uname().machine,
        "instructions": [name for name in INSTRUCTIONS if name in flags],
        "count": os.cpu_count(),
    }


@contextlib.contextmanager
def driver(nvml: Any = None) -> Iterator[Any]:
    """Give NVML (pynvml, unless a test brings one of its own), open; None where there is no driver."""
    if nvml is None and any(map(os.path.exists, ("/proc/driver/nvidia", "/dev/nvidiactl"))):
        with contextlib.suppress(ImportError):
            nvml = importlib.import_module("pynvml")
    try:
        if nvml is not None:
            nvml.nvmlInit()
    except (OSError, nvml.NVMLError):
        nvml = None
    try:
        yield nvml
    finally:
        if nvml is not None:
            with contextlib.suppress(nvml.NVMLError):
                nvml.nvmlShutdown()


def gpus(nvml: Any) -> list[dict[str, JSON]]:
    """Return model, memory (GiB), compute capability and MIG mode of every GPU, by NVML's index."""
    if nvml is None:
        return []
    try:
        return [_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError:
        return []


def cuda(
    packages: Mapping[str, str], nvml: Any, path: Iterable[str] | None = None
) -> dict[str, JSON]:
    """Return the versions of driver, libraries and of the CUDA that torch was built for, as far as known."""
    found: dict[str, JSON] = {}
    if nvml is not None:
        with contextlib.suppress(nvml.NVMLError):
            found["driver"] = _text(nvml.nvmlSystemGetDriverVersion())
            supports = int(nvml.nvmlSystemGetCudaDriverVersion_v2())
            found["supports"] = f"{supports // 1000}.{supports % 1000 // 10}"
    for name, package in CUDA_LIBRARIES.items():
        named = re.compile(rf"{package}(?:-cu\d+)?")
        versions = [
            version for installed, version in packages.items() if named.fullmatch(installed)
        ]
        if versions:
            found[name] = ", ".join(versions)
    torch = _torch_cuda(sys.path if path is None else path)
    if torch is not None:
        found["torch"] = torch
    return found


def system(root: Path = Path("/")) -> dict[str, JSON]:
    """Return kernel, C library and container."""
    libc = None
    with contextlib.suppress(OSError, ValueError):
        libc = os.confstr("CS_GNU_LIBC_VERSION")
    return {"kernel": os.uname().release, "libc": libc, "container": container(root)}


def container(root: Path = Path("/")) -> dict[str, JSON] | None:
    """Return ``kind``, ``image`` and ``id`` of the container that this process is in, or None.

    A process cannot see the digest of its own image: where the variable AGIL_IMAGE tells it, it is
    recorded, and where Podman or Apptainer tell the image, that is.
    """
    told = os.environ.get("AGIL_IMAGE")
    apptainer = os.environ.get("APPTAINER_CONTAINER") or os.environ.get("SINGULARITY_CONTAINER")
    podman = _podman(root / "run/.containerenv")
    kind = None
    if podman is not None:
        kind = "podman"
    elif apptainer:
        kind = "apptainer"
    elif "KUBERNETES_SERVICE_HOST" in os.environ:
        kind = "kubernetes"
    elif (root / ".dockerenv").exists():
        kind = "docker"
    if kind is None and not told:
        return None
    image = told or apptainer or (podman or {}).get("imageid") or (podman or {}).get("image")
    return {
        "kind": kind,
        "image": scrub(image) if image else None,
        "id": (podman or {}).get("id") or _container_id(root),
    }


def _podman(path: Path) -> dict[str, str] | None:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return None
    return dict(re.findall(r'^(\w+)="([^"]*)"$', text, re.MULTILINE))


def _container_id(root: Path) -> str | None:
    for name in ("cgroup", "mountinfo"):
        with contextlib.suppress(OSError):
            found = _CONTAINER_ID.search((root / "proc/self" / name).read_text("utf-8", "replace"))
            if found:
                return found[1]
    return None


def _torch_cuda(path: Iterable[str]) -> str | None:
    for folder in path:
        with contextlib.suppress(OSError, ValueError):
            text = Path(folder or ".", "torch", "version.py").read_text("utf-8", "replace")
            found = _TORCH_CUDA.search(text)
            return found[1] if found else None
    return None


def _gpu(nvml: Any, index: int) -> dict[str, JSON]:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    found: dict[str, JSON] = {"index": index, "model": _text(nvml.nvmlDeviceGetName(handle))}
    with contextlib.suppress(nvml.NVMLError):
        found["memory_gb"] = round(nvml.nvmlDeviceGetMemoryInfo(handle).total / 2**30, 1)
    with contextlib.suppress(nvml.NVMLError):
        major, minor = nvml.nvmlDeviceGetCudaComputeCapability(handle)
        found["compute"] = f"{major}.{minor}"
    found["mig"] = False
    with contextlib.suppress(nvml.NVMLError):
        found["mig"] = bool(nvml.nvmlDeviceGetMigMode(handle)[0])
    return found


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
