"""The part of a courier that talks to the remote: ship, sync, and try again later; in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from agilml.courier.pace import Backoff, Pace, jittered
from agilml.courier.sending import Sender
from agilml.courier.settings import CourierSettings
from agilml.courier.shipping import Shipper
from agilml.courier.status import StatusFile
from agilml.errors import AgilError
from agilml.project import Project
from agilml.store.base import Remote
from agilml.store.errors import RemoteRefused
from agilml.store.settings import remote_of
from agilml.sync.lock import SyncRunning
from agilml.sync.syncing import sync

LOOK_SECONDS = 2.0
LAST_WAIT_SECONDS = 20.0
"""How long the last sync of a sweep waits for another sync of the project."""

log = logging.getLogger("agilml.courier")


class Errand(threading.Thread):
    """Ships and syncs until it is asked to finish, and then until nothing is left.

    A daemon: whatever it is doing, the process may end, and the next courier goes on from the ledger.

    Attributes:
        over: set when it has ended.
    """

    def __init__(
        self,
        project: Project,
        settings: CourierSettings,
        status: StatusFile,
        written: Callable[[str], int],
    ) -> None:
        super().__init__(name="agil courier", daemon=True)
        self.over = threading.Event()
        self._project = project
        self._settings = settings
        self._status = status
        self._written = written
        self._finishing = threading.Event()
        self._backoff = Backoff()
        self._next_sync = time.monotonic() + jittered(settings.sync_seconds)

    def finish(self, seconds: float) -> bool:
        """Let it ship what is left; return whether that was done within ``seconds``."""
        self._finishing.set()
        return self.over.wait(seconds)

    def go_on(self) -> None:
        """Take back :meth:`finish`: there is a controller again. It may be too late for that."""
        self._finishing.clear()

    def run(self) -> None:
        """Do the errand; a failure is noted in the status, and tried again later."""
        try:
            while not self._once():
                self._rest()
        finally:
            self.over.set()

    def _once(self) -> bool:
        """Work until all is done or something fails; return whether the thread may end."""
        try:
            self._serve()
        except AgilError as error:
            self._trouble(error.cause)
            # Nobody is there any more to renew credentials; the next courier finds what is left.
            return self._finishing.is_set() and isinstance(error, RemoteRefused)
        except Exception as error:
            log.exception("shipping failed")
            self._trouble(repr(error))
            return False
        return True

    def _rest(self) -> None:
        end = time.monotonic() + self._backoff.left
        while (left := end - time.monotonic()) > 0:
            # Asked to finish or not, the remote is as far away as before.
            time.sleep(min(left, 0.5))

    def _serve(self) -> None:
        """Ship and sync until asked to finish, and then until nothing is left."""
        remote = remote_of(self._project)
        assert remote is not None, "a courier ships where there is a remote"
        with remote:
            self._status.set(remote=remote.address)
            shipper = self._shipper(remote)
            while True:
                finishing = self._finishing.is_set()
                more = shipper.round(self._interrupted)
                if self._sync_due() or (finishing and not more):
                    self._sync(remote)
                self._backoff.succeeded()
                self._status.set(trouble="", next_try=None)
                if not more:
                    if finishing:
                        return
                    self._finishing.wait(LOOK_SECONDS)

    def _shipper(self, remote: Remote) -> Shipper:
        pace = Pace(self._settings.max_mb_per_s, self._finishing.wait)
        sender = Sender(remote, pace, self._status)
        return Shipper(self._project, sender, self._status, self._written)

    def _interrupted(self) -> bool:
        return self._sync_due() and not self._finishing.is_set()

    def _sync_due(self) -> bool:
        return time.monotonic() >= self._next_sync

    def _sync(self, remote: Remote) -> None:
        self._next_sync = time.monotonic() + jittered(self._settings.sync_seconds)
        try:
            # The last sync is not skipped: another one under way may have passed what is new here.
            wait = LAST_WAIT_SECONDS if self._finishing.is_set() else 0.0
            outcome = sync(self._project, remote, wait=wait, tell=log.warning)
        except SyncRunning:
            # Somebody else does just that.
            return
        for problem in outcome.problems:
            log.warning("%s: %s", problem.key, problem.what)
        self._status.set(synced=time.time())

    def _trouble(self, cause: str) -> None:
        self._backoff.failed()
        log.warning("%s; trying again in %.0f s", cause, self._backoff.left)
        self._status.set(trouble=cause, next_try=time.time() + self._backoff.left)
