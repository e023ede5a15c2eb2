"""The eye on running attempts: silent ones, late ones, and those that somebody wants to end."""

from __future__ import annotations

import time
from collections.abc import Collection

from agilml.executors.base import Executor
from agilml.sweep.policy import Asked
from agilml.sweep.running import Running
from agilml.sweep.settings import Settings
from agilml.worker.slot import Ending

GRACE_SECONDS = 10.0
MISSED_BEATS = 3
NAP_SECONDS = 2.0

_ENDINGS = {
    # A stuck process hears no signal but the last one.
    Asked.STUCK: Ending.KILL,
    Asked.PRUNE: Ending.PRUNE,
    Asked.FINISH: Ending.FINISH,
}


class Watch:
    """Notices attempts that must be ended, and ends them: gently first."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self._executor = executor
        self._silence = MISSED_BEATS * settings.beat_seconds + NAP_SECONDS
        self._limit = settings.timeout_seconds
        self._looked = time.monotonic()

    def look(self, attempts: Collection[Running]) -> None:
        """End attempts that are silent or late, and those that did not end when told to."""
        now = time.monotonic()
        self._forgive_nap(now, attempts)
        for running in attempts:
            if running.exit is not None:
                continue
            if running.asked in (None, Asked.FINISH):
                # A trial whose process is not made yet waits for a template to warm up; it is not stuck.
                if now - running.slot.last_sign > self._silence and running.slot.has_process:
                    self.ask(running, Asked.STUCK)
                elif self._limit is not None and now - running.began > self._limit:
                    self.ask(running, Asked.TIMEOUT)
            elif now - running.asked_at > GRACE_SECONDS:
                self._executor.end(running.slot, Ending.KILL)

    def ask(self, running: Running, why: Asked) -> None:
        """Tell an attempt to end, once; one that finishes anyway may still be told to end now."""
        if running.exit is None and running.asked in (None, Asked.FINISH) and why != running.asked:
            running.asked, running.asked_at = why, time.monotonic()
            self._executor.end(running.slot, _ENDINGS.get(why, Ending.LEAVE))

    def _forgive_nap(self, now: float, attempts: Collection[Running]) -> None:
        """If we ourselves stood still (a suspended laptop), give every attempt that time again."""
        gap = now - self._looked
        self._looked = now
        if gap > NAP_SECONDS:
            for running in attempts:
                running.slot.last_sign += gap
                running.began += gap
