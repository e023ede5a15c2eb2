"""Keeping the code of a sweep: the bundle of what was planned, as an artifact of the sweep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from agilml import events as e
from agilml.errors import AgilError
from agilml.ledger.ledger import Ledger
from agilml.project import Project
from agilml.provenance.code import Code
from agilml.provenance.snapshot.taking import ROLE, take

if TYPE_CHECKING:
    from agilml.sweep.plan import Plan

NAME = "code"
"""Name of the first bundle of a sweep; a later one, of other code around the same trials, adds its digest."""
MOST_TRIALS = 10_000
"""So many trials are looked at for files that their values name."""


def keep_code(
    project: Project,
    sweep: str,
    code: Code,
    configs: Iterable[Mapping[str, Any]],
    git: Mapping[str, Any] | None,
) -> list[str]:
    """Store and record the code that a sweep was planned from; return what a person should know of it.

    A sweep does not depend on it: what keeps it from being stored is told as well, and nothing is raised.

    Args:
        project: where the sweep was planned; with a ref, its checkout.
        sweep: its id.
        code: what the identities of its trials cover.
        configs: what may name scripts and notebooks; see :func:`configs_of`.
        git: the Git part of its provenance.
    """
    try:
        taken = take(project, code, configs, git or {})
        with Ledger.open(project.ledger) as ledger:
            name = _free_name(ledger, sweep, taken.sha256)
            if name is not None:
                ledger.record(e.ArtifactStored(sweep, name, ROLE, taken.sha256, taken.size))
    except (AgilError, OSError) as error:
        why = error.cause if isinstance(error, AgilError) else str(error)
        return [f"the code of this sweep was not kept: {why}"]
    return taken.warnings


def configs_of(plan: Plan) -> Iterator[Mapping[str, Any]]:
    """Yield what names scripts and notebooks: the composed configs, and every value that varies."""
    for structure in plan.structures:
        yield structure.resolved
    yield {"axes": plan.axes}
    # The values of an axis are among its first ones; a million trials would only repeat them.
    yield from (delta for _, _, delta, _ in plan.trials[:MOST_TRIALS])


def _free_name(ledger: Ledger, sweep: str, sha256: str) -> str | None:
    """Return the name to record the bundle under; None where it is recorded already."""
    rows = ledger.db.execute(
        "SELECT name, sha256 FROM artifact WHERE owner = ? AND role = ?", (sweep, ROLE)
    )
    known = {str(found): str(name) for name, found in rows}
    if sha256 in known:
        return None
    return f"{NAME} {sha256[:12]}" if known else NAME
