"""Run one command as a person would and say what it cost."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.tree import TreeClock, end_descendants

GRACE_SECONDS = 15.0
"""How long background processes of a tool may take to end after its command returned."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of a command.

    Attributes:
        wall_s: seconds from starting the command to its end.
        cpu_s: CPU seconds of its whole process tree, background processes included.
        lines: lines on standard output and standard error together.
        files: files below the working folder afterwards.
        load: one-minute load average just before.
        ended: processes that were still there 15 s after the command and had to be ended.
        error: last lines of the output when the exit status was not 0, else empty.
    """

    wall_s: float
    cpu_s: float
    lines: int
    files: int
    load: float
    ended: int
    error: str


def environment(scratch: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment that is the same for every tool and writes only below ``scratch``."""
    home = scratch / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
        # One thread each, so that two trials at once mean two busy cores for every tool.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "DVC_NO_ANALYTICS": "1",
        "NO_UPDATE_CHECK": "1",
        "GIT_AUTHOR_NAME": "bench",
        "GIT_AUTHOR_EMAIL": "bench@localhost",
        "GIT_COMMITTER_NAME": "bench",
        "GIT_COMMITTER_EMAIL": "bench@localhost",
        **(extra or {}),
    }


def run(argv: Sequence[str], folder: Path, env: Mapping[str, str], timeout: float) -> Sample:
    """Run ``argv`` in ``folder``, wait for everything it started, and return what it cost."""
    load = os.getloadavg()[0]
    # A file, not a pipe: a background process that inherits it cannot keep us waiting.
    with tempfile.TemporaryFile() as output, TreeClock() as clock:
        began = time.perf_counter()
        process = subprocess.Popen(
            argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        status = _wait(process, timeout)
        wall = time.perf_counter() - began
        ended = end_descendants(GRACE_SECONDS)
        output.seek(0)
        text = output.read().decode(errors="replace")
    failure = (
        "" if status == "0" else f"exit {status}: " + " / ".join(text.strip().splitlines()[-4:])
    )
    files = sum(len(names) for _, _, names in os.walk(folder))
    return Sample(wall, clock.seconds, text.count("\n"), files, load, ended, failure)


def _wait(process: subprocess.Popen[bytes], timeout: float) -> str:
    # Popen.wait(timeout) polls with pauses of up to 50 ms; a plain wait is exact.
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(timeout, end)
    timer.start()
    status = process.wait()
    timer.cancel()
    return f"(ended after {timeout:.0f} s)" if late.is_set() else str(status)
