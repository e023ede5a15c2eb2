"""What a result depends on besides code, config and data: software, machine, and what fixes its chance."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agilml.model import JSON
from agilml.provenance import system
from agilml.provenance.distributions import distributions

LOCKS = (
    *("uv.lock", "poetry.lock", "pdm.lock", "pixi.lock", "conda-lock.yml", "Pipfile.lock"),
    *("pylock.toml", "environment.yml", "environment.yaml", "pyproject.toml"),
)
"""Files of a project's top folder that say what should be installed; and ``requirements*.txt``."""

SEEDED = ("random", "numpy", "torch")
"""Generators that get the trial's seed before its recipe begins, where they are imported by then."""


def environment(
    project: Path, packages: Mapping[str, str], *, caches: Path | None = None, nvml: Any = None
) -> dict[str, JSON]:
    """Return what :func:`agilml.provenance.environment_differences.differences` compares.

    The keys are ``locks`` (sha256 by file name), ``distributions`` (see there), ``build`` (of Python),
    ``cuda``, ``cpu``, ``devices`` (the GPUs), ``system`` and ``determinism``. What cannot be had is left
    out or None; nothing is raised for it.

    Args:
        project: the folder whose lock files count.
        packages: version by name, as they are recorded beside this.
        caches: folder in which digests of distributions are kept.
        nvml: what :func:`agilml.provenance.system.driver` gives.
    """
    found: dict[str, Any] = {
        "locks": lock_files(project),
        "distributions": distributions(caches=caches),
        "build": _build(),
        "cuda": system.cuda(packages, nvml),
        "cpu": system.cpu(),
        "devices": system.gpus(nvml),
        "system": system.system(),
        "determinism": _determinism(),
    }
    return found


def lock_files(project: Path) -> dict[str, str]:
    """Return the sha256 of every lock file in the project's folder and in its ``requirements`` folder."""
    found: dict[str, str] = {}
    names = [project / name for name in LOCKS]
    for folder in (project, project / "requirements"):
        with contextlib.suppress(OSError):
            names += sorted(folder.glob("requirements*.txt" if folder == project else "*.txt"))
    for path in names:
        with contextlib.suppress(OSError), path.open("rb") as file:
            name = path.relative_to(project).as_posix()
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return dict(sorted(found.items()))


def _build() -> dict[str, JSON]:
    return {
        "version": " ".join(sys.version.split()),
        "compiler": platform.python_compiler(),
        "abi": sysconfig.get_config_var("SOABI"),
        "debug": bool(sysconfig.get_config_var("Py_DEBUG")),
    }


def _determinism() -> dict[str, JSON]:
    """Return what AgilML fixes by itself, and what it leaves to chance unless a variable says otherwise."""
    return {
        "seeded": list(SEEDED),
        "hash_seed": os.environ.get("PYTHONHASHSEED") or "random",
        "cublas_workspace": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
        "cuda_device_order": "PCI_BUS_ID",
    }
