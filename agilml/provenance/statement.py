"""A statement about a run that can leave the ledger: in-toto's form, checked against any ledger later.

Source of the form: in-toto Attestation Framework, Statement v1.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agilml.errors import AgilError
from agilml.model import canonical
from agilml.provenance.proof import Check, chain_check, proof_of
from agilml.text import safe_text

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "agilml/provenance/v1"
LARGEST = 16 << 20
"""Bytes of a statement at most: what is read comes from others."""

_SUBJECTS = ("checkpoint", "model", "predictions")


def statement_of(db: sqlite3.Connection, run: str) -> bytes:
    """Return the statement about the run (a full id): the same ledger gives the same bytes.

    Its subjects are the run's checkpoints, models and predictions and the run itself, whose digest is that
    of the last fact about it: it stands for every fact before.

    Raises:
        LedgerError: there is no such run.
    """
    proof = proof_of(db, run)
    chain = [
        {
            "origin": one["origin"],
            "seq": one["last"],
            "digest": _digest_at(db, one["origin"], one["last"]),
        }
        for one in proof["facts"]
    ]
    subjects = [{"name": run, "digest": {"sha256": chain[-1]["digest"]}}] if chain else []
    subjects += [
        {"name": f"{item['attempt']}/step-{item['step']}", "digest": {"sha256": item["sha256"]}}
        for item in proof["checkpoints"]
    ]
    subjects += [
        {"name": f"{item['owner']}/{item['name']}", "digest": {"sha256": item["sha256"]}}
        for item in proof["artifacts"]
        if item["role"] in _SUBJECTS
    ]
    predicate = {name: value for name, value in proof.items() if name != "facts"} | {"chain": chain}
    whole = {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": predicate,
    }
    return canonical(whole).encode() + b"\n"


def read_statement(path: Path) -> dict[str, Any]:
    """Return the statement in a file.

    Raises:
        AgilError: it cannot be read, or is not one of ours.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise _no_statement(path, "it is too large")
        found = json.loads(path.read_bytes())
        if found["_type"] != STATEMENT or found["predicateType"] != PREDICATE:
            raise _no_statement(path, "it is about something else")
        predicate = found["predicate"]
        if not (isinstance(predicate["run"], str) and isinstance(predicate["chain"], list)):
            raise _no_statement(path, "it names no run")
        return dict(found)
    except OSError as error:
        raise _no_statement(path, str(error.strerror)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _no_statement(path, "it is not an in-toto statement about a run") from error


def check_statement(db: sqlite3.Connection, statement: Mapping[str, Any]) -> list[Check]:
    """Return what of the statement this ledger confirms, line by line; facts may have come since.

    Raises:
        LedgerError: the ledger does not know the run.
    """
    predicate = statement["predicate"]
    run = predicate["run"]
    now = proof_of(db, run)
    checks = [_fact(db, item) for item in predicate["chain"]]
    origins = sorted({str(item.get("origin")) for item in predicate["chain"]})
    checks += [chain_check(db, origin) for origin in origins]
    for name in ("state", "code", "data", "config", "seed", "metrics"):
        ok = canonical(predicate.get(name)) == canonical(now[name])
        checks.append(Check(name, ok, "as recorded here" if ok else "another one is recorded here"))
    known = {item["sha256"] for item in (*now["checkpoints"], *now["artifacts"])}
    for subject in statement.get("subject") or ():
        name, sha256 = str(subject.get("name")), (subject.get("digest") or {}).get("sha256")
        if name != run:
            checks.append(
                Check(name, True, "as recorded here")
                if sha256 in known
                else Check(name, None, "not recorded here any more")
            )
    return checks


def _fact(db: sqlite3.Connection, item: Mapping[str, Any]) -> Check:
    origin, seq = str(item.get("origin")), item.get("seq")
    digest = _digest_at(db, origin, seq) if isinstance(seq, int) else None
    what = f"fact {safe_text(seq, 20)} of origin {safe_text(origin, 12)}"
    if digest is None:
        return Check(what, None, "not in this ledger")
    same = digest == item.get("digest")
    return Check(what, same, "the same here" if same else "another one stands here")


def _digest_at(db: sqlite3.Connection, origin: str, seq: int) -> str | None:
    row = db.execute(
        "SELECT digest FROM fact WHERE origin = ? AND seq = ?", (origin, seq)
    ).fetchone()
    return str(row[0]) if row else None


def _no_statement(path: Path, why: str) -> AgilError:
    return AgilError(
        f"{safe_text(path)} is no statement of agil: {why}",
        next="agil show RUN --statement FILE writes one",
    )
