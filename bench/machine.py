"""The machine and the versions that a figure belongs to."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil


def describe() -> dict[str, str | int | float]:
    """Return processor, cores, memory, operating system and Python of this machine."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "agilml": _agilml_version(),
    }


def heading(machine: Mapping[str, object], versions: Mapping[str, str]) -> str:
    """Return the lines above all tables: machine, command, versions."""
    peers = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return (
        f"Measured on {machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB,"
        f" {machine['system']}, Python {machine['python']}, AgilML {machine['agilml']}.\n"
        f"Command: `{' '.join(['python -m bench', *sys.argv[1:]])}`."
        f" Peers: {peers or 'none installed (see `python -m bench.peers`)'}.\n"
        "Medians of interleaved runs. Compare columns of one table; absolute times move with the"
        " machine.\n"
    )


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _agilml_version() -> str:
    from agilml import __version__

    return __version__
