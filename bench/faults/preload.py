"""The shared libraries that record and fail file operations and set clocks, compiled where needed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def missing() -> str:
    """Return why nothing can be preloaded here, or an empty string."""
    return "" if shutil.which("cc") else "there is no C compiler (cc) on this machine"


def compiled(folder: Path, name: str = "disk") -> Path:
    """Return the library of that name, made in ``folder``."""
    library, source = folder / f"{name}.so", HERE / f"{name}.c"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True
        )
    return library


def recording(library: Path, watch: Path, acks: Path, log: Path) -> dict[str, str]:
    """Return the environment in which everything done to ``watch…`` is appended to ``log``."""
    return {
        "LD_PRELOAD": str(library),
        "AGIL_DISK_WATCH": str(watch),
        "AGIL_DISK_ACKS": str(acks),
        "AGIL_DISK_LOG": str(log),
    }


def failing(
    library: Path, watch: Path, fault: str, hit: Path, flag: Path | None = None
) -> dict[str, str]:
    """Return the environment in which ``fault`` (``write:7:28``) happens to ``watch…``.

    With ``flag`` everything fails for as long as that file exists. ``hit`` exists once something failed.
    """
    found = {
        "LD_PRELOAD": str(library),
        "AGIL_DISK_WATCH": str(watch),
        "AGIL_DISK_FAIL": fault,
        "AGIL_DISK_HIT": str(hit),
    }
    return found if flag is None else {**found, "AGIL_DISK_FLAG": str(flag)}
