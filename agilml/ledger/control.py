"""What one controller reads and writes, under the epoch it took.

Every write is checked first: the sweep's epoch is still ours, the attempt is still open, the fence is still
the newest. What comes too late is refused and the refusal is recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from agilml import events as e
from agilml.crashpoints import crash_point
from agilml.errors import AgilError, StaleWrite
from agilml.ledger.here import HERE, WAITS
from agilml.ledger.ledger import Ledger
from agilml.ledger.recent import AttemptNow, Mark, Recent, TrialNow, mark
from agilml.ledger.turn import Lease, Turn
from agilml.model import AttemptState, SweepState, TrialState
from agilml.points import overlaid

__all__ = ["Control", "Lease", "OpenAttempt", "Turn"]

CHUNK = 500
"""How many ids go into one query."""

STRUCTURES = 64
"""Parsed structures that are kept in memory, at most."""

_decode = json.JSONDecoder().raw_decode
"""Reads a text that we wrote, without looking for blanks around it."""

_TRIAL = f"{HERE}, t.attempts, t.cancel_requested, t.counted, t.lost, t.structure, t.delta"

_SWEEP = (
    "SELECT coalesce((SELECT p.epoch FROM sweep_part p WHERE p.id = s.id AND p.origin = ?2), s.epoch), s.here"
    " FROM sweep s WHERE s.id = ?1"
)


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
        self.recent = Recent()
        self._structures: dict[str, dict[str, Any]] = {}

    @classmethod
    def take(cls, ledger: Ledger, sweep: str, host: str, pid: int) -> Self:
        """Take the sweep with a new epoch; whoever held it before can write no more."""
        with ledger.transaction() as tx:
            row = ledger.db.execute(_SWEEP, (sweep, ledger.origin)).fetchone()
            if row is None or row[1] is None:
                raise AgilError(f"no sweep {sweep} was planned here", next="agil runs")
            if SweepState(row[1]).ended:
                raise StaleWrite(
                    f"{sweep} has ended", kept="everything recorded", next=f"agil resume {sweep}"
                )
            epoch = int(row[0]) + 1
            tx.append(e.ControllerStarted(sweep, epoch, host, pid))
        crash_point("control.committed")
        return cls(ledger, sweep, epoch)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Commit everything that the block records, at once; refuse if the epoch is no longer ours."""
        crash_point("tick.before")
        try:
            with self.ledger.transaction() as tx:
                before = mark(tx.db, tx.next_seq)
                if before != self.recent.mark:
                    self.recent.forget()
                yield Turn(self, tx, self._sweep_state())
                after: Mark = mark(tx.db, tx.next_seq)
            self.recent.mark = after
        except BaseException:
            self.recent.forget()
            raise
        crash_point("tick.committed")

    def _sweep_state(self) -> SweepState:
        row = self.ledger.db.execute(_SWEEP, (self.sweep, self.ledger.origin)).fetchone()
        if int(row[0]) != self.epoch:
            raise StaleWrite(
                f"another controller took {self.sweep}",
                kept="everything recorded so far",
                next=f"agil watch {self.sweep}",
            )
        return SweepState(row[1])

    def members(self, trials: Sequence[str]) -> set[str]:
        """Return those of the given trials that are on the sweep's plan."""
        marks = ",".join("?" * len(trials))
        rows = self.ledger.db.execute(
            f"SELECT trial FROM sweep_trial WHERE trial IN ({marks}) AND sweep = ?",
            (*trials, self.sweep),
        )
        return {str(row[0]) for row in rows}

    def waiting(self) -> list[str]:
        """Return the pending trials of the sweep, in plan order."""
        rows = self.ledger.db.execute(
            "SELECT t.id FROM sweep_trial m JOIN trial t ON t.id = m.trial"
            f" WHERE m.sweep = ? AND {WAITS} ORDER BY m.idx",
            (self.sweep,),
        )
        return [str(row[0]) for row in rows]

    def waiting_after(self, index: int, limit: int) -> list[tuple[int, str]]:
        """Return ``(index, trial)`` of the next pending trials in plan order, at most ``limit``.

        Args:
            index: place in the plan that was looked at last; -1 before the first.
            limit: how many at most.
        """
        rows = self.ledger.db.execute(
            "SELECT m.idx, t.id FROM sweep_trial m JOIN trial t ON t.id = m.trial"
            f" WHERE m.sweep = ? AND m.idx > ? AND {WAITS} ORDER BY m.idx LIMIT ?",
            (self.sweep, index, limit),
        )
        return [(int(at), str(trial)) for at, trial in rows]

    def foresee(self, trials: Sequence[str]) -> None:
        """Read how these trials stand, all at once, so that their leases need not."""
        unknown = [trial for trial in trials if trial not in self.recent.trials]
        for at in range(0, len(unknown), CHUNK):
            part = unknown[at : at + CHUNK]
            rows = self.ledger.db.execute(
                f"SELECT t.id, {_TRIAL} FROM trial t WHERE t.id IN ({','.join('?' * len(part))})",
                part,
            )
            self.recent.trials.update((trial, _trial_now(row)) for trial, *row in rows)

    def trial_now(self, trial: str) -> TrialNow | None:
        """Return how the trial stands, or None where the ledger knows no such trial."""
        now = self.recent.trials.get(trial)
        if now is None:
            row = self.ledger.db.execute(
                f"SELECT {_TRIAL} FROM trial t WHERE t.id = ?", (trial,)
            ).fetchone()
            if row is None:
                return None
            now = _trial_now(row)
            if not now.state.ended:
                self.recent.trials[trial] = now
        return now

    def attempt_now(self, attempt: str) -> AttemptNow | None:
        """Return how the attempt stands, or None where the ledger knows no such attempt."""
        now = self.recent.attempts.get(attempt)
        if now is None:
            row = self.ledger.db.execute(
                "SELECT state, fence, spool_offset, resumed_from FROM attempt WHERE id = ?",
                (attempt,),
            ).fetchone()
            if row is None:
                return None
            now = AttemptNow(AttemptState(row[0]), int(row[1]), int(row[2]), bool(row[3]))
            if now.state.open:
                self.recent.attempts[attempt] = now
        return now

    def running_elsewhere(self) -> list[str]:
        """Return trials of this sweep that an attempt of another sweep is executing."""
        rows = self.ledger.db.execute(
            "SELECT t.id FROM sweep_trial m JOIN trial t ON t.id = m.trial JOIN attempt a ON a.id = t.attempt"
            " WHERE m.sweep = ? AND t.here = 'running' AND a.sweep != ? AND a.origin = ? ORDER BY m.idx",
            (self.sweep, self.sweep, self.ledger.origin),
        )
        return [str(row[0]) for row in rows]

    def open_attempts(self, trials: Sequence[str] | None = None) -> list[OpenAttempt]:
        """Return attempts without an end: this sweep's own, or those of the given trials."""
        where, values = "a.sweep = ?", [self.sweep]
        if trials is not None:
            where, values = f"a.trial IN ({','.join('?' * len(trials))})", list(trials)
        rows = self.ledger.db.execute(
            "SELECT a.id, a.trial, a.n, a.fence, a.slot, a.folder, a.sweep, a.state, a.pid, a.pid_started,"
            f" a.host, a.spool_offset FROM attempt a WHERE {where} AND a.state IN ('leased', 'started')"
            " AND a.origin = ? ORDER BY a.fence",
            (*values, self.ledger.origin),
        ).fetchall()
        return [
            OpenAttempt(
                Lease(r[0], r[1], r[2], r[3], r[4], r[5]), r[6], AttemptState(r[7]), *r[8:12]
            )
            for r in rows
        ]

    def config(self, trial: str) -> dict[str, Any]:
        """Return the whole composed config of ``trial``, to be read only: trials share what is the same."""
        now = self._known(trial)
        resolved = self._structures.get(now.structure)
        if resolved is None:
            row = self.ledger.db.execute(
                "SELECT resolved FROM structure WHERE id = ?", (now.structure,)
            ).fetchone()
            # A structure never changes; few are in use at a time.
            if len(self._structures) >= STRUCTURES:
                self._structures.clear()
            resolved = self._structures[now.structure] = json.loads(row[0])
        return overlaid(resolved, _decode(now.delta)[0])

    def decision(self, attempt: str) -> str | None:
        """Return the action that a stopper decided on for ``attempt``: ``prune``, ``finish``, or None."""
        row = self.ledger.db.execute(
            "SELECT action FROM decision WHERE attempt = ?", (attempt,)
        ).fetchone()
        return str(row[0]) if row else None

    def tried(self, trial: str) -> bool:
        """Whether the trial ever had an attempt."""
        now = self.trial_now(trial)
        return now is not None and now.attempts > 0

    def noticed(self) -> set[tuple[str, float, float]]:
        """Return ``(name, share, limit)`` of every budget notice of the sweep."""
        rows = self.ledger.db.execute(
            'SELECT name, share, "limit" FROM budget_notice WHERE sweep = ? AND origin = ?',
            (self.sweep, self.ledger.origin),
        )
        return {(str(name), float(share), float(limit)) for name, share, limit in rows}

    def spec(self) -> dict[str, Any]:
        """Return the settings of the sweep as they are now."""
        return self.ledger.spec(self.sweep)

    def counted(self, trial: str) -> tuple[int, int]:
        """Return how many attempts count against the trial, and how many machines have lost."""
        now = self._known(trial)
        return now.counted, now.lost

    def checkpoints(self, trial: str) -> list[tuple[str, int, str, str, float | None]]:
        """Return ``(attempt, step, folder, sha256, value)`` of the trial's checkpoints, newest first.

        Those of other origins count where somebody has got them from the remote.
        """
        if self._known(trial).attempts < 2:
            # Before and during its first attempt there is none to go on from.
            return []
        rows = self.ledger.db.execute(
            "SELECT c.attempt, c.step, c.folder, c.sha256, c.value, a.origin FROM checkpoint c"
            " JOIN attempt a ON a.id = c.attempt WHERE c.trial = ? ORDER BY a.n DESC, c.step DESC",
            (trial,),
        ).fetchall()
        own, state = self.ledger.origin, self.ledger.path.parent
        return [row[:5] for row in rows if row[5] == own or (state / row[2]).is_dir()]

    def wanted_elsewhere(self, trial: str) -> bool:
        """Whether another sweep that shall go on has this trial too."""
        row = self.ledger.db.execute(
            "SELECT 1 FROM sweep_trial m JOIN sweep s ON s.id = m.sweep WHERE m.trial = ? AND m.sweep != ?"
            " AND s.here IN ('planned', 'running') AND s.stop_requested = 0 LIMIT 1",
            (trial, self.sweep),
        ).fetchone()
        return row is not None

    def requests(self) -> tuple[bool, list[str]]:
        """Return whether the sweep shall stop, and which trials that it executes shall end."""
        db = self.ledger.db
        stop = db.execute("SELECT stop_requested FROM sweep WHERE id = ?", (self.sweep,)).fetchone()
        rows = db.execute(
            "SELECT t.id FROM attempt a JOIN trial t ON t.id = a.trial"
            " WHERE a.sweep = ? AND a.state IN ('leased', 'started') AND t.cancel_requested = 1"
            " AND a.origin = ?",
            (self.sweep, self.ledger.origin),
        )
        return bool(stop[0]), [str(row[0]) for row in rows]

    def _known(self, trial: str) -> TrialNow:
        now = self.trial_now(trial)
        assert now is not None, f"{trial} was planned"
        return now


def _trial_now(row: Sequence[Any]) -> TrialNow:
    state, attempts, cancel, counted, lost, structure, delta = row
    return TrialNow(
        TrialState(state), int(attempts), bool(cancel), int(counted), int(lost), structure, delta
    )
