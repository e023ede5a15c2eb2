"""What one controller writes, under the epoch it took.

Every method checks before it writes: the sweep's epoch is still ours, the attempt is still open, the fence
is still the newest. What comes too late is refused and the refusal is recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from agilml import events as e
from agilml.crashpoints import crash_point
from agilml.errors import StaleWrite
from agilml.ledger.facts import Transaction
from agilml.ledger.ledger import Ledger
from agilml.model import (
    ATTEMPT_MOVES,
    AttemptState,
    Cause,
    SweepState,
    TrialState,
    attempt_id,
)
from agilml.points import materialise


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to execute a trial once."""

    attempt: str
    trial: str
    n: int
    fence: int
    slot: str
    folder: str


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that an earlier controller left open."""

    lease: Lease
    sweep: str
    state: AttemptState
    pid: int | None
    pid_started: int | None
    host: str | None
    spool_offset: int


class Control:
    """The right to write for a sweep, until someone takes a newer epoch."""

    def __init__(self, ledger: Ledger, sweep: str, epoch: int) -> None:
        self.ledger = ledger
        self.sweep = sweep
        self.epoch = epoch

    @classmethod
    def take(cls, ledger: Ledger, sweep: str, host: str, pid: int) -> Self:
        """Take the sweep with a new epoch; whoever held it before can write no more."""
        with ledger.transaction() as tx:
            row = ledger.db.execute("SELECT epoch FROM sweep WHERE id = ?", (sweep,)).fetchone()
            epoch = int(row[0]) + 1
            tx.append(e.ControllerStarted(sweep, epoch, host, pid))
        crash_point("control.committed")
        return cls(ledger, sweep, epoch)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Commit everything that the block records, at once; refuse if the epoch is no longer ours."""
        crash_point("tick.before")
        with self.ledger.transaction() as tx:
            row = tx.db.execute("SELECT epoch FROM sweep WHERE id = ?", (self.sweep,)).fetchone()
            if int(row[0]) != self.epoch:
                raise StaleWrite(
                    f"another controller took {self.sweep}",
                    kept="everything recorded so far",
                    next=f"agil watch {self.sweep}",
                )
            yield Turn(self, tx)
        crash_point("tick.committed")

    def waiting(self) -> list[str]:
        """Return the pending trials of the sweep, in plan order."""
        return self._trials(TrialState.PENDING)

    def running_elsewhere(self) -> list[str]:
        """Return trials of this sweep that an attempt of another sweep is executing."""
        rows = self.ledger.db.execute(
            "SELECT t.id FROM sweep_trial m JOIN trial t ON t.id = m.trial JOIN attempt a ON a.id = t.attempt"
            " WHERE m.sweep = ? AND t.state = 'running' AND a.sweep != ? ORDER BY m.idx",
            (self.sweep, self.sweep),
        )
        return [str(row[0]) for row in rows]

    def open_attempts(self, trials: Sequence[str] | None = None) -> list[OpenAttempt]:
        """Return attempts without an end: this sweep's own, or those of the given trials."""
        where, values = ("a.sweep = ?", [self.sweep])
        if trials is not None:
            where, values = (f"a.trial IN ({','.join('?' * len(trials))})", list(trials))
        rows = self.ledger.db.execute(
            "SELECT a.id, a.trial, a.n, a.fence, a.slot, a.folder, a.sweep, a.state, a.pid, a.pid_started,"
            f" a.host, a.spool_offset FROM attempt a WHERE {where} AND a.state IN ('leased', 'started')"
            " ORDER BY a.fence",
            values,
        ).fetchall()
        return [
            OpenAttempt(
                Lease(r[0], r[1], r[2], r[3], r[4], r[5]), r[6], AttemptState(r[7]), *r[8:12]
            )
            for r in rows
        ]

    def config(self, trial: str) -> dict[str, Any]:
        """Return the whole composed config of ``trial``."""
        row = self.ledger.db.execute(
            "SELECT s.resolved, t.delta FROM trial t JOIN structure s ON s.id = t.structure WHERE t.id = ?",
            (trial,),
        ).fetchone()
        return materialise(json.loads(row[0]), json.loads(row[1]))

    def counted(self, trial: str) -> tuple[int, int]:
        """Return how many attempts count against the trial, and how many machines have lost."""
        row = self.ledger.db.execute(
            "SELECT counted, lost FROM trial WHERE id = ?", (trial,)
        ).fetchone()
        return int(row[0]), int(row[1])

    def checkpoints(self, trial: str) -> list[tuple[str, int, str, str, float | None]]:
        """Return ``(attempt, step, folder, sha256, value)`` of the trial's checkpoints, newest first."""
        return self.ledger.db.execute(
            "SELECT c.attempt, c.step, c.folder, c.sha256, c.value FROM checkpoint c"
            " JOIN attempt a ON a.id = c.attempt WHERE c.trial = ? ORDER BY a.n DESC, c.step DESC",
            (trial,),
        ).fetchall()

    def wanted_elsewhere(self, trial: str) -> bool:
        """Whether another sweep that shall go on has this trial too."""
        row = self.ledger.db.execute(
            "SELECT 1 FROM sweep_trial m JOIN sweep s ON s.id = m.sweep WHERE m.trial = ? AND m.sweep != ?"
            " AND s.state IN ('planned', 'running') AND s.stop_requested = 0 LIMIT 1",
            (trial, self.sweep),
        ).fetchone()
        return row is not None

    def requests(self) -> tuple[bool, list[str]]:
        """Return whether the sweep shall stop, and which running trials shall end."""
        db = self.ledger.db
        stop = db.execute("SELECT stop_requested FROM sweep WHERE id = ?", (self.sweep,)).fetchone()
        rows = db.execute(
            "SELECT t.id FROM sweep_trial m JOIN trial t ON t.id = m.trial"
            " WHERE m.sweep = ? AND t.cancel_requested = 1 AND t.state = 'running'",
            (self.sweep,),
        )
        return bool(stop[0]), [str(row[0]) for row in rows]

    def _trials(self, state: TrialState) -> list[str]:
        rows = self.ledger.db.execute(
            "SELECT t.id FROM sweep_trial m JOIN trial t ON t.id = m.trial"
            " WHERE m.sweep = ? AND t.state = ? ORDER BY m.idx",
            (self.sweep, state),
        )
        return [str(row[0]) for row in rows]


class Turn:
    """One transaction of a controller. Methods answer whether the thing was recorded."""

    def __init__(self, control: Control, tx: Transaction) -> None:
        self._control = control
        self._tx = tx
        self._db = tx.db

    def lease(self, trial: str, slot: str, folder: str) -> Lease | None:
        """Open the next attempt of ``trial``, or answer None when it is not waiting any more."""
        row = self._db.execute(
            "SELECT state, attempts, cancel_requested FROM trial WHERE id = ?", (trial,)
        ).fetchone()
        if row is None or row[0] != TrialState.PENDING:
            return None
        if row[2]:
            self._tx.append(e.TrialCancelled(trial, "asked for"))
            return None
        n = int(row[1]) + 1
        attempt, fence = attempt_id(trial, n), self._tx.next_seq
        place = f"{folder}/{attempt}"
        self._tx.append(
            e.AttemptLeased(
                attempt, trial, n, fence, self._control.sweep, self._control.epoch, slot, place
            )
        )
        return Lease(attempt, trial, n, fence, slot, place)

    def started(
        self,
        lease: Lease,
        *,
        host: str,
        pid: int,
        pid_started: int,
        isolation: str,
        start_ms: float | None = None,
        began: float | None = None,
    ) -> bool:
        """Record that the attempt's process runs."""
        if self._state(lease) == AttemptState.STARTED:
            return True
        if not self._may(lease, AttemptState.STARTED, "started"):
            return False
        self._tx.append(
            e.AttemptStarted(lease.attempt, host, pid, pid_started, isolation, start_ms, began)
        )
        return True

    def resumed(self, lease: Lease, source: str, step: int) -> bool:
        """Record that the attempt goes on from a checkpoint of ``source``."""
        if not self._open(lease, "resumed"):
            return False
        row = self._db.execute(
            "SELECT resumed_from FROM attempt WHERE id = ?", (lease.attempt,)
        ).fetchone()
        if not row[0]:
            self._tx.append(e.AttemptResumed(lease.attempt, source, step))
        return True

    def metrics(
        self, lease: Lease, offset: int, series: Mapping[str, Sequence[Sequence[Any]]]
    ) -> bool:
        """Record one flush of points; a flush up to an offset that was recorded before adds nothing."""
        if not self._open(lease, "metrics"):
            return False
        row = self._db.execute(
            "SELECT spool_offset FROM attempt WHERE id = ?", (lease.attempt,)
        ).fetchone()
        if offset > int(row[0]):
            self._tx.append(e.MetricsLogged(lease.attempt, offset, series))
        return True

    def checkpoint(
        self,
        lease: Lease,
        step: int,
        folder: str,
        sha256: str,
        size: int,
        value: Any,
        dropped: Sequence[str] = (),
    ) -> bool:
        """Record that a checkpoint is complete, and which older ones it replaced."""
        if not self._open(lease, "checkpoint"):
            return False
        row = self._db.execute(
            "SELECT sha256 FROM checkpoint WHERE attempt = ? AND step = ?", (lease.attempt, step)
        ).fetchone()
        if row is None or row[0] != sha256:
            self._tx.append(
                e.CheckpointSaved(
                    lease.attempt, lease.trial, step, folder, sha256, size, value, list(dropped)
                )
            )
        return True

    def warned(self, lease: Lease, text: str) -> None:
        """Record a warning of the attempt."""
        if self._open(lease, "warning"):
            self._tx.append(e.AttemptWarned(lease.attempt, text))

    def ended(
        self,
        lease: Lease,
        state: AttemptState,
        trial_state: TrialState,
        *,
        cause: Cause | None = None,
        error: str | None = None,
        exit_code: int | None = None,
        signal: int | None = None,
        usage: Mapping[str, float] | None = None,
    ) -> bool:
        """Record the attempt's end and where its trial goes; a repeat answers True and adds nothing."""
        if self._state(lease) == state:
            return True
        if not self._may(lease, state, f"ended {state}"):
            return False
        self._tx.append(
            e.AttemptEnded(
                lease.attempt,
                lease.trial,
                state,
                trial_state,
                cause,
                error,
                exit_code,
                signal,
                usage or {},
            )
        )
        return True

    def cancel(self, trial: str, reason: str) -> bool:
        """Take a waiting trial off the plan, unless another sweep that goes on waits for it too."""
        row = self._db.execute("SELECT state FROM trial WHERE id = ?", (trial,)).fetchone()
        if row is None or row[0] != TrialState.PENDING or self._control.wanted_elsewhere(trial):
            return False
        self._tx.append(e.TrialCancelled(trial, reason))
        return True

    def finish(self, state: SweepState) -> bool:
        """Record that the sweep has ended; false when it is not done, because work has come meanwhile."""
        if state is SweepState.DONE and self._control.ledger.has_open_work(self._control.sweep):
            return False
        self._tx.append(e.SweepEnded(self._control.sweep, state))
        return True

    def _state(self, lease: Lease) -> AttemptState | None:
        row = self._db.execute(
            "SELECT state FROM attempt WHERE id = ? AND fence = ?", (lease.attempt, lease.fence)
        ).fetchone()
        return AttemptState(row[0]) if row else None

    def _open(self, lease: Lease, what: str) -> bool:
        state = self._state(lease)
        if state is not None and state.open:
            return True
        self._tx.append(e.LateRefused(lease.attempt, lease.fence, what))
        return False

    def _may(self, lease: Lease, to: AttemptState, what: str) -> bool:
        state = self._state(lease)
        if state is not None and to in ATTEMPT_MOVES.get(state, frozenset()):
            return True
        self._tx.append(e.LateRefused(lease.attempt, lease.fence, what))
        return False
