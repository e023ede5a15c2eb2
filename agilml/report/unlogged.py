"""A metric that no run has logged: nothing can then be ranked, stopped early or learnt from."""

from __future__ import annotations

import sqlite3

from agilml.ledger import queries, queries_search
from agilml.ledger.rows import SweepRow
from agilml.model import TrialState
from agilml.sweep.standing import objectives_of
from agilml.text import safe_text

LOOKED_AT = 20
"""Runs that say what was logged instead."""


def unlogged_text(db: sqlite3.Connection, sweep: SweepRow) -> str:
    """Return which of the sweep's metrics no run has logged that succeeded, and what those runs log.

    Nothing is returned while no run has succeeded, or where all metrics were logged.
    """
    rows = queries.runs_of_sweep(
        db, sweep.id, states=(TrialState.SUCCEEDED,), best_first=True, limit=LOOKED_AT
    )
    objectives = objectives_of(sweep)
    if not rows or (len(objectives) == 1 and rows[0].best is not None):
        return ""
    found = queries_search.extremes(db, sweep.id, list(objectives))
    known = {name for values in found.values() for name in values}
    missing = [name for name in objectives if name not in known]
    if not missing:
        return ""
    logged = sorted({name for row in rows for name in row.metrics})
    instead = ", ".join(safe_text(name, 40) for name in logged) or "nothing"
    names = ", ".join(f"`{safe_text(name, 40)}`" for name in missing)
    return f"no run has logged {names}; logged: {instead}"
