"""Power cuts of the real command line: record all it does to the ledger, then look at what a cut leaves."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from agilml.errors import AgilError
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from bench.faults import preload
from bench.faults.finding import Finding
from bench.faults.images import Image, Operation, images, load
from bench.faults.project import Project

TRIALS = 10
WORDS = (f"x=range({TRIALS})", "steps=4", "sleep=0.02", "executor.slots=2")
SWEEP = ("sweep", "conf=fault", *WORDS, "sampler=grid", "stopper=none", "--json")

Claim = tuple[str, ...]
"""What was said or done: a query on the ledger, its values, and the answer that must be there."""


def measure(
    folder: Path,
    seed: int,
    count: int,
    planted: Mapping[str, str] | None = None,
    name: str = "power cuts",
) -> Finding:
    """Record one sweep with everything around it and open ``count`` images of it."""
    finding = Finding(name, seed)
    if reason := preload.missing():
        finding.skipped = reason
        return finding
    operations = record(folder, planted)
    finding.figures = {
        "images": 0,
        "writes recorded": sum(o.op == "W" for o in operations),
        "syncs": sum(o.op == "S" for o in operations),
    }
    claims = claims_of(operations)
    finding.figures["claims"] = sum(map(len, claims))
    rng = random.Random(seed)
    memory = Path("/dev/shm")  # what is looked at has been lost once already
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else folder) as place:
        for image in images(operations, count, rng):
            finding.violations += look_at(image, claims, Path(place))
            finding.count("images")
    finding.figures["images with a loss"] = len({v.split(":")[0] for v in finding.violations})
    return finding


def record(folder: Path, planted: Mapping[str, str] | None = None) -> list[Operation]:
    """Return every operation on the ledger's files, and every claim, of one sweep typed by a person.

    A detached sweep, tags while it runs, a stop, a resume that is watched: commands that come and go
    make checkpoints of the write-ahead log at moments of all kinds.
    """
    project = Project(folder / "recorded", planted)
    library, log = preload.compiled(folder), folder / "disk.log"
    project.env |= preload.recording(library, project.ledger, project.root / "said", log)
    said = project.root / "said.jsonl"
    # The diary is an acknowledgement too: what runs was leased.
    (project.root / "said-diary.txt").touch()
    (project.root / "diary.txt").symlink_to("said-diary.txt")
    _done(project, SWEEP, said)
    _done(project, ("sweep", "conf=fault", "x=range(100,106)", *WORDS[1:], "--detach"), said)
    for n in range(3):
        _done(project, ("tag", "latest", f"tag-{n}"), said)
        _append(log, project.root / "said-by-us", {"event": "tag", "tag": f"tag-{n}"})
    _done(project, ("stop", "latest"), said)
    _done(project, ("resume", "latest", "--json"), said)
    return load(log)


def _done(project: Project, words: Sequence[str], said: Path) -> None:
    command = project.start(*words, stdout=said)
    if command.wait(120) != 0:
        raise RuntimeError(
            f"agil {words[0]} ended with {command.returncode}:"
            f" {(project.root / 'stderr.txt').read_text()[-500:]}"
        )


def _append(log: Path, name: Path, claim: Mapping[str, str]) -> None:
    data = json.dumps(claim).encode() + b"\n"
    path = str(name).encode()
    with open(log, "ab") as file:
        file.write(
            b"A" + struct.pack("<H", len(path)) + path + struct.pack("<QQ", 0, len(data)) + data
        )


def claims_of(operations: Iterable[Operation]) -> list[list[Claim]]:
    """Return what each acknowledgement, in order, claims about the ledger."""
    return [
        [claim for line in o.data.decode().splitlines() for claim in _claims(line)]
        for o in operations
        if o.op == "A"
    ]


def _claims(line: str) -> list[Claim]:
    if line.startswith("start "):
        return [("SELECT count(*) FROM attempt WHERE id = ?", line.split()[1], "1")]
    if not line.startswith("{"):
        return []
    told = json.loads(line)
    event = told["event"]
    if event == "plan":
        members = "SELECT count(*) FROM sweep_trial WHERE sweep = ?"
        return [(members, told["sweep"], str(told["total"]))]
    if event == "started":
        return [("SELECT count(*) FROM attempt WHERE id = ?", told["attempt"], "1")]
    if event == "ended" and told["state"] == "succeeded":
        # Final, with its value; a cancelled trial may be reopened by the resume that follows.
        value = str(told["metrics"]["val_acc"])
        return [
            ("SELECT state FROM trial WHERE id = ?", told["run"], "succeeded"),
            (
                "SELECT last FROM metric WHERE attempt = ? AND name = 'val_acc'",
                told["attempt"],
                value,
            ),
        ]
    if event == "tag":
        return [("SELECT count(*) FROM tag WHERE tag = ?", told["tag"], "1")]
    return []


def look_at(image: Image, claims: Sequence[Sequence[Claim]], place: Path) -> list[str]:
    """Return what the image lacks of what was acknowledged before its cut, or why it cannot be opened."""
    folder = place / str(image.cut)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in image.files.items():
        (folder / name).write_bytes(content)
    try:
        with Ledger.open(folder / "ledger.db") as ledger:
            found = _lacks(ledger, image, claims)
    except (AgilError, sqlite3.Error) as error:
        found = [f"cannot be opened: {error}"]
    with suppress(OSError):
        shutil.rmtree(folder)
    return [f"cut {image.cut}: {line}" for line in found]


def _lacks(ledger: Ledger, image: Image, claims: Sequence[Sequence[Claim]]) -> list[str]:
    answer = ledger.db.execute("PRAGMA integrity_check").fetchone()[0]
    if answer != "ok":
        return [f"integrity_check: {answer}"]
    verify_chain(ledger.db, ledger.origin)
    found = []
    for claim in (c for group in claims[: image.acknowledged] for c in group):
        sql, *values, expected = claim
        row = ledger.db.execute(sql, values).fetchone()
        if row is None or str(row[0]) != expected:
            found.append(f"{values[0]} was acknowledged as {expected}, the disk says {row}")
    return found
