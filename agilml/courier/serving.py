"""The life of a courier: it works while controllers of its project live, finishes, and ends by itself."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import math
import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agilml.courier.settings import CourierSettings
from agilml.courier.status import StatusFile
from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.project import Project
from agilml.sweep.companion import courier_lock
from agilml.sweep.liveness import controller_pid

if TYPE_CHECKING:
    from agilml.courier.board import Board
    from agilml.courier.errand import Errand

NICE = 19
TICK_SECONDS = 1.0
WRITE_SECONDS = 0.25
DUTY = 0.02
"""Share of the time in which event files are written while a controller lives.

New files share the disk's journal with the ledger: a flood of them makes its commits slower, whatever
the priority. What a sweep of very short trials leaves is written behind its end.
"""
LINGER_SECONDS = 600.0
"""How long a courier stays at most when the last controller has gone and the remote takes nothing."""

log = logging.getLogger("agilml.courier")


def step_back() -> None:
    """Let this process run where nothing else wants to: lowest priority, among sessions too."""
    os.nice(NICE)
    # Where the kernel groups tasks by session, priorities only count inside of one.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


class Courier:
    """Serves one project; :meth:`leave` makes it end at the next moment that suits it."""

    def __init__(self, project: Project, linger: float = LINGER_SECONDS) -> None:
        self._project = project
        self._linger = linger
        self._leaving = threading.Event()
        self._status = StatusFile(project.state)
        self._errand: Errand | None = None

    def leave(self) -> None:
        """End soon; what is not done is left to the next courier."""
        self._leaving.set()

    def serve(self) -> bool:
        """Work until no controller is left and all is shipped; false where another courier does."""
        served = False
        while True:
            with courier_lock(self._project.state) as free:
                if not free:
                    return served
                served = True
                self._work()
            # A controller that came while we were leaving saw the lock and started no courier.
            if self._leaving.is_set() or not self._controllers_live():
                return True

    def _work(self) -> None:
        settings = CourierSettings.of(self._project)
        board = self._board(settings)
        end: float | None = None
        while not self._leaving.is_set():
            # Asked first: what a controller wrote before it ended is written and shipped below.
            alive = self._controllers_live()
            began = time.monotonic()
            self._write(board, WRITE_SECONDS if alive else math.inf)
            busy = time.monotonic() - began
            errand = self._errand_of(settings, board)
            if alive:
                end = None
                if errand is not None:
                    errand.go_on()
                self._rest(max(TICK_SECONDS, busy / DUTY))
                continue
            end = time.monotonic() + self._linger if end is None else end
            if errand is None or errand.finish(0.5) or time.monotonic() > end:
                break
        with contextlib.suppress(OSError):
            self._status.write()

    def _board(self, settings: CourierSettings) -> Board | None:
        if not settings.tensorboard:
            self._status.set(tensorboard="switched off")
            return None
        if importlib.util.find_spec("tensorboard") is None:
            self._status.set(tensorboard="not installed: pip install 'agilml[tensorboard]'")
            log.warning("no event files are written: pip install 'agilml[tensorboard]'")
            return None
        from agilml.courier.board import Board
        from agilml.courier.events import load_library

        # Now, because it takes as long as hundreds of files and would count as writing them.
        load_library()
        return Board(self._project)

    def _errand_of(self, settings: CourierSettings, board: Board | None) -> Errand | None:
        """Return the thread that ships, started if there is none; None where nothing is shipped."""
        if not settings.ships:
            return None
        if self._errand is None or self._errand.over.is_set():
            from agilml.courier.errand import Errand

            written = _all if board is None else board.written
            self._errand = Errand(self._project, settings, self._status, written)
            self._errand.start()
        return self._errand

    def _rest(self, seconds: float) -> None:
        """Return after so long, or as soon as the last controller has gone."""
        end = time.monotonic() + seconds
        while not self._leaving.wait(min(TICK_SECONDS, max(0.0, end - time.monotonic()))):
            if time.monotonic() >= end or not self._controllers_live():
                return

    def _write(self, board: Board | None, seconds: float) -> None:
        if board is not None:
            try:
                board.catch_up(seconds=seconds)
                self._status.set(tensorboard="")
            except (OSError, AgilError) as error:
                # A full disk or a locked ledger: the next look may find better times.
                cause = error.cause if isinstance(error, AgilError) else str(error)
                self._status.set(tensorboard=f"not written: {cause}")
        with contextlib.suppress(OSError):
            self._status.write()

    def _controllers_live(self) -> bool:
        """Whether any sweep of this project is in the hands of a living controller."""
        try:
            with queries.reader(self._project.ledger) as db:
                rows = db.execute("SELECT id FROM sweep WHERE here IN ('planned', 'running')")
                sweeps = [str(row[0]) for row in rows]
        except (AgilError, sqlite3.Error):
            return False
        return any(
            controller_pid(self._project.sweep_folder(sweep)) is not None for sweep in sweeps
        )


def _all(_origin: str) -> int:
    """Return what no fact's number exceeds: where no event files are written, none have to be waited for."""
    return 1 << 62
