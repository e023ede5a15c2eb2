"""Where the environment that a run was recorded in differs from this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_EXPLAINING = frozenset(
    {"LANG", "LC_ALL", "TZ", "CI", "CONDA_DEFAULT_ENV", "VIRTUAL_ENV", "PYTHONPATH"}
)
"""Recorded variables that say where something ran rather than how; those of schedulers begin as below."""

_SCHEDULERS = ("SLURM_", "GITHUB_")


@dataclass(frozen=True, slots=True)
class EnvironmentDifference:
    """One thing that is not what it was.

    Attributes:
        name: what, such as ``package numpy`` or ``GPU 0``.
        recorded: what it was; None if it was not there.
        here: what it is; None if it is not there.
        matters: whether other numbers may come of it; the rest explains.
    """

    name: str
    recorded: str | None
    here: str | None
    matters: bool


def differences(
    recorded: Mapping[str, Any], here: Mapping[str, Any]
) -> list[EnvironmentDifference]:
    """Return what differs between two provenances as :func:`agilml.provenance.capture.capture` returns them.

    What matters comes first. What one side has no word for, because an older AgilML wrote it, is not a
    difference.
    """
    found = [
        *_single(recorded, here),
        *_packages(recorded, here),
        *_nested(recorded, here),
        *_gpus(recorded, here),
        *_variables(recorded, here),
    ]
    return sorted(found, key=lambda one: not one.matters)


def _single(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[EnvironmentDifference]:
    for key, name, matters in (("python", "Python", True), ("agilml", "AgilML", True)):
        yield from _compared(name, a.get(key), b.get(key), matters=matters)


def _packages(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[EnvironmentDifference]:
    if not ("packages" in a and "packages" in b):
        return
    known = "distributions" in a and "distributions" in b
    for name in sorted({*a["packages"], *b["packages"]}):
        before, now = a["packages"].get(name), b["packages"].get(name)
        if known and before == now:
            before = _with_source(before, a["distributions"].get(name, {}))
            now = _with_source(now, b["distributions"].get(name, {}))
        yield from _compared(f"package {name}", before, now, matters=True, absent=True)


def _with_source(version: str, told: Mapping[str, Any]) -> str:
    """Return the version with what tells two builds of it apart."""
    if told.get("editable"):
        return f"{version} editable from {told.get('url')}"
    parts = [told.get("commit"), told.get("archive"), str(told.get("content") or "")[:12]]
    return " ".join([version, *(part for part in parts if part)])


_NESTED = (
    ("build", "abi", "Python ABI", True),
    ("build", "compiler", "Python's compiler", False),
    ("cuda", "torch", "CUDA of torch", True),
    ("cuda", "runtime", "CUDA runtime", True),
    ("cuda", "cublas", "cuBLAS", True),
    ("cuda", "cudnn", "cuDNN", True),
    ("cuda", "nccl", "NCCL", True),
    ("cuda", "driver", "GPU driver", True),
    ("cpu", "model", "CPU", True),
    ("cpu", "instructions", "CPU instructions", True),
    ("cpu", "count", "CPUs of the machine", False),
    ("system", "libc", "C library", True),
    ("system", "kernel", "kernel", False),
    ("determinism", "hash_seed", "PYTHONHASHSEED", True),
)
"""Key, key in it, name, whether it matters."""


def _nested(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[EnvironmentDifference]:
    for key, inner, name, matters in _NESTED:
        if key in a and key in b:
            before, now = a[key].get(inner), b[key].get(inner)
            yield from _compared(name, before, now, matters=matters, absent=True)
    if "system" in a and "system" in b:
        before, now = ((side["system"].get("container") or {}).get("image") for side in (a, b))
        yield from _compared("container image", before, now, matters=False, absent=True)
    if "locks" in a and "locks" in b:
        for name in sorted({*a["locks"], *b["locks"]}):
            before, now = a["locks"].get(name), b["locks"].get(name)
            yield from _compared(f"lock file {name}", before, now, matters=False, absent=True)


def _gpus(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[EnvironmentDifference]:
    before, now = (_models(side) for side in (a, b))
    if before is None or now is None:
        return
    for index in range(max(len(before), len(now))):
        pair = [models[index] if index < len(models) else None for models in (before, now)]
        yield from _compared(f"GPU {index}", *pair, matters=True, absent=True)


def _models(side: Mapping[str, Any]) -> list[str] | None:
    if "devices" in side:
        return [f"{gpu['model']}{' in MIG mode' * bool(gpu.get('mig'))}" for gpu in side["devices"]]
    return side.get("gpus")


def _variables(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[EnvironmentDifference]:
    if not ("environment" in a and "environment" in b):
        return
    for name in sorted({*a["environment"], *b["environment"]} - {"PYTHONHASHSEED"}):
        matters = name not in _EXPLAINING and not name.startswith(_SCHEDULERS)
        before, now = a["environment"].get(name), b["environment"].get(name)
        yield from _compared(f"variable {name}", before, now, matters=matters, absent=True)


def _compared(
    name: str, before: Any, now: Any, *, matters: bool, absent: bool = False
) -> Iterator[EnvironmentDifference]:
    """Yield the difference, if there is one; with ``absent``, a missing value is one."""
    if before == now or (not absent and (before is None or now is None)):
        return
    yield EnvironmentDifference(name, _shown(before), _shown(now), matters)


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
