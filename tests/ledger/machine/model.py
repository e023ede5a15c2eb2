"""What must be: the life of sweeps, trials and attempts in plain Python, without a database.

Its methods are named and called like those of the real ``Ledger``, ``Control`` and ``Turn``, and answer what
those must answer. It is written from the rules, not from the code: the tables below are copies on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agilml.ledger.control import Lease
from agilml.ledger.ledger import PlannedTrial
from agilml.model import AttemptState, Cause, SweepState, TrialState, attempt_id

A, T, S = AttemptState, TrialState, SweepState

MOVES = {
    A.LEASED: {A.STARTED, A.FAILED, A.LOST, A.CANCELLED},
    A.STARTED: {A.SUCCEEDED, A.FAILED, A.PRUNED, A.LOST, A.CANCELLED},
}
"""Where an attempt may go; a state that is not named here is final."""

ENDS = {
    A.SUCCEEDED: {T.SUCCEEDED},
    A.PRUNED: {T.PRUNED},
    A.FAILED: {T.PENDING, T.FAILED},
    A.LOST: {T.PENDING, T.FAILED},
    A.CANCELLED: {T.PENDING, T.CANCELLED},
}
"""Where its trial may go with it."""

ENDED_TRIALS = {T.SUCCEEDED, T.FAILED, T.PRUNED, T.CANCELLED}
ENDED_SWEEPS = {S.DONE, S.STOPPED}


@dataclass
class Trial:
    state: TrialState = T.PENDING
    attempts: int = 0
    counted: int = 0
    lost: int = 0
    cancel: bool = False


@dataclass
class Attempt:
    trial: str
    n: int
    fence: int
    sweep: str
    epoch: int
    state: AttemptState = A.LEASED
    offset: int = 0
    steps: list[int] = field(default_factory=list)
    source: str | None = None
    decision: str | None = None


@dataclass
class Sweep:
    state: SweepState = S.PLANNED
    epoch: int = 0
    stop: bool = False
    members: list[str] = field(default_factory=list)
    candidates: dict[int, list[str]] = field(default_factory=dict)
    budget: int = 0


class Model:
    """The state that the tables of a ledger with this origin must show."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.trials: dict[str, Trial] = {}
        self.attempts: dict[str, Attempt] = {}
        self.sweeps: dict[str, Sweep] = {}
        self.checkpoints: dict[tuple[str, int], str] = {}
        self.tags: set[tuple[str, str]] = set()
        self.refused = 0

    # What people ask for.

    def plan(self, sweep: str, trials: Sequence[str], **flags: bool) -> dict[str, list[str]]:
        created = sweep not in self.sweeps
        found: dict[str, list[str]] = {
            name: [] for name in ("new", "kept", "adopted", "failed", "reopened", "waiting")
        }
        for trial in trials:
            found[self._group(trial, **flags)].append(trial)
        if created:
            self.sweeps[sweep] = Sweep(members=list(trials))
            self.trials.update({trial: Trial() for trial in found["new"]})
        for trial in found["reopened"]:
            self._reopen(trial, rerun=flags["rerun"])
        known = self.sweeps[sweep]
        known.budget = 0  # a plan brings its own limits
        ended = known.state in ENDED_SWEEPS or known.stop
        if not created and ended and self.open_work(sweep):
            known.state, known.stop = S.PLANNED, False
        return found

    def _group(self, trial: str, *, retry: bool, rerun: bool, unpruned: bool) -> str:
        state = self.trials[trial].state if trial in self.trials else None
        if state is None:
            return "new"
        if state in (T.RUNNING, T.PENDING):
            return "adopted" if state is T.RUNNING else "waiting"
        asked = rerun or (unpruned and state is T.PRUNED) or (retry and state is T.FAILED)
        if asked or state is T.CANCELLED:
            return "reopened"
        return "failed" if state is T.FAILED else "kept"

    def resume(self, sweep: str, *, retry: bool) -> list[str]:
        again = {T.CANCELLED, T.FAILED} if retry else {T.CANCELLED}
        found = [t for t in self.sweeps[sweep].members if self.trials[t].state in again]
        for trial in found:
            self._reopen(trial, rerun=False)
        if self.open_work(sweep):
            self.sweeps[sweep].state, self.sweeps[sweep].stop = S.PLANNED, False
        return found

    def end_if_complete(self, sweep: str) -> bool:
        if self.open_work(sweep):
            return False
        if self.sweeps[sweep].state not in ENDED_SWEEPS:
            self.sweeps[sweep].state = S.DONE
        return True

    def request_stop(self, sweep: str) -> bool:
        if self.sweeps[sweep].state in ENDED_SWEEPS:
            return False
        self.sweeps[sweep].stop = True
        return True

    def request_cancel(self, trial: str) -> None:
        if self.trials[trial].state is T.PENDING:
            self.trials[trial].state = T.CANCELLED
        elif self.trials[trial].state is T.RUNNING:
            self.trials[trial].cancel = True

    def tag(self, target: str, tag: str, *, on: bool) -> None:
        (self.tags.add if on else self.tags.discard)((target, tag))

    def respecify(self, sweep: str, budget: int) -> None:
        self.sweeps[sweep].budget = budget

    # What a controller may do; the first argument is its sweep.

    def take(self, sweep: str) -> int | None:
        """Return the new epoch, or None where the sweep has ended and nobody asked for more."""
        known = self.sweeps[sweep]
        if known.state in ENDED_SWEEPS:
            return None
        known.epoch, known.state = known.epoch + 1, S.RUNNING
        return known.epoch

    def lease(self, sweep: str, trial: str, fence: int) -> int | None:
        """Return the number of the attempt."""
        known = self.trials.get(trial)
        if known is None or known.state is not T.PENDING:
            return None
        if self.sweeps[sweep].state in ENDED_SWEEPS:
            return None
        if known.cancel:
            known.state = T.CANCELLED
            return None
        known.attempts, known.state = known.attempts + 1, T.RUNNING
        made = Attempt(trial, known.attempts, fence, sweep, self.sweeps[sweep].epoch)
        self.attempts[attempt_id(trial, made.n, self.origin)] = made
        return made.n

    def started(self, lease: Lease) -> bool:
        attempt = self._held(lease)
        if attempt is not None and attempt.state is A.STARTED:
            return True
        if attempt is None or attempt.state is not A.LEASED:
            return self._refuse()
        attempt.state = A.STARTED
        return True

    def resumed(self, lease: Lease, source: str, step: int) -> bool:
        attempt, before = self._running(lease), self.attempts.get(source)
        possible = before is not None and before.trial == lease.trial and before.n < lease.n
        if attempt is None or before is None or not possible:
            return self._refuse()
        if attempt.source is None:
            attempt.source = source
            attempt.steps += [s for s in before.steps if s <= step]
        return True

    def metrics(self, lease: Lease, offset: int, steps: Sequence[int]) -> bool:
        attempt = self._running(lease)
        if attempt is None:
            return self._refuse()
        if offset > attempt.offset:
            attempt.offset = offset
            attempt.steps += steps
        return True

    def checkpoint(self, lease: Lease, step: int, sha256: str) -> bool:
        if self._running(lease) is None:
            return self._refuse()
        self.checkpoints[lease.attempt, step] = sha256
        return True

    def decided(self, lease: Lease, action: str) -> bool:
        attempt = self._running(lease)
        if attempt is None or attempt.decision is not None:
            return False
        attempt.decision = action
        return True

    def ended(
        self, lease: Lease, state: AttemptState, trial_state: TrialState, cause: Cause | None
    ) -> bool:
        if trial_state not in ENDS.get(state, set()):
            return False
        attempt = self._held(lease)
        if attempt is not None and attempt.state is state:
            return True
        if attempt is None or state not in MOVES.get(attempt.state, set()):
            return self._refuse()
        attempt.state = state
        trial = self.trials[attempt.trial]
        trial.state = trial_state
        trial.counted += cause in (Cause.USER, Cause.OOM)
        trial.lost += cause in (Cause.NODE, Cause.STUCK)
        return True

    def propose(self, sweep: str, number: int, trials: Sequence[PlannedTrial]) -> set[str]:
        known = self.sweeps[sweep]
        if number not in known.candidates:
            known.candidates[number] = [trial[0] for trial in trials]
            for trial in known.candidates[number]:
                if self.trials.setdefault(trial, Trial()).state is T.CANCELLED:
                    self._reopen(trial, rerun=False)
                if trial not in known.members:
                    known.members.append(trial)
        return {t for t in known.candidates[number] if self.trials[t].state is T.PENDING}

    def cancel(self, sweep: str, trial: str) -> bool:
        if self.trials[trial].state is not T.PENDING or self._wanted_elsewhere(sweep, trial):
            return False
        self.trials[trial].state = T.CANCELLED
        return True

    def finish(self, sweep: str, state: SweepState) -> bool:
        known = self.sweeps[sweep]
        if known.state in ENDED_SWEEPS:
            return known.state is state
        if (state is S.DONE and self.open_work(sweep)) or self.open_attempts(sweep):
            return False
        known.state = state
        return True

    # What can be asked.

    def open_work(self, sweep: str) -> bool:
        return any(
            self.trials[t].state in (T.PENDING, T.RUNNING) for t in self.sweeps[sweep].members
        )

    def open_attempts(self, sweep: str) -> list[str]:
        return [name for name, a in self.attempts.items() if a.sweep == sweep and a.state in MOVES]

    def waiting(self, sweep: str) -> list[str]:
        return [t for t in self.sweeps[sweep].members if self.trials[t].state is T.PENDING]

    def _wanted_elsewhere(self, sweep: str, trial: str) -> bool:
        return any(
            trial in other.members and other.state not in ENDED_SWEEPS and not other.stop
            for name, other in self.sweeps.items()
            if name != sweep
        )

    def _held(self, lease: Lease) -> Attempt | None:
        found = self.attempts.get(lease.attempt)
        same = found is not None and (found.trial, found.fence) == (lease.trial, lease.fence)
        return found if same else None

    def _running(self, lease: Lease) -> Attempt | None:
        found = self._held(lease)
        return found if found is not None and found.state is A.STARTED else None

    def _refuse(self) -> bool:
        self.refused += 1
        return False

    def _reopen(self, trial: str, *, rerun: bool) -> None:
        known = self.trials[trial]
        known.state, known.counted, known.lost, known.cancel = T.PENDING, 0, 0, False
        if rerun:
            mine = [key for key in self.checkpoints if self.attempts[key[0]].trial == trial]
            for key in mine:
                del self.checkpoints[key]
