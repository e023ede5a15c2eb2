"""What attempts of other clones left behind, got from the remote when somebody wants to see it.

Everything goes below ``.agil/runs``, as if the attempt had run here, so that whoever reads the folder of an
attempt needs to know nothing of remotes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from agilml.courier import parcels
from agilml.courier.board import FOLDER as TENSORBOARD
from agilml.courier.board import RECIPE
from agilml.courier.parcels import CHECKPOINTS
from agilml.courier.place import Place, place_of
from agilml.courier.shipping import live_prefix
from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.project import Project
from agilml.store.base import Remote
from agilml.store.blobs import blob_key
from agilml.store.errors import Missing
from agilml.store.keys import is_key
from agilml.store.partial import partial
from agilml.store.settings import remote_of
from agilml.worker import logs
from agilml.worker.checkpoints import STATE, TENSORS

_FOLDER = re.compile(r"runs/[A-Za-z0-9][A-Za-z0-9._-]*")
_STEP = re.compile(r"step-[0-9]{1,20}")


def log_of(project: Project, attempt: str) -> Path | None:
    """Return the folder with the log of ``attempt``, got if it is not here; None where nobody has it.

    Of an attempt that still runs elsewhere the newest copy is got each time.

    Raises:
        RemoteUnavailable, RemoteRefused: the remote does not give it.
    """
    with queries.reader(project.ledger) as db:
        place = place_of(project, db, attempt)
        blobs = _artifacts(db, attempt, "log")
    if place is None:
        return None
    if blobs:
        for name, sha256 in blobs:
            if name in (logs.NAME, logs.HEAD):
                _get_blob(project, sha256, place.folder / name)
        return place.folder
    return None if place.ended else _live_log(project, place, attempt)


def checkpoint_of(project: Project, attempt: str, step: int) -> Path:
    """Return the folder of a checkpoint, got from the remote unless it is here; whole or not there.

    Raises:
        AgilError: the ledger knows no such checkpoint, or nobody has shipped it.
        RemoteUnavailable, RemoteRefused: the remote does not give it.
    """
    with queries.reader(project.ledger) as db:
        row = db.execute(
            "SELECT c.folder, c.sha256, a.origin, o.own FROM checkpoint c JOIN attempt a ON a.id = c.attempt"
            " JOIN origin o ON o.id = a.origin WHERE c.attempt = ? AND c.step = ?",
            (attempt, step),
        ).fetchone()
        shipped = set(_artifacts(db, attempt, "checkpoint"))
    folder = None if row is None else _checkpoint_folder(project, str(row[0]))
    if folder is None:
        raise AgilError(f"the ledger knows no checkpoint {step} of {attempt}", next="agil sync")
    if (folder / STATE).exists():
        return folder
    if (f"{CHECKPOINTS}/{folder.name}/{STATE}", row[1]) not in shipped:
        raise AgilError(
            f"checkpoint {step} of {attempt} was not shipped",
            next="agil sync, there and then here",
        )
    _get_checkpoint(project, str(row[1]), folder)
    return folder


def fetch_checkpoints(project: Project, sweep: str) -> int:
    """Get what trials of the sweep that are to go on here can go on from; return how many came.

    Raises:
        RemoteUnavailable, RemoteRefused: the remote does not give them.
    """
    if not project.ledger.exists():
        return 0
    with queries.reader(project.ledger) as db:
        rows = db.execute(
            "SELECT DISTINCT c.attempt FROM sweep_trial m JOIN trial t ON t.id = m.trial"
            " JOIN checkpoint c ON c.trial = t.id JOIN attempt a ON a.id = c.attempt"
            " JOIN origin o ON o.id = a.origin"
            " WHERE m.sweep = ? AND t.state IN ('pending', 'running', 'cancelled') AND o.own = 0",
            (sweep,),
        )
        wanted = list(_shipped_checkpoints(project, db, [str(row[0]) for row in rows]))
    for sha256, folder in wanted:
        _get_checkpoint(project, sha256, folder)
    return len(wanted)


def fetch_event_files(project: Project) -> int:
    """Get the event files that recipes wrote themselves on other clones; return how many came.

    Raises:
        RemoteUnavailable, RemoteRefused: the remote does not give them.
    """
    beginning = f"{TENSORBOARD}/{RECIPE}/"
    wanted: list[tuple[str, Path]] = []
    with queries.reader(project.ledger) as db:
        rows = db.execute(
            "SELECT r.owner, r.name, r.sha256 FROM artifact r JOIN origin o ON o.id = r.origin"
            " WHERE r.role = 'tensorboard' AND o.own = 0 AND substr(r.name, 1, ?) = ?",
            (len(beginning), beginning),
        ).fetchall()
        for owner, name, sha256 in rows:
            place = place_of(project, db, str(owner))
            if place is not None and is_key(name):
                path = place.folder / TENSORBOARD / name.removeprefix(beginning)
                if not path.exists():
                    wanted.append((str(sha256), path))
    for sha256, path in wanted:
        _get_blob(project, sha256, path)
    return len(wanted)


def _shipped_checkpoints(
    project: Project, db: sqlite3.Connection, attempts: list[str]
) -> Iterator[tuple[str, Path]]:
    for attempt in attempts:
        found = parcels.attempt_of(db, attempt)
        shipped = set(_artifacts(db, attempt, "checkpoint"))
        for saved in parcels.newest_and_best(db, found) if found else ():
            folder = _checkpoint_folder(project, saved.folder)
            known = (f"{saved.name}/{STATE}", saved.sha256) in shipped
            if folder is not None and known and not (folder / STATE).exists():
                yield saved.sha256, folder


def _checkpoint_folder(project: Project, folder: str) -> Path | None:
    run, slash, step = folder.partition(f"/{CHECKPOINTS}/")
    if not slash or not _FOLDER.fullmatch(run) or not is_key(run) or not _STEP.fullmatch(step):
        return None
    return project.state / folder


def _artifacts(db: sqlite3.Connection, owner: str, role: str) -> list[tuple[str, str]]:
    rows = db.execute(
        "SELECT name, sha256 FROM artifact WHERE owner = ? AND role = ? ORDER BY name, at",
        (owner, role),
    )
    return [(str(name), str(sha256)) for name, sha256 in rows]


def _live_log(project: Project, place: Place, attempt: str) -> Path | None:
    key = live_prefix(place.origin, attempt) + logs.NAME
    remote = remote_of(project)
    if remote is None or not is_key(key):
        return None
    with remote:
        try:
            content = remote.get(key)
        except Missing:
            return None
    _make(place.folder)
    with partial(place.folder) as file:
        file.write(content)
        file.publish(place.folder / logs.NAME, mode=0o600)
    return place.folder


def _get_blob(project: Project, sha256: str, to: Path) -> None:
    if to.exists():
        return
    with _remote(project) as remote:
        _make(to.parent)
        remote.get_file(blob_key(sha256), to, sha256)


def _get_checkpoint(project: Project, sha256: str, folder: Path) -> None:
    """Get both files of a checkpoint, the one that names the other first; they appear together."""
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    _make(draft)
    try:
        with _remote(project) as remote:
            remote.get_file(blob_key(sha256), draft / STATE, sha256)
            tensors = str(json.loads((draft / STATE).read_bytes())["tensors"])
            remote.get_file(blob_key(tensors), draft / TENSORS, tensors)
        os.rename(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _remote(project: Project) -> Remote:
    remote = remote_of(project)
    if remote is None:
        raise AgilError("this project has no remote to get it from", next="agil sync --remote …")
    return remote


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
