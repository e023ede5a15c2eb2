"""What a controller has read or written last, kept as long as nobody else writes the ledger."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from agilml.model import AttemptState, TrialState

Mark = tuple[int, int, int]
"""A moment of the ledger: last fact of this origin, writes of other connections, rows changed by this one."""


def mark(db: sqlite3.Connection, seq: int) -> Mark:
    """Return the moment that ``db`` sees now; equal marks mean that the tables have not changed between."""
    (version,) = db.execute("PRAGMA data_version").fetchone()
    return seq, int(version), db.total_changes


@dataclass(slots=True)
class AttemptNow:
    """An open attempt as the tables have it."""

    state: AttemptState
    fence: int
    offset: int = 0
    resumed: bool = False


@dataclass(slots=True)
class TrialNow:
    """A trial that waits or runs, as the tables have it; ``delta`` is JSON."""

    state: TrialState
    attempts: int
    cancel_requested: bool
    counted: int
    lost: int
    structure: str
    delta: str


@dataclass(slots=True)
class Recent:
    """Rows that need not be read again. It holds what is open and what will be soon, never what has ended."""

    attempts: dict[str, AttemptNow] = field(default_factory=dict)
    trials: dict[str, TrialNow] = field(default_factory=dict)
    mark: Mark | None = None

    def forget(self) -> None:
        """Hold nothing: somebody else has written, or a transaction was rolled back."""
        self.attempts.clear()
        self.trials.clear()
        self.mark = None
