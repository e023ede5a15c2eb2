"""A process that holds a ledger and can die, or meet a failing disk, at any statement."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, cast

from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger

Trouble = tuple[str, int] | None
"""``("die", n)``: at the n-th statement of a transaction; -1 is before its commit, -2 behind it.
``("fail", n)``: the disk fails at that moment, and the process lives on."""

BEFORE_COMMIT, BEHIND_COMMIT = -1, -2


class Died(BaseException):
    """The process is gone; its connection was closed without a commit of its own."""


class MortalConnection:
    """Passes everything on to a connection, and meets trouble where it was told to."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.trouble: Trouble = None
        self.committed = False
        self.dead = False

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute a statement, or die or fail instead."""
        if sql == "COMMIT":
            return self._commit(sql)
        self._count_down()
        return self._db.execute(sql, *values)

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute a statement for many rows; it counts as one."""
        self._count_down()
        return self._db.executemany(sql, *values)

    def rollback(self) -> None:
        """Undo the transaction; a dead process undoes nothing, the next reader does it for it."""
        if not self.dead:
            self._db.rollback()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def _commit(self, sql: str) -> sqlite3.Cursor:
        if self.trouble and self.trouble[1] == BEFORE_COMMIT:
            self._strike()
        done = self._db.execute(sql)
        self.committed = True
        if self.trouble == ("die", BEHIND_COMMIT):
            self._strike()
        return done

    def _count_down(self) -> None:
        if self.trouble is None or self.trouble[1] < 0 or self.dead:
            return
        kind, left = self.trouble
        if left == 0:
            self._strike()
        self.trouble = (kind, left - 1)

    def _strike(self) -> None:
        kind, self.trouble = self.trouble[0] if self.trouble else "", None
        if kind == "fail":
            raise sqlite3.OperationalError("disk I/O error")
        self.dead = True
        self._db.close()
        raise Died


class Process:
    """One process with a ledger of its own; after a death it is started again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start()

    def _start(self) -> None:
        self.ledger = Ledger.open(self._path)
        self._controls: dict[tuple[str, int], Control] = {}
        # The one place where all statements pass.
        self._mortal = MortalConnection(self.ledger.db)
        self.ledger.db = cast("sqlite3.Connection", self._mortal)

    def control(self, sweep: str, epoch: int) -> Control:
        """Return the control that this process has held since it took the sweep, or since its last start."""
        return self._controls.setdefault((sweep, epoch), Control(self.ledger, sweep, epoch))

    def arm(self, trouble: Trouble) -> None:
        """Let the next transaction meet ``trouble``."""
        self._mortal.trouble, self._mortal.committed = trouble, False

    def disarm(self) -> None:
        """Let it live."""
        self._mortal.trouble = None

    @property
    def committed(self) -> bool:
        """Whether a transaction was committed since :meth:`arm`."""
        return self._mortal.committed

    def restart(self) -> None:
        """Give up what the dead process held, and open the file again."""
        self.ledger.close()
        self._start()

    def close(self) -> None:
        """End in peace."""
        self.ledger.close()
