"""What every test gets: an environment of its own, no network, and no process left behind."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psutil
import pytest

ROOT = Path(__file__).parent.parent

# Machines that run tests are slow at times; a deadline per example would only measure that.
hypothesis.settings.register_profile("here", deadline=None, database=None)
hypothesis.settings.register_profile("ci", deadline=None, database=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

MARK = "AGIL_TEST_PROCESS"
"""Environment variable that every descendant of this pytest inherits, detached ones too."""

KEPT = (
    *("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV", "CI"),
    *("PYTEST_", "COVERAGE_"),
)
"""Variables, or beginnings of their names, that survive into tests; no others must matter."""


@pytest.fixture(scope="session")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _own_environment(_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if not name.startswith(KEPT):
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(_home),
        "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
        "TZ": "UTC",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AGIL_TENSORBOARD": "false",  # no courier behind every sweep; its own tests ask for one
        "RAY_USAGE_STATS_ENABLED": "0",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        MARK: str(os.getpid()),
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family != socket.AF_UNIX and host not in {"127.0.0.1", "::1", "localhost"}:
            pytest.fail(f"a test tried to connect to {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _no_process_left(request: pytest.FixtureRequest, _own_environment: None) -> Iterator[None]:
    yield
    # Ray's processes end a while after ray.shutdown() returned.
    deadline = time.monotonic() + (15 if "ray" in request.keywords else 3)
    while (left := processes_of_this_test()) and time.monotonic() < deadline:
        time.sleep(0.02)
    described = [describe(process) for process in left]
    for process in left:
        process.send_signal(signal.SIGKILL)
    assert not described, f"left behind by this test: {'; '.join(described)}"


def processes_of_this_test() -> list[psutil.Process]:
    """Return living processes that a test started: children, and what was detached from them."""
    marked = f"{MARK}={os.getpid()}".encode()
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    found = []
    for pid in psutil.pids():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            environment = []
        if pid != os.getpid() and (pid in children or marked in environment):
            found.append(pid)
    return [process for pid in found if (process := living(pid)) is not None]


def living(pid: int) -> psutil.Process | None:
    """Return the process unless it is gone, a zombie, or multiprocessing's own, which stays."""
    try:
        process = psutil.Process(pid)
        gone = process.status() == psutil.STATUS_ZOMBIE
        own = any("multiprocessing.resource_tracker" in word for word in process.cmdline())
    except psutil.Error:
        return None
    return None if gone or own else process


def describe(process: psutil.Process) -> str:
    """Return what a person needs to find out who started it."""
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return str(process.pid)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty project that is the working directory; its path has a space and a quote."""
    root = tmp_path / "a user's project"
    (root / "conf").mkdir(parents=True)
    (root / "recipes").mkdir()
    (root / "agil.toml").write_text("")
    monkeypatch.chdir(root)
    return root
