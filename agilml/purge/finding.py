"""What there is to take away: facts, files of this machine, blobs, and objects in the remote."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from agilml import events as e
from agilml.errors import AgilError
from agilml.ledger.encoding import encode
from agilml.ledger.exchange import Exchange, FactRow
from agilml.model import short
from agilml.project import Project
from agilml.purge.emptied import artifact_emptied, emptied, sweep_emptied
from agilml.purge.needle import Needle
from agilml.store.blobs import Blobs
from agilml.sync.manifests import DIGEST, MANIFEST_ROLES, digests_in

NEVER_READ = ("ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock", "blobs")
"""Names in the state folder that are looked into by other means, or never: opening them drops locks."""

_BACKUPS = "ledger.db.*"
_REPRODUCED = "reproduce"


class Purge(NamedTuple):
    """One fact to empty: where it stands, its digest, and the JSON text of what it will say."""

    origin: str
    seq: int
    digest: str
    body: str


@dataclass(slots=True)
class Found:
    """Everything that is to go.

    Attributes:
        target: the run or the sweep, or empty for a text.
        runs: ids of the runs that lose what they said.
        kept: runs of the sweep that stay, because another sweep has them too.
        facts: how many facts of each kind.
        purges: those facts.
        files: files to delete, and folders with all that is in them.
        blotted: files to keep, with stars over the text.
        blobs: digests of blobs to delete, here and in the remote.
        origins: of others that wrote some of the facts.
    """

    target: str = ""
    runs: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    purges: list[Purge] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    blotted: list[Path] = field(default_factory=list)
    blobs: set[str] = field(default_factory=set)
    origins: set[str] = field(default_factory=set)

    @property
    def nothing(self) -> bool:
        """Whether this machine holds none of it."""
        return not (self.purges or self.files or self.blotted or self.blobs)

    def add(self, fact: FactRow, body: dict[str, Any]) -> None:
        """Let the fact say ``body`` and nothing else."""
        self.purges.append(Purge(fact.origin, fact.seq, fact.digest, encode(body)))
        self.facts[fact.kind] = self.facts.get(fact.kind, 0) + 1
        self.origins.add(fact.origin)


def find_target(project: Project, exchange: Exchange, db: sqlite3.Connection, target: str) -> Found:
    """Return what holds what the run or the sweep ``target`` (a full id) said.

    Raises:
        AgilError: one of its runs is being executed.
    """
    found = Found(target)
    found.runs, found.kept = _runs(db, target)
    _refuse_running(db, found.runs)
    gone = set(found.runs)
    needed: set[str] = set()
    manifests = Manifests(Blobs(project.state / "blobs"))
    for fact in _all(exchange):
        if not _is_of(fact, target, gone):
            needed |= _blobs_of(fact, manifests)
            continue
        body = json.loads(fact.body)
        found.blobs |= _blobs_of(fact, manifests)
        new = sweep_emptied(body) if fact.kind == e.SweepPlanned.kind else emptied(fact.kind, body)
        if new is not None and new != body:
            found.add(fact, new)
    found.blobs = {sha256 for sha256 in found.blobs - needed if sha256}
    found.files = [*_folders(project, db, target, found.runs), *_backups(project)]
    return found


def find_text(
    project: Project, exchange: Exchange, db: sqlite3.Connection, needle: Needle
) -> Found:
    """Return what holds the text: facts of any origin, and files and blobs of this machine.

    Raises:
        AgilError: a run that is being executed writes to a file that holds it.
    """
    found = Found()
    blobs = Blobs(project.state / "blobs")
    found.blobs = {sha256 for sha256 in blobs if holds(needle, blobs.path(sha256))}
    for fact in _all(exchange):
        body = json.loads(fact.body)
        new = needle.without(body)
        if fact.kind == e.ArtifactStored.kind and body["sha256"] in found.blobs:
            new = artifact_emptied(new)
        if new != body:
            found.add(fact, new)
    backups = _backups(project)
    again = project.state / _REPRODUCED
    whole: dict[Path, None] = dict.fromkeys(backups)
    for path in _files(project.state):
        if path in whole or not holds(needle, path):
            continue
        if path.is_relative_to(again):
            # A run that was run again has a ledger of its own there: all of it can be made once more.
            whole[again / path.relative_to(again).parts[0]] = None
        elif _is_sealed(path):
            whole[path] = None
        else:
            found.blotted.append(path)
    found.files = list(whole)
    _refuse_writers(project, db, found.blotted)
    return found


def holds(needle: Needle, path: Path) -> bool:
    """Return whether the file holds the text, as it is or inside of a compressed bundle."""
    try:
        with path.open("rb") as file:
            if needle.in_file(file):
                return True
            file.seek(0)
            return file.read(4) == _ZSTD and _holds_unpacked(needle, path)
    except FileNotFoundError:
        return False


_ZSTD = b"\x28\xb5\x2f\xfd"


def _holds_unpacked(needle: Needle, path: Path) -> bool:
    import zstandard

    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        try:
            return needle.in_file(reader)
        except zstandard.ZstdError:
            return False


class Manifests:
    """Blobs that name other blobs, each read once."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._known: dict[str, set[str]] = {}

    def named_by(self, sha256: str) -> set[str]:
        """Return the digests in the blob, itself included; of one that is not here only its own."""
        if sha256 not in self._known:
            inside = digests_in(self._blobs, sha256) if self._blobs.has(sha256) else []
            self._known[sha256] = {sha256, *inside}
        return self._known[sha256]


def _blobs_of(fact: FactRow, manifests: Manifests) -> set[str]:
    if fact.kind == e.ArtifactStored.kind:
        body = json.loads(fact.body)
        own = set(DIGEST.findall(body["sha256"]))
        if body["role"] in MANIFEST_ROLES:
            own = set().union(*map(manifests.named_by, own)) if own else own
        return own
    if fact.kind == e.DatasetAdded.kind:
        return set().union(*map(manifests.named_by, DIGEST.findall(fact.body)))
    if fact.kind == e.CheckpointSaved.kind:
        return set(DIGEST.findall(fact.body))
    return set()


def _all(exchange: Exchange) -> Iterator[FactRow]:
    for origin in exchange.origins():
        yield from exchange.facts(origin.id)


def _is_of(fact: FactRow, target: str, runs: set[str]) -> bool:
    # An attempt is named after its trial; facts of old releases lack the mark of their origin.
    return fact.subject == target or fact.subject in runs or fact.subject.partition(".")[0] in runs


def _runs(db: sqlite3.Connection, target: str) -> tuple[list[str], list[str]]:
    """Return the runs to purge, and those of the sweep that other sweeps have too."""
    if target.startswith("t-"):
        return [target], []
    rows = db.execute(
        "SELECT m.trial, EXISTS (SELECT 1 FROM sweep_trial o WHERE o.trial = m.trial AND o.sweep != m.sweep)"
        " FROM sweep_trial m WHERE m.sweep = ? GROUP BY m.trial ORDER BY min(m.idx)",
        (target,),
    ).fetchall()
    return [str(t) for t, other in rows if not other], [str(t) for t, other in rows if other]


def _refuse_running(db: sqlite3.Connection, runs: list[str]) -> None:
    for run in runs:
        row = db.execute(
            "SELECT sweep FROM attempt WHERE trial = ? AND state IN ('leased', 'started')", (run,)
        ).fetchone()
        if row is not None:
            raise AgilError(
                f"{run} is running", kept="everything", next=f"agil stop {row[0]}, then repeat it"
            )


def _refuse_writers(project: Project, db: sqlite3.Connection, files: list[Path]) -> None:
    rows = db.execute("SELECT id, folder FROM attempt WHERE state IN ('leased', 'started')")
    for attempt, folder in rows:
        if any(path.is_relative_to(project.state / folder) for path in files):
            raise AgilError(
                f"{attempt} is running and wrote the text",
                kept="everything",
                next=f"agil stop {attempt.partition('.')[0]}, then repeat it",
            )


def _folders(project: Project, db: sqlite3.Connection, target: str, runs: list[str]) -> list[Path]:
    state = project.state
    named: list[Path] = []
    for run in runs:
        rows = db.execute("SELECT folder, sweep FROM attempt WHERE trial = ?", (run,)).fetchall()
        named += [state / folder for folder, _ in rows]
        named += [state / "tensorboard" / sweep / run for _, sweep in rows]
        named += sorted((state / _REPRODUCED).glob(f"{short(run)}-*"))
    if target.startswith("s-"):
        named += [project.sweep_folder(target), state / "tensorboard" / target]
    inside = state.resolve()
    return [
        path
        for path in dict.fromkeys(named)
        # What another origin called its folder is not trusted to lie below ours.
        if path.exists() and path.resolve().is_relative_to(inside) and path.resolve() != inside
    ]


def _backups(project: Project) -> list[Path]:
    """Return copies of the ledger that migrations and repairs left: nobody can purge inside of them."""
    found = sorted(project.state.glob(_BACKUPS))
    return [path for path in found if path.name not in NEVER_READ]


def _files(state: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(state):
        top = Path(where) == state
        folders[:] = sorted(name for name in folders if not (top and name in NEVER_READ))
        for name in sorted(names):
            path = Path(where, name)
            if not (top and name in NEVER_READ) and path.is_file() and not path.is_symlink():
                yield path


def _is_sealed(path: Path) -> bool:
    """Whether changing bytes inside of the file would break it."""
    sealed = (".zst", ".gz", ".zip", ".safetensors", ".npz", ".onnx", ".pt")
    return path.name.startswith("events.out.tfevents") or path.suffix in sealed
