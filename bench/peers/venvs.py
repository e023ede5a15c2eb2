"""Where the peers' venvs are, what is installed in them, and how they are made."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_BENCH = Path(__file__).resolve().parent.parent
VENVS = _BENCH / ".venvs"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements"


def names() -> list[str]:
    """Return the venvs that can be built: one per requirement file."""
    return sorted(path.stem for path in REQUIREMENTS.glob("*.txt"))


def python(venv: str) -> Path:
    """Return the interpreter of ``venv``, whether it exists or not."""
    return VENVS / venv / "bin" / "python"


def installed(venv: str) -> bool:
    """Whether ``venv`` was built completely."""
    return (VENVS / venv / "complete").exists()


@cache
def versions(interpreter: Path) -> dict[str, str]:
    """Return name and version of every distribution that ``interpreter`` can import."""
    code = (
        "import json, importlib.metadata as m;"
        "print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"
    )
    listing = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(listing.stdout)
    return found


def build(wanted: Iterable[str]) -> list[str]:
    """Build the wanted venvs that are not there yet; return those that could not be built."""
    failed = []
    for venv in wanted:
        if installed(venv):
            print(f"{venv}: already there", file=sys.stderr)
            continue
        steps = (
            [sys.executable, "-m", "venv", "--clear", str(VENVS / venv)],
            [
                str(python(venv)),
                "-m",
                "pip",
                "install",
                "--quiet",
                "-r",
                str(REQUIREMENTS / f"{venv}.txt"),
            ],
        )
        if all(subprocess.run(step, check=False).returncode == 0 for step in steps):
            (VENVS / venv / "complete").touch()
            print(f"{venv}: built", file=sys.stderr)
        else:
            failed.append(venv)
            print(
                f"{venv}: could not be built; its sections' rows will be left out", file=sys.stderr
            )
    return failed
