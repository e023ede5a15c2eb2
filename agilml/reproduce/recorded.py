"""What the ledger and the blobs know of a run that is to be run again."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.errors import AgilError, UsageError
from agilml.ledger import queries, queries_code, queries_search
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import TrialState, short
from agilml.points import Structure, materialise
from agilml.project import Project
from agilml.provenance.snapshot.bundle import Bundle, unpack
from agilml.provenance.snapshot.manifest import DamagedBundle, LeftOut, Manifest
from agilml.reproduce.comparing import Curve
from agilml.store.blobs import Blobs
from agilml.store.errors import Missing
from agilml.store.settings import remote_of


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run as it was recorded.

    Attributes:
        attempt: id of its latest attempt, whose metrics count.
        own: whether this project wrote it; otherwise its code is somebody else's.
        curtailed: whether a stopper or a person ended it early.
        isolation: how its process was made: ``fork`` or ``spawn``.
        snapshot: sha256 of the bundle of its code; None where none was kept.
    """

    run: RunRow
    sweep: SweepRow
    attempt: str
    own: bool
    curtailed: bool
    isolation: str | None
    structure: Structure
    delta: Mapping[str, Any]
    curves: Mapping[str, Curve]
    snapshot: str | None

    @property
    def config(self) -> dict[str, Any]:
        """The whole resolved configuration."""
        return materialise(self.structure.resolved, self.delta)

    def seen(self, *names: str) -> Mapping[str, Any]:
        """Return a part of the recorded provenance, such as ``code`` ``files``; empty where there is none.

        Other origins' facts may hold anything in any place.
        """
        found: Any = self.sweep.provenance
        for name in names:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def setting(self, name: str) -> Mapping[str, Any]:
        """Return a group of the sweep's settings; empty where there is none."""
        found = self.sweep.spec.get(name)
        return found if isinstance(found, Mapping) else {}


def read_recorded(project: Project, run: str) -> Recorded:
    """Return what is known of a run.

    Args:
        project: the project whose ledger knows it.
        run: its full id.

    Raises:
        UsageError: it has no result yet, or only a Hydra app could run it.
    """
    with queries.reader(project.ledger) as db, queries.snapshot(db):
        row = queries.run(db, run)
        sweep = queries.sweep(db, row.sweep) if row is not None else None
        if row is None or sweep is None or row.attempt is None or not row.state.ended:
            raise UsageError(
                f"{short(run)} has no result yet, so nothing can be compared with it",
                kept="nothing was changed",
                next=f"agil show {short(run)}",
            )
        if sweep.executor == "hydra":
            raise UsageError(
                f"{short(run)} ran inside of a Hydra app, which alone can run it again",
                kept="nothing was changed",
                next=f"agil show {short(sweep.id)} has the app's command",
            )
        curves = {
            name: [(step, float(value)) for step, value, _ in points]
            for name, points in queries.curves(db, row.attempt).items()
        }
        executed = queries_code.execution(db, row.attempt)
        return Recorded(
            run=row,
            sweep=sweep,
            attempt=row.attempt,
            own=executed.own,
            curtailed=row.state is not TrialState.SUCCEEDED or _was_stopped(db, run),
            isolation=executed.isolation,
            structure=queries_code.structure(db, run),
            delta=queries.config(db, run)[2],
            curves=curves,
            snapshot=queries_code.code_of(db, sweep.id, executed),
        )


def read_code(project: Project, recorded: Recorded) -> Bundle:
    """Return the code that the run ran, fetched from the remote where it is not here.

    A run from before code was kept has its commit, and nothing that was not committed.

    Raises:
        AgilError: its bundle can neither be found nor fetched, and no commit is known either.
        DamagedBundle: it is not what was recorded.
    """
    if recorded.snapshot is not None:
        return unpack(_blob(project, recorded.snapshot))
    git = recorded.seen("git")
    if not git.get("commit"):
        raise AgilError(
            f"no code was kept for {short(recorded.run.run)}: it ran outside Git, in an older AgilML",
            kept="the recorded run",
            next=f"agil show {short(recorded.run.run)} lists the files and their digests",
        )
    left_out = (LeftOut("*", 0, "it was not committed"),) if git.get("dirty") else ()
    manifest = Manifest(
        commit=str(git["commit"]),
        branch=str(git.get("branch") or "") or None,
        left_out=left_out,
        code=str(recorded.seen("code").get("digest") or ""),
    )
    try:
        manifest.check()
    except ValueError as error:
        raise DamagedBundle(str(error)) from error
    return Bundle(manifest, str(git.get("patch") or "") or None, {})


def _blob(project: Project, sha256: str) -> Path:
    blobs = Blobs(project.state / "blobs")
    if blobs.has(sha256):
        blobs.verify(sha256)
        return blobs.path(sha256)
    remote = remote_of(project)
    try:
        if remote is not None:
            return blobs.fetch(remote, sha256)
    except Missing as error:
        raise _gone(
            sha256, f"{remote.address} does not have it either" if remote else ""
        ) from error
    raise _gone(sha256, "there is no remote to get it from")


def _gone(sha256: str, why: str) -> AgilError:
    return AgilError(
        f"the code bundle {sha256[:12]} is not on this machine, and {why}",
        kept="the recorded run",
        next="agil sync where it ran, then again; or set [remote] url in agil.toml",
    )


def _was_stopped(db: sqlite3.Connection, run: str) -> bool:
    """Whether a stopper decided that the run had shown enough."""
    ending = queries_search.endings(db, [run]).get(run)
    return ending is not None and ending.stopped is not None
