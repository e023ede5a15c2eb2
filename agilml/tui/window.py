"""Which runs a screen shows when it cannot show them all."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from agilml.ledger import queries
from agilml.ledger.rows import RunRow
from agilml.model import TrialState

FAILED, RUNNING, DONE, PENDING = range(4)
GROUPS = (
    (TrialState.FAILED,),
    (TrialState.RUNNING,),
    (TrialState.SUCCEEDED, TrialState.PRUNED, TrialState.CANCELLED),
    (TrialState.PENDING,),
)
"""In the order shown: what needs a person first, what waits last."""

_TWELFTHS = (3, 4, 4, 1)
_LEAST_WANTED = (PENDING, FAILED, RUNNING, DONE)
_MOST_WANTED = (RUNNING, DONE, FAILED, PENDING)


def shares(sizes: Sequence[int], rows: int) -> list[int]:
    """Return how many runs of each group are shown on ``rows`` rows.

    No group pushes another off the screen while there is room for both; a single row shows the best run.
    """
    given = [
        min(size, max(1, rows * part // 12)) for size, part in zip(sizes, _TWELFTHS, strict=True)
    ]
    for group in _LEAST_WANTED:
        given[group] -= min(given[group], max(0, sum(given) - rows))
    for group in _MOST_WANTED:
        given[group] += min(sizes[group] - given[group], max(0, rows - sum(given)))
    return given


def read_window(
    db: sqlite3.Connection, sweep: str, counts: Mapping[TrialState, int], rows: int
) -> list[list[RunRow]]:
    """Return the runs of each group that fit on ``rows`` rows, best first, pending ones in plan order.

    Of failed, running and done runs the best one is read in any case, and of running ones all.
    """
    sizes = [sum(counts[state] for state in group) for group in GROUPS]
    limits: list[int | None] = [max(1, share) for share in shares(sizes, rows)]
    limits[RUNNING] = None
    if not rows:
        limits[PENDING] = 0
    return [
        queries.runs_of_sweep(db, sweep, states=group, best_first=group != GROUPS[PENDING], limit=n)
        if size and n != 0
        else []
        for group, size, n in zip(GROUPS, sizes, limits, strict=True)
    ]
