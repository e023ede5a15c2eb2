"""Trials that want more memory than there is: killed by the kernel, or refused by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.faults.finding import Finding
from bench.faults.project import Project

LIMIT = 192 << 20
RECIPE = """
import os
import resource


def train(cfg, run):
    if cfg.group:
        with open(os.path.join(cfg.group, "cgroup.procs"), "w") as file:
            file.write(str(os.getpid()))
    else:
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
    held = []
    for _ in run.steps(100):
        held.append(bytearray(os.urandom(1 << 20) * 16))
"""


def why_not() -> str:
    """Return why no memory limit can be set for a group of processes here, or an empty string."""
    try:
        with limited():
            return ""
    except OSError as error:
        return f"no memory cgroup can be made here: {error}"


@contextmanager
def limited() -> Iterator[Path]:
    """Give a cgroup (v1 or v2) of 192 MiB for the length of the block."""
    v1 = Path("/sys/fs/cgroup/memory")
    home, limit = (
        (v1, "memory.limit_in_bytes") if v1.is_dir() else (Path("/sys/fs/cgroup"), "memory.max")
    )
    group = home / f"agil-faults-{os.getpid()}"
    group.mkdir()
    try:
        (group / limit).write_text(str(LIMIT))
        yield group
    finally:
        group.rmdir()


def measure(folder: Path, trials: int) -> Finding:
    """Let ``trials`` trials be killed by the kernel, and as many be refused memory; ask for the cause."""
    finding = Finding("out of memory", 0)
    finding.violations += _sweep(folder / "refused", "''", trials, "refused memory", finding)
    if reason := why_not():
        finding.figures["killed by the kernel"] = f"no ({reason})"
        return finding
    with limited() as group:
        finding.violations += _sweep(folder / "killed", str(group), trials, "killed", finding)
    return finding


def _sweep(folder: Path, group: str, trials: int, what: str, finding: Finding) -> list[str]:
    project = Project(folder, recipe=RECIPE)
    words = (f"x=range({trials})", f"+group={group}", "executor.slots=1", "attempts.max=1")
    done = project.agil("sweep", "conf=fault", *words, "sampler=grid", "stopper=none", "--json")
    causes = project.rows("SELECT id, cause, error FROM attempt")
    finding.count(what, len(causes))
    found = [f"{id} has cause {cause} ({error})" for id, cause, error in causes if cause != "oom"]
    finding.count(f"{what} called oom", len(causes) - len(found))
    if done.returncode != 4:
        found.append(f"exit code {done.returncode}: {done.stderr[-300:]}")
    return found
