"""A wall clock that jumps, and one that runs at another rate, under a sweep that goes on."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.faults import preload
from bench.faults.finding import Finding
from bench.faults.oracle import undisturbed, violations
from bench.faults.project import Project

TRIALS, STEPS = 6, 6
SWEEP = (
    *("sweep", "conf=fault", f"x=range({TRIALS})", f"steps={STEPS}", "sleep=0.1"),
    *("executor.slots=2", "sampler=grid", "stopper=none", "--json"),
)
DAY = 86_400.0
JUMPS = (-3 * DAY, 365 * DAY, -3600.0, 0.0)
SPEEDS = (0.5, 2.0)


class Clock:
    """The time of day and the speed of time for processes that were started with :attr:`env`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}.clock"
        folder.mkdir(parents=True, exist_ok=True)
        self.set(0.0)
        self.env = {
            "LD_PRELOAD": str(preload.compiled(folder, "clock")),
            "AGIL_CLOCK": str(self._file),
        }

    def set(self, offset: float, speed: float = 1.0) -> None:
        """Let the clock show ``offset`` seconds more than it should, from now on."""
        content = struct.pack("<qd", round(offset * 1e9), speed)
        if not self._file.exists():
            self._file.write_bytes(content)
            return
        with open(self._file, "r+b", buffering=0) as file:
            file.write(content)


def measure(
    folder: Path, planted: Mapping[str, str] | None = None, speeds: Sequence[float] = SPEEDS
) -> Finding:
    """Let the time of day jump in the middle of a sweep, there and back; then let all clocks run wrong."""
    finding = Finding("clocks", 0, {"sweeps": 0, "jumps": 0, "attempts lost or called stuck": 0})
    if reason := preload.missing():
        finding.skipped = reason
        return finding
    expected = undisturbed(folder, SWEEP)
    for speed in (1.0, *speeds):
        name = f"speed-{speed:g}" if speed != 1.0 else "jumps"
        project, clock = Project(folder / name, planted), Clock(folder, name)
        clock.set(0.0, speed)
        found = _run(project, clock, () if speed != 1.0 else JUMPS, finding)
        found += violations(project, expected, STEPS)
        finding.violations += [f"{name}: {line}" for line in found]
        finding.count("sweeps")
    return finding


def _run(project: Project, clock: Clock, jumps: tuple[float, ...], finding: Finding) -> list[str]:
    command = project.start(*SWEEP, env=clock.env)
    for n, offset in enumerate(jumps):
        project.wait_until(lambda n=n: len(project.entries()) > 2 * n)  # type: ignore[misc]
        clock.set(offset)
        finding.count("jumps")
    code = command.wait(120)
    quiet = project.wait_until(lambda: not project.processes(), 20)
    found = [] if code == 0 else [f"exit code {code}"]
    found += [] if quiet else ["processes were left behind"]
    lost = project.rows("SELECT id, cause FROM attempt WHERE state != 'succeeded'")
    finding.count("attempts lost or called stuck", len(lost))
    return found + [f"{attempt} ended by {cause}" for attempt, cause in lost]
