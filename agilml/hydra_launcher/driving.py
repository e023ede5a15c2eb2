"""The controller of a launch's sweep, in a thread of the app's own process.

Elsewhere a controller is a process of its own. Here it is the app's, because the jobs are its forks: it lives
and dies with them, and the ledger tells the next one what is left to do.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agilml.errors import ConfigError
from agilml.hydra_launcher import fresh
from agilml.hydra_launcher.executor import AppExecutor
from agilml.hydra_launcher.job import App
from agilml.hydra_launcher.plan import JobPlan
from agilml.hydra_launcher.starter import AppTemplate, threads_left
from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.project import Project
from agilml.sweep.companion import accompanied
from agilml.sweep.controller import Controller
from agilml.sweep.liveness import ControllerLock, controller_pid
from agilml.sweep.reconciling import settle
from agilml.sweep.recording import Recorder
from agilml.sweep.settings import settings_of
from agilml.sweep.steering import Steering
from agilml.text import plural
from agilml.tui.follow import follow, reporter_for

log = logging.getLogger("agilml.hydra_launcher")


def drive(project: Project, plan: JobPlan, app: App, since: float) -> None:
    """Be the controller of the sweep until it ends, or follow the one that another process is."""
    # Made first: behind this line there are a lock, threads and open files that no fork should have. What a
    # job leaves running would otherwise hold the lock, and look like a controller.
    template, command = _template(plan, app, project.state)
    try:
        executor = AppExecutor(plan, template, command, project.root, project.state)
        executor.quote()
        _drive(project, plan, executor, since)
    finally:
        if template is not None:
            template.close()


def _drive(project: Project, plan: JobPlan, executor: AppExecutor, since: float) -> None:
    folder = project.sweep_folder(plan.sweep)
    lock = ControllerLock(folder)
    try:
        while not lock.take():
            log.info("another process runs these jobs (pid %s)", controller_pid(folder))
            _follow(project, plan, lambda: controller_pid(folder) is None, time.sleep, since)
            if _is_over(project, plan):
                return
        # Another process may have ended it after it was planned here.
        if _is_over(project, plan):
            return
        thread = _ControllerThread(project, plan, executor)
        thread.start()
        try:
            _follow(project, plan, thread.over.is_set, thread.over.wait, since)
        finally:
            thread.leave()
        if thread.error is not None:
            raise thread.error
    finally:
        lock.close()


def _is_over(project: Project, plan: JobPlan) -> bool:
    with Ledger.open(project.ledger) as ledger:
        return ledger.end_if_complete(plan.sweep)


def _template(plan: JobPlan, app: App, folder: Path) -> tuple[AppTemplate | None, dict[str, Any]]:
    """Return the template that forks jobs, or None and how to start the app again for each."""
    isolation, command = plan.settings.isolation, fresh.command_again()
    if isolation == "spawn":
        if command is None:
            raise ConfigError(
                "this app has no file that could be started again",
                next="hydra.launcher.isolation=fork",
            )
        return None, command
    torch = sys.modules.get("torch")
    reason = "a CUDA context" if torch is not None and torch.cuda.is_initialized() else None
    template = None
    if reason is None or isolation == "fork":
        template = AppTemplate(app, folder)
        # Counted behind the fork, before which some libraries end their threads.
        reason = reason or (plural(threads_left(), "thread") if threads_left() else None)
    if isolation == "fork" or reason is None or command is None:
        return template or AppTemplate(app, folder), {}
    if template is not None:
        template.close()
    log.info("the app holds %s, so each job starts it again (hydra.launcher.isolation)", reason)
    return None, command


class _ControllerThread(threading.Thread):
    """The controller; the main thread stays free to draw and to be interrupted."""

    def __init__(self, project: Project, plan: JobPlan, executor: AppExecutor) -> None:
        super().__init__(name="agil controller", daemon=True)
        self.error: BaseException | None = None
        # Not `join`: interrupted, Python takes the thread for ended that it waits for.
        self.over = threading.Event()
        self._project = project
        self._plan = plan
        self._executor = executor
        self._controller: Controller | None = None
        self._leaving = False

    def run(self) -> None:
        """Drive the sweep to its end."""
        try:
            with accompanied(self._project), Ledger.open(self._project.ledger) as ledger:
                self._run(ledger)
        except BaseException as error:  # noqa: BLE001 - raised again where the app waits
            self.error = error
        finally:
            self.over.set()

    def leave(self) -> None:
        """Return when the controller has ended; attempts that still run are ended gently first."""
        self._leaving = True
        if self._controller is not None:
            self._controller.leave()
        self.over.wait()
        self.join()

    def _run(self, ledger: Ledger) -> None:
        project, sweep = self._project, self._plan.sweep
        with queries.reader(project.ledger) as db:
            row = queries.sweep(db, sweep)
        assert row is not None
        settings = settings_of(row.spec, project.root, project.runs)
        control = Control.take(ledger, sweep, platform.node(), os.getpid())
        settle(control, Recorder(control, settings), control.open_attempts())
        self._controller = Controller(
            control,
            self._executor,
            settings,
            Steering(control, row.spec),
            lambda other: controller_pid(project.sweep_folder(other)) is not None,
            lambda cause: log.warning("the ledger cannot be written now: %s", cause),
        )
        if self._leaving:
            self._controller.leave()
        self._controller.run()


def _follow(
    project: Project,
    plan: JobPlan,
    ended: Callable[[], bool],
    wait: Callable[[float], object],
    since: float,
) -> None:
    def wait_at_most(seconds: float) -> None:
        wait(seconds)

    terminal = sys.stderr is not None and sys.stderr.isatty()
    reporter = reporter_for(terminal, json=False, quiet=plan.settings.quiet)
    follow(project, plan.sweep, reporter, ended=ended, wait=wait_at_most, since=since)
