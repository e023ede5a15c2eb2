"""Everything that says where a sweep came from, as one JSON value."""

from __future__ import annotations

import os
import platform
import pwd
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import agilml
from agilml.model import JSON
from agilml.provenance.environment import environment
from agilml.provenance.git import git_state
from agilml.provenance.packages import packages
from agilml.provenance.secrets import scrub, scrub_argv
from agilml.provenance.system import driver
from agilml.worker import probes

ENVIRONMENT = (
    *(
        "CUDA_VISIBLE_DEVICES",
        "CUDA_DEVICE_ORDER",
        "CUDA_LAUNCH_BLOCKING",
        "NVIDIA_VISIBLE_DEVICES",
    ),
    *("CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
    *("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF", "TORCH_DETERMINISTIC", "XLA_FLAGS"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"),
    *("KMP_AFFINITY", "OMP_PROC_BIND", "PYTHONHASHSEED", "PYTHONPATH", "LD_PRELOAD"),
    *("LANG", "LC_ALL", "TZ", "CI", "CONDA_DEFAULT_ENV", "VIRTUAL_ENV"),
    *("SLURM_JOB_ID", "SLURM_JOB_PARTITION", "GITHUB_ACTIONS", "GITHUB_RUN_ID", "GITHUB_SHA"),
)
"""The variables that are recorded if they are set; no other ever is."""


def capture(project: Path, argv: Sequence[str], *, caches: Path | None = None) -> dict[str, JSON]:
    """Return the provenance of a command given as ``argv`` in ``project``, free of what looks secret.

    The keys are ``git`` (see :func:`git_state`), ``argv``, ``cwd``, ``user``, ``host``, ``platform``,
    ``python``, ``executable``, ``agilml``, ``packages`` (version by name), ``cpus``, ``memory_gb``
    (GiB), ``gpus`` (names), ``environment`` (variables), ``at`` (seconds since 1970) and those of
    :func:`~agilml.provenance.environment.environment`. What cannot be had is None or empty; nothing is
    raised for it. All text can be encoded as UTF-8. ``caches`` is a folder that makes the next call faster.
    """
    installed = packages()
    # Held open for both: to open NVML takes longer than all that is asked of it.
    with driver() as nvml:
        machine = probes.machine()
        depends = environment(project, installed, caches=caches, nvml=nvml)
    system = os.uname()
    found: dict[str, Any] = {
        "git": git_state(project),
        "argv": scrub_argv(argv),
        "cwd": _working_folder(),
        "user": _user(),
        "host": system.nodename,
        "platform": f"{system.sysname} {system.release} {system.machine}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "executable": sys.executable,
        "agilml": agilml.__version__,
        "packages": dict(installed),
        "cpus": machine.cpus,
        "memory_gb": machine.memory_gb,
        "gpus": [gpu.name for gpu in machine.gpus],
        "environment": {
            name: scrub(os.environ[name]) for name in ENVIRONMENT if name in os.environ
        },
        "at": time.time(),
        **depends,
    }
    return {key: _encodable(value) for key, value in found.items()}


def _working_folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _user() -> str:
    """Return who the system says it is; environment variables are only asked where it does not know."""
    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return os.environ.get("USER") or str(uid)


def _encodable(value: Any) -> JSON:
    """Return the value with the bytes of names that are not UTF-8 spelled out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {str(_encodable(key)): _encodable(item) for key, item in value.items()}
    return value  # type: ignore[no-any-return]
