"""What the command line says when something is wrong: three lines, and never a traceback."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

THREE_LINES = re.compile(r"^error: .+\n kept: .+\n next: .+", re.MULTILINE)


def rude(done: subprocess.CompletedProcess[str], names: Path | str = "") -> list[str]:
    """Return what is wrong with how a command failed: no three lines, a traceback, ``names`` not named."""
    said = done.stdout + done.stderr
    found = []
    if "Traceback" in said:
        found.append("a traceback on the screen")
    if "unexpected:" in said:
        found.append(f"an unexpected error: {_error_of(done.stderr)}")
    if done.returncode < 0:
        found.append(f"ended by signal {-done.returncode}")
    if done.returncode == 1 and not THREE_LINES.search(done.stderr):
        found.append(f"no three lines: {done.stderr[-300:]!r}")
    if done.returncode == 1 and str(names) not in done.stderr:
        found.append(f"{names} is not named: {_error_of(done.stderr)}")
    return found


def _error_of(stderr: str) -> str:
    return next((line for line in stderr.splitlines() if line.startswith("error:")), stderr[-200:])
