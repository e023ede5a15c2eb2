"""What can be wrong with a machine and a project, looked at one by one."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from agilml.errors import AgilError, LedgerDamaged
from agilml.ledger import queries
from agilml.ledger.facts import verify_chain
from agilml.ledger.files import filesystem, refuse_shared_filesystem
from agilml.ledger.refold import tables_that_differ
from agilml.ledger.schema import VERSION
from agilml.model import short
from agilml.project import Project
from agilml.sweep.liveness import shown_state
from agilml.worker.checkpoints import Checkpoint
from agilml.worker.probes import machine

LIBRARIES = (
    "hydra-core",
    "rich",
    "typer",
    "sqlite-utils",
    "torch",
    "ray",
    "boto3",
    "onnx",
    "scikit-learn",
    "tensorboard",
)
LOW_DISK_GB = 2.0
FULL_DISK_GB = 0.05
"""GiB below which a ledger or a checkpoint can no longer be written with any certainty."""

MANY_FACTS = 100_000
"""Above so many, the tables are compared with the facts only on request: it takes a minute a million."""

RECENT = 20

REPAIR = "agil doctor --repair"
"""Makes the ledger anew from what is readable of it and from the remote."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is ``good``, ``odd`` or ``bad``, and what to type next."""

    what: str
    level: str
    said: str
    next: str = ""

    def as_json(self) -> dict[str, str]:
        """Return plain JSON."""
        return asdict(self)


def examine(project: Project, *, deep: bool = False) -> list[Finding]:
    """Return the findings of every check, in a fixed order; a check that cannot run is a finding too."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python,
        _libraries,
        _machine,
        lambda: _disk(project),
        lambda: _ledger(project, deep),
        lambda: _sweeps(project),
        lambda: _checkpoints(project, deep),
    ]
    found: list[Finding] = []
    for check in checks:
        try:
            found.extend(check())
        except AgilError as error:
            helps = REPAIR if isinstance(error, LedgerDamaged) else error.next
            failure = Finding("ledger", "bad", error.cause, helps)
            # Several checks read the ledger; what is wrong with it is said once.
            if failure not in found:
                found.append(failure)
    return found


def _python() -> Iterator[Finding]:
    said = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.platform()}"
    yield Finding("python", "good" if sys.version_info >= (3, 11) else "bad", said)


def _libraries() -> Iterator[Finding]:
    found, missing = [], []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield Finding("libraries", "good", ", ".join(found))
    if missing:
        yield Finding(
            "libraries", "odd", f"not installed: {', '.join(missing)}", "pip install 'agilml[all]'"
        )


def _machine() -> Iterator[Finding]:
    here = machine()
    gpus = ", ".join(f"{gpu.name} {gpu.memory_gb:g} GiB" for gpu in here.gpus) or "no GPU"
    yield Finding("machine", "good", f"{here.cpus:g} CPUs, {here.memory_gb:g} GiB, {gpus}")


def _disk(project: Project) -> Iterator[Finding]:
    place = project.state if project.state.exists() else project.root
    kind = filesystem(place)
    free = shutil.disk_usage(place).free / 2**30
    level = "good" if free > LOW_DISK_GB else "odd" if free >= FULL_DISK_GB else "bad"
    said = f"{place} on {kind or 'an unknown file system'}, {free:,.2f} GiB free"
    yield Finding("disk", level, said, "" if level == "good" else "free some space")
    refuse_shared_filesystem(place)


def _ledger(project: Project, deep: bool) -> Iterator[Finding]:
    if not project.ledger.exists():
        yield Finding("ledger", "good", "none yet", "agil sweep conf=resnet")
        return
    with queries.reader(project.ledger) as db:
        schema = int(db.execute("PRAGMA user_version").fetchone()[0])
        if schema > VERSION:
            yield Finding(
                "ledger",
                "odd",
                f"schema {schema} is newer than this AgilML",
                "pip install --upgrade agilml",
            )
        answer = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
        if answer != "ok":
            yield Finding("ledger", "bad", answer, REPAIR)
            return
        facts = sum(verify_chain(db, row[0]) for row in db.execute("SELECT id FROM origin"))
        told = f"{facts:,} facts, every digest checked; {queries.count_runs(db):,} runs"
        if schema != VERSION or (facts > MANY_FACTS and not deep):
            yield Finding("ledger", "good", told)
            return
        for table in tables_that_differ(db):
            yield Finding(
                "ledger",
                "bad",
                f"table {table} is not what the facts say",
                f"{REPAIR}, and say so in an issue if there was no damage",
            )
            return
        yield Finding("ledger", "good", f"{told}; the tables are what they say")


def _sweeps(project: Project) -> Iterator[Finding]:
    if not project.ledger.exists():
        return
    with queries.reader(project.ledger) as db:
        for row in queries.sweeps(db, RECENT):
            state = shown_state(row, project.sweep_folder(row.id), platform.node())
            if state == "interrupted":
                yield Finding(
                    "sweep",
                    "odd",
                    f"{short(row.id)} has open work and no controller",
                    f"agil resume {short(row.id)}",
                )


def _checkpoints(project: Project, deep: bool) -> Iterator[Finding]:
    if not project.ledger.exists():
        return
    with queries.reader(project.ledger) as db:
        rows = db.execute(
            "SELECT attempt, folder, sha256 FROM checkpoint ORDER BY saved DESC LIMIT ?",
            (-1 if deep else RECENT,),
        ).fetchall()
        others = _executed_elsewhere(db)
    # What another clone's attempts saved lies there, unless somebody fetched it.
    rows = [row for row in rows if row[0] not in others or Path(project.state / row[1]).exists()]
    bad = 0
    for attempt, folder, sha256 in rows:
        try:
            Checkpoint.open(Path(project.state / folder), sha256)
        except AgilError as error:
            bad += 1
            yield Finding(
                "checkpoint",
                "odd",
                error.cause,
                f"nothing; {short(attempt)} goes on from the one before",
            )
    yield Finding("checkpoints", "good", f"{len(rows) - bad:,} of {len(rows):,} checked are sound")


def _executed_elsewhere(db: sqlite3.Connection) -> set[str]:
    """Return the attempts that came with a sync; ledgers of older releases know of none."""
    if "origin" not in {row[1] for row in db.execute("PRAGMA table_info(attempt)")}:
        return set()
    rows = db.execute("SELECT a.id FROM attempt a JOIN origin o ON o.id = a.origin WHERE NOT o.own")
    return {str(row[0]) for row in rows}
