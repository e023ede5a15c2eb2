"""The loop that hands attempts to slots: one controller per sweep, one transaction per turn.

Each turn listens to the slots, writes everything that changed (results, points, checkpoints, decisions, new
candidates, new leases) in one transaction, and only then acts on it: commit before effect, always. Whatever
it holds in memory can be rebuilt from the ledger and the spools.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agilml.crashpoints import crash_point
from agilml.errors import LedgerDamaged, LedgerError, LedgerFromFuture, StaleWrite
from agilml.executors.base import Executor
from agilml.ledger.control import Control, Lease, Turn
from agilml.model import SweepState, TrialState
from agilml.sweep.order import Doubling, start_order
from agilml.sweep.policy import Asked, Outcome
from agilml.sweep.reconciling import settle
from agilml.sweep.recording import Recorder
from agilml.sweep.running import Queue, Running, backoff
from agilml.sweep.settings import Settings
from agilml.sweep.steering import Steering
from agilml.sweep.watching import Watch
from agilml.worker.slot import Slot
from agilml.worker.spool import Batch

LOOK_SECONDS = 1.0


@dataclass(slots=True)
class _Written:
    """What one turn has recorded and the controller has still to act on."""

    due: list[Running]
    ended: dict[str, Outcome] = field(default_factory=dict)
    leases: list[tuple[Lease, Slot]] = field(default_factory=list)
    asked: list[tuple[Running, Asked]] = field(default_factory=list)


class Controller:
    """Runs one sweep to its end, or until it is fenced or asked to leave.

    Args:
        control: the right to write for the sweep.
        executor: where slots come from; brought up and down by the controller.
        settings: the sweep's settings.
        steering: its search and its budget.
        alive: tells whether another sweep's controller lives; None means "unknown", which changes nothing.
        tell: hears why the ledger cannot be written, once per reason, while the controller tries again.
    """

    def __init__(
        self,
        control: Control,
        executor: Executor,
        settings: Settings,
        steering: Steering,
        alive: Callable[[str], bool | None],
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._control = control
        self._executor = executor
        self._recorder = Recorder(control, settings)
        self._watch = Watch(executor, settings)
        self._steering = steering
        self._alive = alive
        self._tell = tell
        self._running: dict[str, Running] = {}
        self._idle: deque[Slot] = deque()
        self._queue = Queue()
        self._doubling = Doubling()
        self._finished_here = 0
        self._stopping = False
        self._leaving = False
        self._cancelled = False
        self._fatal: str | None = None
        self._trouble = ""
        self._data_version = -1
        self._looked = 0.0

    def leave(self) -> None:
        """End attempts gently and go, leaving the sweep to be resumed (SIGTERM, machine going down)."""
        self._leaving = True

    def run(self) -> SweepState:
        """Drive the sweep until nothing is left to do; return the state it was left in.

        Raises:
            StaleWrite: another controller took the sweep; everything started here has been ended.
            ExecutorError: no slot can be had; the sweep stays resumable.
        """
        self._notice_requests()
        if self._stopping and (state := self._finish(SweepState.STOPPED)):
            return state
        try:
            self._queue.start(self._control)
            self._idle.extend(self._executor.up(len(self._queue)))
            if len(self._queue) > len(self._idle):
                self._order_queue()
            while True:
                state = self._once()
                if state is not None:
                    return state
        finally:
            self._executor.down()

    def _order_queue(self) -> None:
        waiting = list(self._queue.ready)
        self._queue.ready = deque(
            start_order(self._control.ledger.db, self._control.sweep, waiting)
        )

    def _once(self) -> SweepState | None:
        reports = self._executor.poll(self._patience())
        now = time.monotonic()
        for report in reports:
            running = self._running.get(report.attempt)
            if running is not None:
                crash_point("spool.read")
                running.take(report.batch)
                running.exit = report.exit or running.exit
                running.hardware = report.hardware or running.hardware
        self._watch.look(self._running.values())
        try:
            with self._control.ledger.reading():
                self._notice_requests()
                self._steering.look(now)
            self._turn(now)
        except (StaleWrite, LedgerDamaged, LedgerFromFuture):
            raise
        except LedgerError as error:
            # Nothing was acknowledged, nothing is forgotten: the same turn is tried again.
            if error.cause != self._trouble:
                self._trouble = error.cause
                self._tell(error.cause)
            if self._leaving:
                raise
            time.sleep(1.0)
            return None
        self._trouble = ""
        return self._finished(now)

    def _patience(self) -> float:
        if self._steering.waits:
            return 0.0
        if self._idle and not len(self._queue) and self._steering.more and self._may_lease():
            return 0.0
        if not self._running and not len(self._queue):
            return 0.2
        return 0.05 if self._idle or len(self._running) < 2 else 0.1

    def _turn(self, now: float) -> None:
        eager = self._steering.searching
        due = [running for running in self._running.values() if running.due(now, eager=eager)]
        may_lease = self._may_lease()
        freed = sum(running.exit is not None for running in due)
        room = len(self._idle) + freed if may_lease else 0
        self._queue.refill(self._control, room)
        # A slot that is freed in this turn waits for the next: the sampler shall know what it was freed by.
        if may_lease and len(self._idle) > len(self._queue):
            self._steering.propose(len(self._idle) - len(self._queue))
        if not (due or self._steering.waits or (room and len(self._queue))):
            return
        written = _Written(due)
        with self._control.turn() as turn:
            turn.foresee(self._queue.head(room))
            # Candidates first: they were chosen without knowing what this turn brings.
            fresh, written.asked = self._steering.write(turn, self._running.values())
            self._queue.ready.extend(fresh)
            for running in due:
                self._recorder.write(turn, running)
                if running.exit is not None:
                    written.ended[running.lease.attempt] = self._end(turn, running)
            if self._may_lease():
                self._lease(turn, written, now)
        self._committed(written, now)

    def _may_lease(self) -> bool:
        if self._stopping or self._leaving or self._fatal is not None:
            return False
        return self._steering.spent is None

    def _lease(self, turn: Turn, written: _Written, now: float) -> None:
        idle = [
            *self._idle,
            *(one.slot for one in written.due if one.lease.attempt in written.ended),
        ]
        going = len(self._running) - len(written.ended)
        while idle and (trial := self._queue.next(now)):
            lease = turn.lease(trial, idle[0].name, "runs")
            if lease is not None:
                written.leases.append((lease, idle.pop(0)))
        if going or written.leases or not idle:
            return
        while (alone := self._queue.next_alone()) and not written.leases:
            lease = turn.lease(alone, idle[0].name, "runs")
            if lease is not None:
                written.leases.append((lease, idle[0]))

    def _end(self, turn: Turn, running: Running) -> Outcome:
        assert running.exit is not None
        found = self._recorder.decide(running)
        if running.exit.fatal:
            self._fatal = running.exit.error
        if found.trial is TrialState.CANCELLED and self._still_wanted(running.lease.trial):
            found = replace(found, trial=TrialState.PENDING)
        return self._recorder.end(turn, running, found)

    def _still_wanted(self, trial: str) -> bool:
        """Whether somebody waits for a trial that was ended: another sweep, or this one, asked to go on."""
        if self._stopping:
            self._cancelled = True
            return self._control.wanted_elsewhere(trial)
        now = self._control.trial_now(trial)
        return self._fatal is None and now is not None and not now.cancel_requested

    def _committed(self, written: _Written, now: float) -> None:
        self._steering.committed()
        for running in written.due:
            lease, batch = running.lease, running.batch
            self._steering.logged(lease.trial, batch.series)
            running.batch, running.hardware = Batch(batch.offset), None
            running.flushed = now
            if lease.attempt in written.ended:
                self._free(running, written.ended[lease.attempt])
        for running, why in written.asked:
            self._watch.ask(running, why)
        alone = not self._running and len(written.leases) == 1
        if written.leases and not alone:
            for other in self._running.values():
                other.alone = False
        for lease, slot in written.leases:
            self._idle.remove(slot)
            self._running[lease.attempt] = Running(lease, slot, Batch(0), now, now, alone=alone)
            self._executor.start(slot, self._recorder.order(lease, slot))
            crash_point("start.sent")

    def _free(self, running: Running, found: Outcome) -> None:
        crash_point("end.committed")
        lease = running.lease
        del self._running[lease.attempt]
        self._idle.append(running.slot)
        self._steering.ended(lease.trial, found.trial)
        self._fatal = self._fatal or self._steering.blind or self._steering.hopeless
        if found.alone:
            self._queue.alone.append(lease.trial)
        elif not found.trial.ended:
            self._queue.wait(
                lease.trial, backoff(found.cause, self._control.counted(lease.trial)[1])
            )
        elif found.trial is TrialState.SUCCEEDED:
            self._finished_here += 1
            if len(self._queue.ready) > 1 and self._doubling.due(
                self._finished_here, len(self._queue.ready)
            ):
                self._order_queue()

    def _notice_requests(self) -> None:
        version = self._control.ledger.data_version()
        if version != self._data_version:
            self._data_version = version
            stop, cancel = self._control.requests()
            # A person may have asked for more since: what counts is what the ledger says now.
            self._stopping = stop
            for running in self._running.values():
                if running.lease.trial in cancel:
                    self._watch.ask(running, Asked.CANCEL)
        ending = self._stopping or self._fatal is not None
        if ending or self._leaving:
            for running in self._running.values():
                self._watch.ask(running, Asked.CANCEL if ending else Asked.LEAVE)

    def _finished(self, now: float) -> SweepState | None:
        if self._running or self._steering.waits:
            return None
        if self._leaving:
            return SweepState.INTERRUPTED
        if not self._may_lease():
            return self._finish(SweepState.STOPPED)
        if len(self._queue) or self._steering.more:
            return None
        return self._look_again(now)

    def _look_again(self, now: float) -> SweepState | None:
        """Nothing is left in memory: see what the ledger says, other sweeps' attempts included."""
        self._queue.start(self._control)
        if len(self._queue):
            return None
        elsewhere = self._control.running_elsewhere()
        if not elsewhere:
            return self._finish(SweepState.DONE)
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            orphans = [
                item
                for item in self._control.open_attempts(elsewhere)
                if self._alive(item.sweep) is False
            ]
            settle(self._control, self._recorder, orphans)
        return None

    def _finish(self, state: SweepState) -> SweepState | None:
        """Record the end of the sweep; None when work has come that shall be done."""
        crash_point("finish.before")
        with self._control.turn() as turn:
            if state is SweepState.STOPPED:
                if self._may_lease() or self._asked_to_go_on():
                    return None
                waiting = self._control.waiting()
                for trial in waiting:
                    turn.cancel(trial, self._why_stopped())
                more = self._steering.more and not self._fatal
                if not (waiting or more or self._cancelled or self._fatal):
                    state = SweepState.DONE
            if not turn.finish(state):
                return None
        crash_point("finish.committed")
        return state

    def _asked_to_go_on(self) -> bool:
        """Whether a request to stop, the only reason to, was taken back before this turn."""
        only = self._stopping and self._fatal is None and self._steering.spent is None
        return only and not self._control.requests()[0]

    def _why_stopped(self) -> str:
        if self._fatal is not None:
            return self._fatal
        if self._stopping or self._control.requests()[0]:
            return "asked for"
        spent = self._steering.spent
        return spent.text() if spent is not None else "asked for"
