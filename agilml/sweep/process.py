"""The controller's process: ``python -m agilml.sweep.process PROJECT STATE``.

It is started early, while the plan is still being made, and told on its standard input what to do:
``{"preload": "resnet", "root": "/…"}`` any time, then ``{"sweep": "s-…"}``, or nothing and end of file
when the plan came to nothing. What only a sweep needs is imported when it comes, so that a template
starts soon. It answers one line per fact that its starter waits for; after ``running`` the starter
may go away.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agilml.errors import AgilError, StaleWrite
from agilml.project import Project
from agilml.sweep.liveness import ControllerLock, controller_pid
from agilml.worker.warm import WarmTemplate

if TYPE_CHECKING:
    from agilml.executors.base import Executor
    from agilml.ledger.ledger import Ledger
    from agilml.sweep.search.base import Decision, Searching

LOG = "controller.log"


class ControllerProcess:
    """Reads what to do, does it, and says what its starter needs to know."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._warm: WarmTemplate | None = None
        self._warm_for = ("", project.root)

    def serve(self) -> int:
        """Obey standard input; return the exit code of the process."""
        for line in sys.stdin:
            request = json.loads(line)
            if "preload" in request:
                self._preload(str(request["preload"]), Path(request["root"]))
            elif "sweep" in request:
                return self._run(str(request["sweep"]))
        self._drop()
        return 0

    def _preload(self, reference: str, root: Path) -> None:
        if self._warm is None or self._warm_for != (reference, root):
            self._drop()
            # Only a head start: what keeps a template from starting is said by whoever needs it.
            with contextlib.suppress(OSError):
                self._warm = WarmTemplate(reference, root, self._project.state)
                self._warm_for = (reference, root)

    def _drop(self) -> None:
        if self._warm is not None:
            self._warm.close()
            self._warm = None

    def _executor(self, settings: Mapping[str, Any], reference: str, root: Path) -> Executor:
        from agilml.executors import executor_class

        made: Executor = executor_class(str(settings.get("name", "local")))(
            settings, reference, root, self._project.state
        )
        adopt = getattr(made, "adopt", None)
        if callable(adopt) and self._warm is not None and self._warm_for == (reference, root):
            adopt(self._warm)
            self._warm = None
        self._drop()
        return made

    def _run(self, sweep: str) -> int:
        folder = self._project.sweep_folder(sweep)
        try:
            lock = ControllerLock(folder)
            taken = lock.take()
        except OSError as error:
            _say(_cannot_write(folder, error, sweep))
            return 1
        if not taken:
            self._drop()
            _say({"is": "taken", "pid": controller_pid(folder)})
            return 0
        _log_to(folder / LOG)
        from agilml.ledger.ledger import Ledger
        from agilml.sweep.companion import accompanied

        try:
            with accompanied(self._project), Ledger.open(self._project.ledger) as ledger:
                return self._drive(ledger, sweep)
        except AgilError as error:
            logging.getLogger("agilml").exception("the controller cannot go on")
            _say({"is": "failed", "cause": error.cause, "kept": error.kept, "next": error.next})
            return 1
        except BaseException as error:
            logging.getLogger("agilml").exception("the controller failed")
            _say(
                {
                    "is": "failed",
                    "cause": f"the controller of {sweep} failed: {error!r}",
                    "kept": "everything recorded so far",
                    "next": f"agil resume {sweep}; its log is {folder / LOG}",
                }
            )
            return 1
        finally:
            self._drop()
            lock.close()

    def _drive(self, ledger: Ledger, sweep: str) -> int:
        from agilml.ledger import queries
        from agilml.ledger.control import Control
        from agilml.model import SweepState
        from agilml.provenance.secrets_kept import reveal
        from agilml.sweep.controller import Controller
        from agilml.sweep.reconciling import settle
        from agilml.sweep.recording import Recorder
        from agilml.sweep.running import collect_rarely
        from agilml.sweep.settings import settings_of
        from agilml.sweep.steering import Steering

        with queries.reader(self._project.ledger) as db:
            row = queries.sweep(db, sweep)
        if row is None:
            raise AgilError(f"the ledger knows no sweep {sweep}", next="agil runs")
        # What is shown may be what another clone asked for.
        spec = ledger.spec(sweep)
        root = self._root_of(spec)
        settings = settings_of(spec, root, self._project.runs)
        try:
            control = Control.take(ledger, sweep, platform.node(), os.getpid())
        except StaleWrite:
            # It ended between being planned and now: whoever started us will see its end.
            _say({"is": "taken", "pid": os.getpid()})
            self._drop()
            return 0
        wanted = reveal(spec["executor"] or {}, self._project.state)
        executor = self._executor(wanted, row.recipe, root)
        _say({"is": "running", "pid": os.getpid(), "epoch": control.epoch})
        settle(control, Recorder(control, settings), control.open_attempts())
        steering = Steering(control, spec, *self._search(ledger, sweep, spec, root))
        controller = Controller(control, executor, settings, steering, self._alive, _tell)
        settings.data.stage(_tell_staging, lambda: control.requests()[0])
        signal.signal(signal.SIGTERM, lambda *_: controller.leave())
        collect_rarely()
        state = controller.run()
        if steering.blind is not None:
            _say(_blind(steering.blind, sweep))
            return 1
        return 0 if state is not SweepState.INTERRUPTED else 1

    def _root_of(self, spec: Mapping[str, Any]) -> Path:
        """Return the folder that the sweep's trials run in: the project's, or a checkout of its ref."""
        if not spec.get("ref"):
            return self._project.root
        from agilml.provenance.refs import project_of

        return project_of(self._project, spec).root

    def _search(
        self, ledger: Ledger, sweep: str, spec: Mapping[str, Any], root: Path
    ) -> tuple[Searching | None, Sequence[Decision]]:
        """Return the sweep's search; a fixed plan without a stopper has none, and needs no Optuna."""
        if not spec.get("search") and (spec.get("stopper") or {}).get("name", "none") == "none":
            return None, ()
        from agilml.sweep.search.assemble import assemble

        return assemble(ledger.db, sweep, spec, root)

    def _alive(self, sweep: str) -> bool | None:
        return controller_pid(self._project.sweep_folder(sweep)) is not None


def _tell(cause: str) -> None:
    """Pass on why the ledger cannot be written; a full disk has no room for a file that says so."""
    logging.getLogger("agilml").warning("the ledger cannot be written now: %s", cause)
    _say({"is": "trouble", "cause": cause})


def _tell_staging(text: str) -> None:
    _say({"is": "staging", "text": text})


def _blind(cause: str, sweep: str) -> dict[str, str]:
    return {
        "is": "failed",
        "cause": cause,
        "kept": f"every result of {sweep}",
        "next": "agil sweep … metric=NAME, with a name that the recipe logs",
    }


def _cannot_write(folder: Path, error: OSError, sweep: str) -> dict[str, str]:
    return {
        "is": "failed",
        "cause": f"{folder} cannot be written: {error.strerror}",
        "kept": f"{sweep} is planned",
        "next": f"df -h {folder}, then agil resume {sweep}",
    }


def _say(message: Mapping[str, Any]) -> None:
    try:
        sys.__stdout__.write(json.dumps(message) + "\n")  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]
    except OSError:
        # Whoever started us has gone; the ledger says the same.
        return


def _log_to(path: Path) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(fd, 2)
    os.close(fd)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )


def main(project: Path, state: Path) -> int:
    """Serve one project until the work or the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return ControllerProcess(Project(project, state)).serve()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
