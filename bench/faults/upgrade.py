"""A newer AgilML opens, and migrates, the ledger of a sweep that an older one is running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from agilml.ledger.schema import VERSION
from bench.faults.finding import Finding
from bench.faults.oracle import undisturbed, unsound, violations
from bench.faults.planted import plant
from bench.faults.project import Project

TRIALS, STEPS = 8, 5
SWEEP = (
    *("sweep", "conf=fault", f"x=range({TRIALS})", f"steps={STEPS}", "sleep=0.1"),
    *("executor.slots=2", "sampler=grid", "stopper=none", "--json"),
)
CHANGES = {
    "a column that older code does not know": "ALTER TABLE trial ADD COLUMN colour TEXT",
    "a table that older code cannot write": "ALTER TABLE fact ADD COLUMN hand TEXT",
    "a table of its own": "CREATE TABLE colour (trial TEXT)",
}
NEWER = f"""
before = module.migrations
module.VERSION = {VERSION + 1}
def migrations():
    steps = before()
    @steps()
    def m999_from_the_future(db):
        db.conn.execute(CHANGE)
        db.conn.execute("PRAGMA user_version = {VERSION + 1}")
    return steps
module.migrations = migrations
"""
OPEN = (
    "import sys; from pathlib import Path; from agilml.ledger.ledger import Ledger\n"
    "with Ledger.open(Path(sys.argv[1])) as ledger: print(ledger.origin)"
)


def measure(folder: Path) -> Finding:
    """Migrate in the middle of a sweep, in several ways; the newer one finishes what the older left."""
    finding = Finding(
        "upgrades", 0, {"upgrades": 0, "older one went on": 0, "older one gave way": 0}
    )
    expected = undisturbed(folder, SWEEP)
    for n, (what, change) in enumerate(CHANGES.items()):
        project = Project(folder / f"upgrade-{n}")
        newer = plant(
            folder / f"newer-{n}", "agilml.ledger.schema", NEWER.replace("CHANGE", repr(change))
        )
        found = _upgrade(project, newer, finding)
        if "fact" not in change:
            # Code that would know the new column of the facts is not here to read them.
            again = project.agil(*SWEEP, env=newer)
            if again.returncode != 0:
                found.append(f"the newer one cannot go on: {again.stderr[-300:]}")
            found += violations(project, expected, STEPS)
        finding.count("upgrades")
        finding.violations += [f"{what}: {line}" for line in found + unsound(project)]
    return finding


def _upgrade(project: Project, newer: dict[str, str], finding: Finding) -> list[str]:
    command = project.start(*SWEEP)
    project.wait_until(lambda: len(project.entries()) > 4)
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(project.ledger)],
        env={**project.env, **newer},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = [] if done.returncode == 0 else [f"no migration: {done.stderr[-300:]}"]
    code = command.wait(120)
    quiet = project.wait_until(lambda: not project.processes(), 20)
    said = (project.root / "stderr.txt").read_text()
    if code == 0:
        finding.count("older one went on")
    elif code == 1 and "Traceback" not in said and "newer AgilML" in said:
        finding.count("older one gave way")
    else:
        found.append(f"the older one ended with {code}: {said[-400:]}")
    return found if quiet else [*found, "processes were left behind"]
