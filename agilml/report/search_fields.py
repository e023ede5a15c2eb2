"""The JSON of how a sweep searches, what it may use up and what it has used up."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import asdict
from typing import Any

from agilml.ledger import queries_search
from agilml.ledger.rows import SweepRow
from agilml.model import SweepState
from agilml.report.fields import iso_time, strict
from agilml.sweep.spending import Meter, Spending
from agilml.sweep.standing import constraint_texts, objectives_of


def search_fields(db: sqlite3.Connection, sweep: SweepRow) -> dict[str, Any]:
    """Return how the sweep chooses and ends its runs, and what they are judged by."""
    search = sweep.spec.get("search")
    return {
        "adaptive": bool(search),
        "sampler": (sweep.spec.get("sampler") or {}).get("name"),
        "stopper": (sweep.spec.get("stopper") or {}).get("name"),
        "candidates": queries_search.candidates(db, sweep.id),
        "objectives": objectives_of(sweep),
        "constraints": constraint_texts(sweep.spec),
        "space": strict((search or {}).get("space")),
    }


def budget_fields(db: sqlite3.Connection, sweep: SweepRow, state: SweepState) -> dict[str, Any]:
    """Return the limits of the sweep as configured, what is used of them, and what was said about that."""
    used = spending(db, sweep, live=state is SweepState.RUNNING)
    return {
        **strict(sweep.spec.get("budget") or {}),
        "used": {
            "trials": used.trials,
            "hours": used.hours,
            "slot_hours": used.slot_hours,
            "usd": used.usd,
            "target": strict(used.best),
        },
        "notices": [
            {**strict(asdict(notice)), "at": iso_time(notice.at)}
            for notice in queries_search.notices(db, sweep.id)
        ],
    }


def spending(db: sqlite3.Connection, sweep: SweepRow, *, live: bool) -> Spending:
    """Return what the sweep has used up by now; ``live`` says whether a controller runs it."""
    if not queries_search.knows_searches(db):
        return Spending()
    return Meter(db, sweep.id, sweep.spec).read(time.time(), live=live)
