"""The same words typed several times at the same moment."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path

from bench.faults.finding import Finding
from bench.faults.oracle import undisturbed, violations
from bench.faults.project import Project

TRIALS, STEPS = 6, 2
SWEEP = (
    *("sweep", "conf=fault", f"x=range({TRIALS})", f"steps={STEPS}", "sleep=0.02"),
    *("executor.slots=2", "sampler=grid", "stopper=none", "--json"),
)


def measure(
    folder: Path, seed: int, count: int, planted: Mapping[str, str] | None = None
) -> Finding:
    """Type the words 2 to 8 times at once, in ``count`` projects one after the other."""
    finding = Finding("races", seed)
    rng = random.Random(seed)
    expected = undisturbed(folder, SWEEP)
    for n in range(count):
        project = Project(folder / f"race-{n}", planted)
        found = _race(project, rng.randint(2, 8), rng, finding) + violations(
            project, expected, STEPS
        )
        finding.violations += [f"race {n}: {line}" for line in found]
        finding.count("races")
        if not found:
            shutil.rmtree(project.root)
    return finding


def _race(project: Project, width: int, rng: random.Random, finding: Finding) -> list[str]:
    commands = []
    for _ in range(width):
        commands.append(project.start(*SWEEP))
        if rng.random() < 0.5:
            project.wait_until(lambda: False, rng.uniform(0, 0.3))
    codes = [command.wait(180) for command in commands]
    quiet = project.wait_until(lambda: not project.processes(), 20)
    project.end_all()
    finding.count("commands", width)
    [(controllers,)] = project.rows("SELECT count(*) FROM fact WHERE kind = 'controller.started'")
    finding.count("controllers", controllers)
    [(attempts,)] = project.rows("SELECT count(*) FROM attempt")
    found = [] if quiet else ["processes were left behind"]
    if any(codes):
        found.append(f"exit codes {codes}: {(project.root / 'stderr.txt').read_text()[-300:]}")
    if attempts != TRIALS:
        found.append(f"{attempts} attempts for {TRIALS} trials")
    return found
