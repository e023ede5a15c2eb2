"""Starting the courier: the process beside a controller that writes TensorBoard files and ships.

One serves a whole project, so it is started only where none lives and where there is something for it to do.
A controller never waits for it and never learns how it ended: what it leaves undone, the next one does.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import agilml
from agilml.errors import ConfigError
from agilml.project import Project, find_project
from agilml.text import safe_text

FOLDER = "courier"
"""Below the state folder: the courier's lock, its log, and what it says of itself."""

LOCK = "courier.lock"
LOG = "courier.log"
LOG_BYTES = 1 << 20
_TRIES = 5
QUIET_SECONDS = 10.0
"""To be imported, a courier's libraries take as long as a hundred trivial trials."""

LOOK_SECONDS = 30.0
"""How often a controller looks whether the courier lives, to start another one."""

TENSORBOARD = "AGIL_TENSORBOARD"
"""Environment variable that goes before ``tensorboard`` in ``agil.toml``."""

_CHOICES = {"auto": None, "true": True, "false": False}


@contextlib.contextmanager
def accompanied(project: Project) -> Iterator[None]:
    """Let a courier serve the project while a controller works in the block, and after it.

    A sweep's first moments belong to the sweep: one that is over by then gets its courier behind its end.
    """
    over = threading.Event()
    threading.Thread(target=_keep_one, args=(project, over), name="companion", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        start_courier(project)


def _keep_one(project: Project, over: threading.Event) -> None:
    seconds = QUIET_SECONDS
    while not over.wait(seconds):
        start_courier(project)
        seconds = LOOK_SECONDS


def start_courier(project: Project) -> None:
    """Start a courier for the project unless one lives or there is nothing for it to do.

    Nothing is raised: a sweep runs as well without one.
    """
    with contextlib.suppress(OSError, ConfigError):
        project = _with_settings(project)
        if courier_wanted(project) and not courier_lives(project.state):
            _start(project)


def courier_wanted(project: Project) -> bool:
    """Return whether there is anything to write or to ship.

    Raises:
        ConfigError: a setting in ``agil.toml`` cannot be meant.
    """
    return ships(project) or writes_tensorboard(project)


def writes_tensorboard(project: Project) -> bool:
    """Return whether event files are to be written: the library is there, and nobody said no.

    Raises:
        ConfigError: ``tensorboard`` in ``agil.toml`` is neither true, false nor "auto".
    """
    chosen: Any = os.environ.get(TENSORBOARD) or project.settings.get("tensorboard", "auto")
    wanted = chosen if isinstance(chosen, bool) else _CHOICES.get(chosen, chosen)
    if wanted is not None and not isinstance(wanted, bool):
        raise ConfigError(
            f'`tensorboard` in agil.toml is true, false or "auto", not {safe_text(chosen)}',
            next=f"edit {project.root / 'agil.toml'}",
        )
    # With `true` and without the library, the courier is what says so, in its log and its status.
    return wanted or (wanted is None and importlib.util.find_spec("tensorboard") is not None)


def ships(project: Project) -> bool:
    """Return whether the project has a remote that is to be kept up to date while sweeps run."""
    remote = project.settings.get("remote")
    table = remote if isinstance(remote, dict) else {}
    return (
        bool(os.environ.get("AGIL_REMOTE") or table.get("url")) and table.get("auto", True) is True
    )


def courier_lives(state: Path) -> bool:
    """Return whether a courier holds the lock of the project with this state folder."""
    try:
        fd = os.open(state / FOLDER / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@contextlib.contextmanager
def courier_lock(state: Path) -> Iterator[bool]:
    """Hold the courier's lock for the block; yield whether it was free. The kernel frees it on any death."""
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _locked(fd)
    finally:
        os.close(fd)


def _locked(fd: int) -> bool:
    # Whoever asks whether one lives holds the lock for a moment; that must not look like a courier.
    for _ in range(_TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def _with_settings(project: Project) -> Project:
    """Return the project with its ``agil.toml`` read; a controller is not told what stands there."""
    found = find_project(project.root)
    return Project(
        project.root, project.state, found.settings if found.root == project.root else {}
    )


def _start(project: Project) -> None:
    folder = project.state / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = folder / LOG
    with contextlib.suppress(OSError):
        if log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".old.log"))
    fd = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(
            # Without -P a file `tensorboard.py` of the project would be taken for the library.
            [sys.executable, "-P", "-m", "agilml.courier", str(project.root), str(project.state)],
            stdin=subprocess.DEVNULL,
            stdout=fd,
            stderr=fd,
            start_new_session=True,
            cwd=project.root,
            env={**os.environ, "PYTHONPATH": _python_path()},
        )
    finally:
        os.close(fd)
    # Nobody waits for it: it outlives the controller, and init will reap it.
    process.returncode = 0


def _python_path() -> str:
    """Return PYTHONPATH with the folder that this very AgilML was imported from."""
    here = str(Path(agilml.__file__).resolve().parent.parent)
    known = os.environ.get("PYTHONPATH", "")
    return f"{known}{os.pathsep}{here}" if known else here
