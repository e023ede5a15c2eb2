"""The loop that hands attempts to slots: one controller per sweep, one transaction per turn.

Each turn listens to the slots, writes everything that changed (results, points, checkpoints, new leases) in
one transaction, and only then acts on it: commit before effect, always. Whatever it holds in memory can be
rebuilt from the ledger and the spools.
"""

from __future__ import annotations

import platform
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from agilml.crashpoints import crash_point
from agilml.errors import LedgerDamaged, LedgerError, LedgerFromFuture, StaleWrite
from agilml.executors.base import Executor
from agilml.ledger.control import Control, Lease, OpenAttempt, Turn
from agilml.model import AttemptState, Cause, SweepState, TrialState
from agilml.sweep.policy import Asked, Outcome, outcome
from agilml.sweep.running import Queue, Running, backoff, known_seed
from agilml.sweep.settings import Settings
from agilml.worker.order import Order, SavedCheckpoint
from agilml.worker.slot import Exit, Slot, end_leftovers
from agilml.worker.spool import Batch, SpoolReader

GRACE_SECONDS = 10.0
MISSED_BEATS = 3
NAP_SECONDS = 2.0
LOOK_SECONDS = 1.0


class Controller:
    """Runs one sweep to its end, or until it is fenced or asked to leave.

    Args:
        control: the right to write for the sweep.
        executor: where slots come from; brought up and down by the controller.
        settings: the sweep's settings.
        alive: tells whether another sweep's controller lives; None means "unknown", which changes nothing.
        tell: hears why the ledger cannot be written, once per reason, while the controller tries again.
    """

    def __init__(
        self,
        control: Control,
        executor: Executor,
        settings: Settings,
        alive: Callable[[str], bool | None],
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._control = control
        self._executor = executor
        self._settings = settings
        self._alive = alive
        self._running: dict[str, Running] = {}
        self._idle: deque[Slot] = deque()
        self._queue = Queue()
        self._stopping = False
        self._leaving = False
        self._cancelled = False
        self._fatal: str | None = None
        self._tell = tell
        self._trouble = ""
        self._data_version = -1
        self._looked = 0.0
        self._turned = time.monotonic()
        self._started = time.monotonic()

    def leave(self) -> None:
        """End attempts gently and go, leaving the sweep to be resumed (SIGTERM, machine going down)."""
        self._leaving = True

    def run(self) -> SweepState:
        """Drive the sweep until nothing is left to do; return the state it was left in.

        Raises:
            StaleWrite: another controller took the sweep; everything started here has been ended.
            ExecutorError: no slot can be had; the sweep stays resumable.
        """
        self._reconcile(self._control.open_attempts())
        if self._control.requests()[0] and (state := self._finish(SweepState.STOPPED)):
            return state
        try:
            self._queue.ready.extend(self._control.waiting())
            self._idle.extend(self._executor.up(len(self._queue)))
            while True:
                state = self._once()
                if state is not None:
                    return state
        finally:
            self._executor.down()

    def _once(self) -> SweepState | None:
        reports = self._executor.poll(self._patience())
        now = time.monotonic()
        self._forgive_naps(now)
        for report in reports:
            running = self._running.get(report.attempt)
            if running is not None:
                crash_point("spool.read")
                running.take(report.batch)
                running.exit = report.exit or running.exit
        self._notice_requests()
        self._watch(now)
        try:
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
        if not self._running and not len(self._queue):
            return 0.2
        return 0.05 if self._idle or len(self._running) < 2 else 0.1

    def _turn(self, now: float) -> None:
        due = [running for running in self._running.values() if running.due(now)]
        if not due and not (self._idle and len(self._queue) and self._may_lease(now)):
            return
        leases: list[tuple[Lease, Slot]] = []
        outcomes: list[tuple[Running, Outcome]] = []
        idle = list(self._idle)
        with self._control.turn() as turn:
            for running in due:
                self._write(turn, running)
                if running.exit is not None:
                    outcomes.append((running, self._end(turn, running)))
                    idle.append(running.slot)
            while idle and self._may_lease(now) and (trial := self._queue.next(now)):
                lease = turn.lease(trial, idle[0].name, "runs")
                if lease is not None:
                    leases.append((lease, idle.pop(0)))
        self._committed(now, due, outcomes, leases)

    def _may_lease(self, now: float) -> bool:
        if self._stopping or self._leaving or self._fatal is not None:
            return False
        hours = self._settings.hours
        return hours is None or now - self._started < hours * 3600

    def _write(self, turn: Turn, running: Running) -> None:
        batch, lease = running.batch, running.lease
        if batch.start:
            start = batch.start
            turn.started(
                lease,
                host=platform.node(),
                pid=int(start["pid"]),
                pid_started=int(start["pid_started"]),
                isolation=str(start["isolation"]),
                start_ms=start.get("start_ms"),
                began=start.get("at"),
            )
        if batch.resume:
            turn.resumed(lease, str(batch.resume["attempt"]), int(batch.resume["step"]))
        for saved in batch.checkpoints:
            turn.checkpoint(
                lease,
                int(saved["step"]),
                self._relative(saved["dir"]),
                saved["sha256"],
                int(saved["size"]),
                saved.get("value"),
                [self._relative(folder) for folder in saved.get("drop", ())],
            )
        for text in batch.warnings:
            turn.warned(lease, text)
        # Last, because it carries the offset up to which all of this was read.
        if not batch.empty:
            turn.metrics(lease, batch.offset, batch.series)

    def _end(self, turn: Turn, running: Running) -> Outcome:
        assert running.exit is not None
        counted, lost = self._control.counted(running.lease.trial)
        found = outcome(
            running.end,
            running.exit,
            running.asked,
            counted=counted,
            lost=lost,
            max_attempts=self._settings.max_attempts,
        )
        if running.exit.fatal:
            self._fatal = running.exit.error
        if found.trial is TrialState.CANCELLED and self._stopping:
            self._cancelled = True
            if self._control.wanted_elsewhere(running.lease.trial):
                found = replace(found, trial=TrialState.PENDING)
        if not self._record_end(turn, running, found):
            # A spool that ends without having begun is no result.
            found = Outcome(
                AttemptState.FAILED, TrialState.FAILED, Cause.USER, "an end without a start"
            )
            self._record_end(turn, running, found)
        return found

    def _record_end(self, turn: Turn, running: Running, found: Outcome) -> bool:
        assert running.exit is not None
        return turn.ended(
            running.lease,
            found.attempt,
            found.trial,
            cause=found.cause,
            error=found.error,
            exit_code=running.exit.code,
            signal=running.exit.signal,
            usage=running.exit.usage,
        )

    def _committed(
        self,
        now: float,
        due: list[Running],
        outcomes: list[tuple[Running, Outcome]],
        leases: list[tuple[Lease, Slot]],
    ) -> None:
        for running in due:
            running.batch = Batch(running.batch.offset)
            running.flushed = now
        for running, found in outcomes:
            crash_point("end.committed")
            del self._running[running.lease.attempt]
            self._idle.append(running.slot)
            if not found.trial.ended:
                self._queue.wait(running.lease.trial, backoff(found.cause, running.lease.n))
        for lease, slot in leases:
            self._idle.remove(slot)
            self._running[lease.attempt] = Running(lease, slot, Batch(0), now, now)
            self._executor.start(slot, self._order(lease, slot))
            crash_point("start.sent")

    def _order(self, lease: Lease, slot: Slot) -> Order:
        config = self._control.config(lease.trial)
        saved = tuple(
            SavedCheckpoint(attempt, step, str(self._state / folder), sha256, value)
            for attempt, step, folder, sha256, value in self._control.checkpoints(lease.trial)
        )
        return Order(
            attempt=lease.attempt,
            fence=lease.fence,
            folder=str(self._state / lease.folder),
            project=str(self._settings.project),
            recipe=str(config.get("recipe", self._settings.recipe)),
            config=config,
            seed=known_seed(config.get("seed")),
            threads=slot.threads,
            gpus=slot.gpus,
            metric=self._settings.metric,
            mode=self._settings.mode,
            checkpoints=saved,
            beat_seconds=self._settings.beat_seconds,
        )

    @property
    def _state(self) -> Path:
        return self._settings.runs.parent

    def _relative(self, folder: str) -> str:
        """Return a path below the state folder as one relative to it, so that a project can move."""
        path = Path(folder)
        return str(path.relative_to(self._state)) if path.is_relative_to(self._state) else folder

    def _forgive_naps(self, now: float) -> None:
        """If we ourselves stood still (a suspended laptop), give every attempt that time again."""
        gap = now - self._turned
        self._turned = now
        if gap > NAP_SECONDS:
            for running in self._running.values():
                running.slot.last_sign += gap
                running.began += gap

    def _notice_requests(self) -> None:
        version = self._control.ledger.data_version()
        if version != self._data_version:
            self._data_version = version
            stop, cancel = self._control.requests()
            self._stopping = self._stopping or stop
            for running in self._running.values():
                if running.lease.trial in cancel:
                    self._ask(running, Asked.CANCEL)
        ending = self._stopping or self._fatal is not None
        if ending or self._leaving:
            for running in self._running.values():
                self._ask(running, Asked.CANCEL if ending else Asked.LEAVE)

    def _watch(self, now: float) -> None:
        silence = MISSED_BEATS * self._settings.beat_seconds + NAP_SECONDS
        limit = self._settings.timeout_seconds
        for running in self._running.values():
            if running.exit is not None:
                continue
            if running.asked is None:
                # A trial whose process is not made yet waits for a template to warm up; it is not stuck.
                if now - running.slot.last_sign > silence and running.slot.has_process:
                    self._ask(running, Asked.STUCK)
                elif limit is not None and now - running.began > limit:
                    self._ask(running, Asked.TIMEOUT)
            elif now - running.asked_at > GRACE_SECONDS:
                self._executor.end(running.slot, gentle=False)

    def _ask(self, running: Running, why: Asked) -> None:
        if running.asked is None and running.exit is None:
            running.asked, running.asked_at = why, time.monotonic()
            # A stuck process hears no signal but the last one.
            self._executor.end(running.slot, gentle=why is not Asked.STUCK)

    def _finished(self, now: float) -> SweepState | None:
        if self._running:
            return None
        if self._leaving:
            return SweepState.INTERRUPTED
        if not self._may_lease(now):
            return self._finish(SweepState.STOPPED)
        if len(self._queue):
            return None
        return self._look_again(now)

    def _look_again(self, now: float) -> SweepState | None:
        """Nothing is left in memory: see what the ledger says, other sweeps' attempts included."""
        self._queue.ready.extend(self._control.waiting())
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
            self._reconcile(orphans)
        return None

    def _finish(self, state: SweepState) -> SweepState | None:
        """Record the end of the sweep; None when work has come that shall be done."""
        crash_point("finish.before")
        with self._control.turn() as turn:
            if state is SweepState.STOPPED:
                waiting = self._control.waiting()
                asked = self._stopping or self._control.requests()[0]
                reason = self._fatal or ("asked for" if asked else "budget spent")
                for trial in waiting:
                    turn.cancel(trial, reason)
                if not (waiting or self._cancelled or self._fatal):
                    state = SweepState.DONE
            if not turn.finish(state):
                return None
        crash_point("finish.committed")
        return state

    def _reconcile(self, left: list[OpenAttempt]) -> None:
        """Settle attempts that another controller left open: finished work is kept, the rest is lost."""
        for item in left:
            reader = SpoolReader(self._state / item.lease.folder, item.spool_offset)
            running = Running(item.lease, _NOWHERE, Batch(item.spool_offset), 0.0, 0.0)
            running.take(reader.read())
            if item.host in (None, platform.node()):
                # The spool may know of a process that the ledger has not heard of.
                begun = running.batch.start or {}
                end_leftovers(
                    item.pid or begun.get("pid"), item.pid_started or begun.get("pid_started")
                )
                running.take(reader.read())
            reader.close()
            running.exit = Exit(None, None)
            running.asked = None if running.end else Asked.LEAVE
            with self._control.turn() as turn:
                self._write(turn, running)
                self._end(turn, running)


_NOWHERE: Any = None
