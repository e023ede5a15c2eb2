"""What a run rests on, and whether it holds: the chain of facts, digests of blobs, the meaning of its id."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agilml.errors import AgilError, LedgerDamaged, LedgerError
from agilml.ledger import queries
from agilml.ledger.facts import verify_chain
from agilml.ledger.queries_artifacts import ArtifactRow, artifacts, facts_of_run, head_of
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import digest, trial_id
from agilml.points import materialise
from agilml.project import Project
from agilml.store.blobs import Blobs

_ELSEWHERE = "agilml.hydra_launcher"
_CODE_KEYS = ("recipe", "argv", "app")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        what: ``facts``, ``id``, or the name of an artifact or a checkpoint.
        ok: whether it holds; None where it cannot be said on this machine.
        told: what was found, in a few words.
    """

    what: str
    ok: bool | None
    told: str


def proof_of(db: sqlite3.Connection, run: str) -> dict[str, Any]:
    """Return what is recorded about where the run ``run`` (a full id) came from, as plain JSON.

    Raises:
        LedgerError: there is no such run.
    """
    row, sweep = _rows(db, run)
    seen = sweep.provenance
    git = seen.get("git") or {}
    attempts = queries.attempts(db, run)
    return {
        "run": run,
        "sweep": sweep.id,
        "state": row.state.value,
        "by": seen.get("user"),
        "host": seen.get("host"),
        "planned": sweep.planned,
        "command": list(seen.get("argv") or ()),
        "code": {
            "digest": (seen.get("code") or {}).get("digest"),
            "files": len((seen.get("code") or {}).get("files") or ()),
            "commit": git.get("commit"),
            "branch": git.get("branch"),
            "dirty": git.get("dirty"),
            "patch_bytes": len((git.get("patch") or "").encode()),
            "bundle": next(
                (one.sha256 for one in artifacts(db, [sweep.id]) if one.role == "code"), None
            ),
        },
        "environment": _environment(seen),
        "data": _data(db, run, sweep),
        "config": _config_digest(db, run),
        "seed": _seed(db, run),
        "attempts": [_attempt(item) for item in attempts],
        # Strict JSON has no word for numbers that are not finite.
        "metrics": {n: v if math.isfinite(v) else str(v) for n, v in row.metrics.items()},
        "checkpoints": [
            {name: item[name] for name in ("attempt", "step", "folder", "sha256", "size")}
            for item in queries.checkpoints(db, run)
        ],
        "artifacts": [
            {
                "owner": one.owner,
                "name": one.name,
                "role": one.role,
                "sha256": one.sha256,
                "size": one.size,
            }
            for one in _artifacts(db, run, sweep)
        ],
        "facts": [
            {
                **one._asdict(),
                "head": dict(zip(("seq", "digest"), head_of(db, one.origin), strict=True)),
            }
            for one in facts_of_run(db, run)
        ],
    }


def verify(
    db: sqlite3.Connection, project: Project, run: str, tell: Callable[[str], None] = lambda _: None
) -> list[Check]:
    """Return a check for everything about the run that can be checked on this machine.

    Every fact of the origins that wrote about the run is read, and every byte of its blobs and checkpoints
    that lie here. ``tell`` is called with what is being looked at.
    """
    _, sweep = _rows(db, run)
    checks = []
    for origin in facts_of_run(db, run):
        tell(f"facts of origin {origin.origin[:12]}")
        checks.append(chain_check(db, origin.origin, origin.purged))
    checks.append(_id(db, run, sweep))
    blobs = Blobs(project.state / "blobs")
    for one in _artifacts(db, run, sweep):
        tell(one.name)
        checks.append(_blob(blobs, one))
    for item in queries.checkpoints(db, run):
        tell(f"checkpoint of step {item['step']}")
        checks.append(_checkpoint(project.state, item))
    return checks


def recomputed_id(db: sqlite3.Connection, run: str, sweep: SweepRow) -> str | None:
    """Return the id that the recorded config, code and data of the run make, or None where nobody can say.

    The data of a run is one of those that its sweep recorded, or none: the one that gives the run's own id
    is it.
    """
    made = list(_ids(db, run, sweep))
    return None if not made else run if run in made else made[-1]


def _data(db: sqlite3.Connection, run: str, sweep: SweepRow) -> dict[str, Any]:
    """Return what the run was given of its sweep's data; all of it where its id does not say."""
    made = _ids(db, run, sweep)
    if run not in made:
        return dict(sweep.provenance.get("data") or {})
    given = made[run]
    return {} if given is None else {given[0]: given[1]}


def _ids(db: sqlite3.Connection, run: str, sweep: SweepRow) -> dict[str, tuple[str, Any] | None]:
    """Return the ids that the run's config and code give with no data and with each of its sweep's."""
    code = (sweep.provenance.get("code") or {}).get("digest")
    if code is None or sweep.recipe.startswith(_ELSEWHERE) or not _is_one_code(db, sweep.id):
        return {}
    config = _config_digest(db, run)
    known = dict(sweep.provenance.get("data") or {})
    return {
        trial_id(digest({"config": config, "code": code, "data": item and item[1]})): item
        for item in (None, *known.items())
    }


def _is_one_code(db: sqlite3.Connection, sweep: str) -> bool:
    """Whether all trials run the same code; what was recorded of several codes is one digest of all."""
    rows = db.execute(
        "SELECT s.resolved, t.delta FROM sweep_trial m JOIN trial t ON t.id = m.trial"
        " JOIN structure s ON s.id = t.structure WHERE m.sweep = ? GROUP BY t.structure, t.delta",
        (sweep,),
    )
    known: dict[str, dict[str, Any]] = {}
    met = set()
    for resolved, delta in rows:
        config = known.setdefault(resolved, json.loads(resolved))
        changed = json.loads(delta)
        met.add(digest([changed.get(key, config.get(key)) for key in _CODE_KEYS]))
    return len(met) <= 1


def _rows(db: sqlite3.Connection, run: str) -> tuple[RunRow, SweepRow]:
    row = queries.run(db, run)
    sweep = queries.sweep(db, row.sweep) if row else None
    if row is None or sweep is None:
        raise LedgerError(f"no run {run}", next="agil runs")
    return row, sweep


def _config_digest(db: sqlite3.Connection, run: str) -> str:
    from agilml.config.identity import config_digest

    _, resolved, delta = queries.config(db, run)
    return config_digest(materialise(resolved, delta))


def _seed(db: sqlite3.Connection, run: str) -> Any:
    _, resolved, delta = queries.config(db, run)
    return materialise(resolved, delta).get("seed")


def _environment(seen: Mapping[str, Any]) -> dict[str, Any]:
    names = ("agilml", "python", "platform", "cpus", "memory_gb", "gpus")
    found = {name: seen.get(name) for name in names}
    return {**found, "packages": len(seen.get("packages") or {})}


def _attempt(item: Any) -> dict[str, Any]:
    fields = asdict(item)
    names = (
        "id",
        "n",
        "state",
        "cause",
        "host",
        "slot",
        "isolation",
        "started",
        "ended",
        "resumed_step",
    )
    return {name: fields[name] for name in names}


def _artifacts(db: sqlite3.Connection, run: str, sweep: SweepRow) -> list[ArtifactRow]:
    owners = [sweep.id, *(item.id for item in queries.attempts(db, run))]
    return artifacts(db, owners)


def chain_check(db: sqlite3.Connection, origin: str, purged: int = 0) -> Check:
    """Return whether every fact of the origin follows the one before it; all of them are read."""
    gone = f", {purged} of this run purged" if purged else ""
    try:
        facts = verify_chain(db, origin)
    except LedgerDamaged as error:
        return Check("facts", False, error.cause)
    return Check("facts", True, f"{facts:,} of origin {origin[:12]} follow one another{gone}")


def _id(db: sqlite3.Connection, run: str, sweep: SweepRow) -> Check:
    made = recomputed_id(db, run, sweep)
    if made == run:
        return Check("id", True, "config, code and data give this id")
    if made is None:
        return Check("id", None, "it cannot be computed again from what is recorded")
    return Check("id", False, f"config, code and data give {made}")


def _blob(blobs: Blobs, one: ArtifactRow) -> Check:
    if not blobs.has(one.sha256):
        return Check(one.name, None, "not on this machine")
    try:
        blobs.verify(one.sha256)
    except AgilError as error:
        return Check(one.name, False, error.cause)
    return Check(one.name, True, f"{one.sha256[:12]} is what it says")


def _checkpoint(state: Path, item: Mapping[str, Any]) -> Check:
    from agilml.worker.checkpoints import Checkpoint

    name = f"checkpoint of step {item['step']}"
    folder = state / str(item["folder"])
    if not folder.exists():
        return Check(name, None, "not on this machine")
    try:
        Checkpoint.open(folder, str(item["sha256"]))
    except AgilError as error:
        return Check(name, False, error.cause)
    return Check(name, True, f"{str(item['sha256'])[:12]} is what it says")


def as_json(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Return the checks as plain JSON."""
    return [asdict(check) for check in checks]
