"""What an attempt brought, put into the ledger; and the order that starts the next one."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from agilml.ledger.control import Control, Lease, Turn
from agilml.model import AttemptState, Cause, TrialState
from agilml.provenance.secrets import scrub
from agilml.provenance.secrets_kept import kept_values, reveal
from agilml.sweep.policy import Outcome, outcome
from agilml.sweep.running import Running, known_seed
from agilml.sweep.settings import Settings
from agilml.worker.order import Order, SavedCheckpoint
from agilml.worker.slot import Slot


class Recorder:
    """Writes for one controller, inside turns that the controller opens.

    Attributes:
        state: the project's state folder, which recorded folders are relative to.
    """

    def __init__(self, control: Control, settings: Settings) -> None:
        self._control = control
        self._settings = settings
        self.state = settings.runs.parent
        self._folder = str(self.state)
        self._names: dict[str, str] = {}

    def write(self, turn: Turn, running: Running) -> None:
        """Record what the spool of an attempt brought since the last turn."""
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
            if self._settings.data:
                pinned = self._settings.data.of(self._control.config(lease.trial))
                if pinned is not None:
                    turn.data_read(lease, **pinned.read)
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
        if running.hardware is not None:
            use = running.hardware
            turn.sampled(lease, use.seconds, use.interval, use.series)
        for read in batch.data:
            told = {name: self._told(read[name]) for name in ("dataset", "level", "split")}
            turn.data_read(lease, **{**read, **told})
        for text in batch.warnings:
            turn.warned(lease, self._told(text))
        # Last, because it carries the offset up to which all of this was read. The rest may
        # be read again without harm, and nobody reads the spool of an attempt that has ended.
        news = batch.warnings or batch.checkpoints or batch.data
        if batch.series or (news and running.exit is None):
            turn.metrics(lease, batch.offset, self._named(batch.series))

    def decide(self, running: Running) -> Outcome:
        """Return where an attempt that has ended goes, and its trial."""
        assert running.exit is not None
        counted, lost = self._control.counted(running.lease.trial)
        return outcome(
            running.end,
            running.exit,
            running.asked,
            counted=counted,
            lost=lost,
            tries=self._settings.tries,
            alone=running.alone,
        )

    def end(self, turn: Turn, running: Running, found: Outcome) -> Outcome:
        """Record the end of an attempt; return what was recorded."""
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
            error=None if found.error is None else self._told(found.error),
            exit_code=running.exit.code,
            signal=running.exit.signal,
            usage=running.exit.usage,
        )

    def order(self, lease: Lease, slot: Slot) -> Order:
        """Return what ``slot`` needs to know to execute the attempt."""
        settings, state = self._settings, self._folder
        config = reveal(self._control.config(lease.trial), self.state)
        config = self._settings.data.into(config)
        saved = tuple(
            SavedCheckpoint(attempt, step, f"{state}/{folder}", sha256, value)
            for attempt, step, folder, sha256, value in self._control.checkpoints(lease.trial)
        )
        return Order(
            attempt=lease.attempt,
            fence=lease.fence,
            folder=f"{state}/{lease.folder}",
            project=str(settings.project),
            recipe=str(config.get("recipe", settings.recipe)),
            config=config,
            seed=known_seed(config.get("seed")),
            threads=slot.threads,
            gpus=slot.gpus,
            metric=settings.metric,
            mode=settings.mode,
            checkpoints=saved,
            beat_seconds=settings.beat_seconds,
        )

    def _told(self, text: str) -> str:
        """Return what the recipe said without what it shall not tell anybody."""
        return scrub(text, kept_values(self.state))

    def _named(self, series: dict[str, list[list[Any]]]) -> dict[str, list[list[Any]]]:
        """Return the points under names that hold no secret; they are the same for every flush."""
        for name in series.keys() - self._names.keys():
            self._names[name] = self._told(name)
        if all(self._names[name] == name for name in series):
            return series
        told: dict[str, list[list[Any]]] = {}
        for name, columns in series.items():
            known = told.setdefault(self._names[name], [[] for _ in columns])
            for column, values in zip(known, columns, strict=True):
                column.extend(values)
        return told

    def _relative(self, folder: str) -> str:
        """Return a path below the state folder as one relative to it, so that a project can move."""
        path = Path(folder)
        return str(path.relative_to(self.state)) if path.is_relative_to(self.state) else folder
