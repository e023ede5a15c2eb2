"""The fences that tests/conftest.py puts round every test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.conftest import describe, processes_of_this_test

DETACH = """
import subprocess, sys
sleeper = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL, start_new_session=True)
print(sleeper.pid)
"""


def test_a_detached_process_is_found_and_described() -> None:
    command = [sys.executable, "-c", DETACH]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    pid = int(done.stdout)
    try:
        assert pid not in {child.pid for child in psutil.Process().children(recursive=True)}
        assert f"{pid} sleep 60" in [describe(process) for process in processes_of_this_test()]
    finally:
        psutil.Process(pid).kill()


def test_a_zombie_is_not_a_process_left_behind() -> None:
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert not processes_of_this_test()


def test_the_network_is_out_of_reach() -> None:
    with socket.socket() as client, pytest.raises(pytest.fail.Exception, match="tried to connect"):
        client.connect(("192.0.2.1", 80))


def test_this_machine_is_in_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_nothing_of_the_user_reaches_a_test(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert Path.home().is_relative_to(tmp_path_factory.getbasetemp())
    assert not [
        name for name in os.environ if name.startswith(("AGIL_STATE", "AWS_PROFILE", "PIP_"))
    ]
    assert Path.cwd() == project
