"""A disk that fails: the n-th write or sync of every process, and a disk that is full for a while."""

from __future__ import annotations

import errno
import json
import random
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.faults import preload
from bench.faults.finding import Finding
from bench.faults.oracle import undisturbed, violations
from bench.faults.project import Project
from bench.faults.said import rude

TRIALS, STEPS = 4, 2
SWEEP = (
    *("sweep", "conf=fault", f"x=range({TRIALS})", f"steps={STEPS}"),
    *("executor.slots=2", "sampler=grid", "stopper=none", "--json"),
)
QUICK, SLOW = (*SWEEP, "sleep=0"), (*SWEEP, "sleep=0.2")
FAULTS = (f"write:{{}}:{errno.ENOSPC}", f"sync:{{}}:{errno.EIO}")
FAR = 600
"""No process of so small a sweep writes to its ledger so often."""


def measure(
    folder: Path,
    seed: int,
    every: int = 1,
    planted: Mapping[str, str] | None = None,
    most: int = FAR,
) -> Finding:
    """Let every ``every``-th write to the ledger fail, then every such sync, each in a project of its own."""
    finding = Finding("failing disk", seed)
    if reason := preload.missing():
        finding.skipped = reason
        return finding
    library = preload.compiled(folder)
    expected = undisturbed(folder, QUICK)
    first = random.Random(seed).randint(1, every)
    for fault in FAULTS:
        for n in range(first, most, every):
            here = Project(folder / "-".join(fault.format(n).split(":")[:2]), planted)
            hit = here.root / "hit"
            done = here.agil(
                *QUICK, env=preload.failing(library, here.ledger, fault.format(n), hit)
            )
            if not hit.exists():
                break
            finding.count("faults")
            finding.count("ended in an error", done.returncode != 0)
            found = _judge(here, done, expected)
            finding.violations += [f"{fault.format(n)}: {line}" for line in found]
            if not found:
                shutil.rmtree(here.root)
    return finding


def _judge(
    project: Project, done: subprocess.CompletedProcess[str], expected: set[str]
) -> list[str]:
    found = rude(done, project.state)
    if done.returncode not in (0, 1):
        found.append(f"exit code {done.returncode}")
    again = project.agil(*QUICK)
    project.wait_until(lambda: not project.processes(), 10)
    if again.returncode != 0:
        found.append(f"the disk is sound again and the sweep is not: {again.stderr[-300:]}")
    return found + taken_back(project, done.stdout) + violations(project, expected, STEPS)


def taken_back(project: Project, said: str) -> list[str]:
    """Return the successes that JSON lines told and the ledger does not hold."""
    told = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return [
        f"{line['run']} was told as succeeded and is not"
        for line in told
        if line["event"] == "ended"
        and line["state"] == "succeeded"
        and [("succeeded",)] != project.rows("SELECT state FROM trial WHERE id = ?", (line["run"],))
    ]


def full_for_a_while(folder: Path, errors: Iterable[int] = (errno.ENOSPC, errno.EIO)) -> Finding:
    """Let the ledger's disk fail in the middle of a sweep, look at it meanwhile, and let it recover."""
    finding = Finding("full for a while", 0)
    if reason := preload.missing():
        finding.skipped = reason
        return finding
    library = preload.compiled(folder)
    expected = undisturbed(folder, SLOW)
    for code in errors:
        project = Project(folder / f"while-{code}")
        finding.violations += _outage(project, library, code)
        finding.violations += violations(project, expected, STEPS)
        finding.count("outages")
        project.end_all()
    return finding


def _outage(project: Project, library: Path, code: int) -> list[str]:
    flag, hit = project.root / "flag", project.root / "hit"
    fault = preload.failing(library, project.ledger, f"write:0:{code}", hit, flag)
    command = project.start(*SLOW, env=fault)
    project.wait_until(lambda: bool(project.entries()))
    flag.touch()
    found = [] if project.wait_until(hit.exists, 20) else ["nothing was written"]
    reading = project.agil("runs", "--json")
    found += rude(reading) + ([] if reading.returncode == 0 else ["reads fail meanwhile"])
    said = project.root / "stderr.txt"
    if not project.wait_until(lambda: str(project.state) in said.read_text(), 10):
        found.append("nobody says what it waits for")
    flag.unlink()
    if command.wait(60) != 0:
        found.append(f"exit code {command.returncode} after the disk had recovered")
    return found
