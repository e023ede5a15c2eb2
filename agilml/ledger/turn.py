"""What a controller records in one transaction: leases, results, points, checkpoints, decisions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agilml import events as e
from agilml.ledger.facts import Transaction
from agilml.ledger.planning import PlannedTrial, trial_events
from agilml.ledger.recent import AttemptNow
from agilml.model import (
    ATTEMPT_ENDS,
    ATTEMPT_MOVES,
    AttemptState,
    Cause,
    SweepState,
    TrialState,
    attempt_id,
    attempt_number,
)

if TYPE_CHECKING:
    from agilml.ledger.control import Control


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to execute a trial once."""

    attempt: str
    trial: str
    n: int
    fence: int
    slot: str
    folder: str


class Turn:
    """One transaction of a controller. Methods answer whether the thing was recorded."""

    def __init__(self, control: Control, tx: Transaction, sweep_state: SweepState) -> None:
        self._control = control
        self._recent = control.recent
        self._tx = tx
        self._sweep_state = sweep_state

    def foresee(self, trials: Sequence[str]) -> None:
        """Read what the leases of these trials will ask for, in one go and before anything is written."""
        self._control.foresee(trials)

    def lease(self, trial: str, slot: str, folder: str) -> Lease | None:
        """Open the next attempt of ``trial``, or answer None when it is not waiting any more."""
        now = self._control.trial_now(trial)
        if now is None or now.state is not TrialState.PENDING or self._sweep_state.ended:
            return None
        if now.cancel_requested:
            self._recent.trials.pop(trial, None)
            self._tx.append(e.TrialCancelled(trial, "asked for"))
            return None
        n = now.attempts + 1
        attempt, fence = attempt_id(trial, n, self._tx.origin), self._tx.next_seq
        place = f"{folder}/{attempt}"
        self._tx.append(
            e.AttemptLeased(
                attempt, trial, n, fence, self._control.sweep, self._control.epoch, slot, place
            )
        )
        now.state, now.attempts = TrialState.RUNNING, n
        self._recent.attempts[attempt] = AttemptNow(AttemptState.LEASED, fence)
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
        if self._state(lease) is AttemptState.STARTED:
            return True
        if not self._may(lease, AttemptState.STARTED, "started"):
            return False
        self._tx.append(
            e.AttemptStarted(lease.attempt, host, pid, pid_started, isolation, start_ms, began)
        )
        now = self._control.attempt_now(lease.attempt)
        assert now is not None
        now.state = AttemptState.STARTED
        return True

    def resumed(self, lease: Lease, source: str, step: int) -> bool:
        """Record that the attempt goes on from a checkpoint of ``source``."""
        known = (
            source.rpartition(".")[0] == lease.trial
            and self._control.attempt_now(source) is not None
            and attempt_number(source) < lease.n
        )
        if not self._runs(lease, "resumed", possible=known):
            return False
        now = self._control.attempt_now(lease.attempt)
        if now is not None and not now.resumed:
            self._tx.append(e.AttemptResumed(lease.attempt, source, step))
            now.resumed = True
        return True

    def metrics(
        self, lease: Lease, offset: int, series: Mapping[str, Sequence[Sequence[Any]]]
    ) -> bool:
        """Record one flush of points; a flush up to an offset that was recorded before adds nothing."""
        if not self._runs(lease, "metrics"):
            return False
        now = self._control.attempt_now(lease.attempt)
        if now is not None and offset > now.offset:
            self._tx.append(e.MetricsLogged(lease.attempt, offset, series))
            now.offset = offset
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
        """Record that a checkpoint is complete, and which older ones it replaced.

        A spool that is read again reports the older ones again, so that they are replaced again.
        """
        if not self._runs(lease, "checkpoint"):
            return False
        row = self._tx.db.execute(
            "SELECT sha256 FROM checkpoint WHERE attempt = ? AND step = ?", (lease.attempt, step)
        ).fetchone()
        if row is None or row[0] != sha256 or self._listed(lease.trial, dropped):
            self._tx.append(
                e.CheckpointSaved(
                    lease.attempt,
                    lease.trial,
                    step,
                    folder,
                    sha256,
                    size,
                    _told(value),
                    list(dropped),
                )
            )
        return True

    def _listed(self, trial: str, folders: Sequence[str]) -> bool:
        """Whether a checkpoint of the trial in one of these folders is on record."""
        query = (
            "SELECT 1 FROM checkpoint c JOIN attempt a ON a.id = c.attempt"
            " WHERE c.trial = ? AND c.folder = ? AND a.origin = ?"
        )
        origin = self._tx.origin
        return any(
            self._tx.db.execute(query, (trial, folder, origin)).fetchone() for folder in folders
        )

    def warned(self, lease: Lease, text: str) -> None:
        """Record a warning of the attempt."""
        if self._open(lease, "warning"):
            self._tx.append(e.AttemptWarned(lease.attempt, text))

    def sampled(
        self, lease: Lease, seconds: float, interval: float, series: Mapping[str, Sequence[float]]
    ) -> None:
        """Record what the attempt used of its machine so far."""
        if self._open(lease, "hardware"):
            self._tx.append(e.HardwareSampled(lease.attempt, seconds, interval, series))

    def data_read(
        self,
        lease: Lease,
        *,
        dataset: str,
        level: str,
        split: str,
        digest: str,
        files: int,
        size: int,
    ) -> None:
        """Record that the attempt reads a split of a data set; a repeat adds nothing."""
        if not self._open(lease, "data"):
            return
        known = self._tx.db.execute(
            "SELECT digest FROM data_read WHERE attempt = ? AND dataset = ? AND level = ? AND split = ?",
            (lease.attempt, dataset, level, split),
        ).fetchone()
        if known is None or known[0] != digest:
            self._tx.append(e.DataRead(lease.attempt, dataset, level, split, digest, files, size))

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
        if trial_state not in ATTEMPT_ENDS.get(state, frozenset()):
            raise ValueError(f"an attempt that ended {state} leaves no trial {trial_state}")
        if self._state(lease) == state:
            return True
        if not self._may(lease, state, f"ended {state}"):
            return False
        self._tx.append(
            e.AttemptEnded(
                lease.attempt,
                lease.trial,
                # Plain text: SQLite's adapters look long at what is only a kind of text.
                state.value,
                trial_state.value,
                None if cause is None else cause.value,
                error,
                exit_code,
                signal,
                usage or {},
            )
        )
        self._recent.attempts.pop(lease.attempt, None)
        self._recent.trials.pop(lease.trial, None)
        return True

    def propose(
        self,
        number: int,
        choice: Mapping[str, Any],
        trials: Sequence[PlannedTrial],
        by: str,
        *,
        unpruned: bool = False,
    ) -> list[str]:
        """Put a candidate of the sampler on the plan; return those of its trials that wait.

        A trial that the ledger knows already stays as it is, except that a cancelled one is reopened, and
        with ``unpruned`` a pruned one that is new to this sweep.
        """
        sweep = self._control.sweep
        row = self._tx.db.execute(
            "SELECT trials FROM candidate WHERE sweep = ? AND number = ? AND origin = ?",
            (sweep, number, self._tx.origin),
        ).fetchone()
        if row is not None:
            states = self._control.ledger.trial_states(json.loads(row[0]))
            return [trial for trial, state in states.items() if state is TrialState.PENDING]
        (first,) = self._tx.db.execute(
            "SELECT count(*) FROM sweep_trial WHERE sweep = ?", (sweep,)
        ).fetchone()
        ids = [trial[0] for trial in trials]
        known = self._control.ledger.trial_states(ids)
        members = self._control.members(ids)
        again = {trial for trial, state in known.items() if state is TrialState.CANCELLED}
        if unpruned:
            again |= {t for t, s in known.items() if s is TrialState.PRUNED and t not in members}
        done = {
            trial
            for trial, state in known.items()
            if state in (TrialState.SUCCEEDED, TrialState.PRUNED) and trial not in again
        }
        self._tx.append(e.CandidateProposed(sweep, number, choice, ids, by))
        new = {trial[0]: trial for trial in trials if trial[0] not in members}
        for event in trial_events(sweep, list(new.values()), done, first=int(first)):
            self._tx.append(event)
        for trial in (one for one in known if one in again):
            self._tx.append(
                e.TrialReopened(trial, "proposed again", self._control.ledger.next_round(trial))
            )
            self._recent.trials.pop(trial, None)
        return [
            trial
            for trial in dict.fromkeys(ids)
            if trial in again or known.get(trial, TrialState.PENDING) is TrialState.PENDING
        ]

    def decided(
        self,
        lease: Lease,
        action: str,
        stopper: str,
        step: int | None,
        value: float | None,
        reason: str,
    ) -> bool:
        """Record that a stopper ends the attempt; the first decision about an attempt holds."""
        if self._state(lease) != AttemptState.STARTED or self._control.decision(lease.attempt):
            return False
        self._tx.append(
            e.StopDecided(lease.attempt, lease.trial, action, stopper, step, _told(value), reason)
        )
        return True

    def budget_reached(self, name: str, share: float, used: float, limit: float) -> None:
        """Record that a limit of the sweep is used up to ``share``."""
        self._tx.append(e.BudgetReached(self._control.sweep, name, share, used, limit))

    def cancel(self, trial: str, reason: str) -> bool:
        """Take a waiting trial off the plan, unless another sweep that goes on waits for it too."""
        now = self._control.trial_now(trial)
        if now is None or now.state is not TrialState.PENDING:
            return False
        if self._control.wanted_elsewhere(trial):
            return False
        self._recent.trials.pop(trial, None)
        self._tx.append(e.TrialCancelled(trial, reason))
        return True

    def finish(self, state: SweepState) -> bool:
        """Record that the sweep has ended; false when it is not done, because work has come meanwhile."""
        if not state.ended:
            raise ValueError(f"{state} is no end of a sweep")
        if self._sweep_state.ended:
            return self._sweep_state is state
        control = self._control
        if state is SweepState.DONE and control.ledger.has_open_work(control.sweep):
            return False
        if control.open_attempts():
            return False
        self._tx.append(e.SweepEnded(self._control.sweep, state))
        self._sweep_state = state
        return True

    def _runs(self, lease: Lease, what: str, *, possible: bool = True) -> bool:
        if possible and self._state(lease) is AttemptState.STARTED:
            return True
        self._tx.append(e.LateRefused(lease.attempt, lease.fence, what))
        return False

    def _state(self, lease: Lease) -> AttemptState | None:
        if not lease.attempt.startswith(f"{lease.trial}.{lease.n}"):
            return None
        now = self._control.attempt_now(lease.attempt)
        return now.state if now is not None and now.fence == lease.fence else None

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


def _told(value: Any) -> Any:
    """Return ``value`` as JSON has it: what is not finite is text."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
