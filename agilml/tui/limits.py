"""What a screen says about the budget of a sweep, and how many runs a search may come to."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from agilml.ledger import queries_search
from agilml.ledger.queries_search import NoticeRow
from agilml.ledger.rows import SweepRow
from agilml.model import SweepState
from agilml.sweep.spending import Meter
from agilml.tui.layout import Line

SPENT = 1.0
_UNITS = {"hours": "h", "slot_hours": "slot-hours"}


class LimitReader:
    """Reads the notices of one sweep's budget.

    Args:
        since: notices from before (Unix seconds) are no news.
    """

    def __init__(self, db: sqlite3.Connection, since: float) -> None:
        self._db = db
        self._since = since
        self._told: set[NoticeRow] = set()
        self._meter: Meter | None = None

    def read(self, sweep: SweepRow, state: SweepState, now: float) -> list[NoticeRow]:
        """Return the limits of which 0.8 or all is used, with what is used of them by ``now``."""
        reached = reached_limits(self._db, sweep)
        if state is not SweepState.RUNNING or all(one.share == SPENT for one in reached):
            return reached
        if self._meter is None:
            self._meter = Meter(self._db, sweep.id, sweep.spec)
        used = self._meter.read(now)
        spent = {"hours": used.hours, "slot_hours": used.slot_hours, "usd": used.usd}
        return [replace(one, used=spent.get(one.name, one.used)) for one in reached]

    def news(self, sweep: str) -> list[NoticeRow]:
        """Return what was said about the budget since the last call."""
        found = queries_search.notices(self._db, sweep)
        fresh = [one for one in found if one not in self._told and one.at >= self._since]
        self._told.update(found)
        return fresh


def reached_limits(db: sqlite3.Connection, sweep: SweepRow) -> list[NoticeRow]:
    """Return the newest notice of every limit that still holds.

    The number of candidates is not among them: a search that makes them all is as it should be.
    """
    budget = sweep.spec.get("budget") or {}
    reached: dict[str, NoticeRow] = {}
    for notice in queries_search.notices(db, sweep.id):
        # A limit that was raised later is not reached.
        if notice.name != "trials" and budget.get(notice.name) == notice.limit:
            known = reached.get(notice.name, notice)
            reached[notice.name] = max(known, notice, key=lambda one: one.share)
    return list(reached.values())


def drained(limits: Sequence[NoticeRow]) -> bool:
    """Whether nothing more shall start because a limit is used up, or the target is reached."""
    return any(one.share == SPENT for one in limits)


def expected_runs(
    db: sqlite3.Connection, sweep: SweepRow, planned: int, *, over: bool
) -> int | None:
    """Return how many runs the sweep comes to if nothing ends it before; None where nobody knows.

    It has ``planned`` runs now; ``over`` says that no more will be planned.
    """
    if over or not sweep.spec.get("search"):
        return planned
    trials = (sweep.spec.get("budget") or {}).get("trials")
    if trials is None:
        return None
    repeats = queries_search.repetitions(db, sweep.id)
    return max(planned, sweep.total if repeats is None else int(trials) * repeats)


def limit_line(limits: Sequence[NoticeRow], state: SweepState) -> Line:
    """Return one line about limits that are nearly or wholly used up."""
    line: Line = []
    for one in limits:
        text, style = _limit_text(one, state), "bold yellow" if one.share == SPENT else "yellow"
        line += [("  ", ""), (text, style)] if line else [(text, style)]
    return line


def limit_text(one: NoticeRow) -> str:
    """Return what is used of what was allowed: ``1.6/2 h``."""
    if one.name == "usd":
        # Of a few cents, whole cents would say that all is used when it is not.
        digits = 2 if one.limit >= 1 else 4
        return f"${one.used:.{digits}f}/${one.limit:.{digits}f}"
    unit = _UNITS.get(one.name, one.name)
    return f"{one.used:.3g}/{one.limit:g} {unit}"


def _limit_text(one: NoticeRow, state: SweepState) -> str:
    if one.share < SPENT:
        return f"budget {limit_text(one)}"
    after = "" if state.ended else ": no new trials"
    if one.name == "target":
        return f"the target is reached, {one.used:.4g} (budget.target={one.limit:g}){after}"
    return f"budget.{one.name} is used up, {limit_text(one)}{after}"
