"""Multiruns with our launcher: inside this process, and of an app that a person could have written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.version import VersionBase

Launch = Callable[..., list[JobReturn]]

# Said aloud, because the configs of Hydra's tests leave it open, and Hydra warns of that.
CHDIR = ["hydra.job.chdir=true"]


@pytest.fixture(scope="session", autouse=True)
def _plugins_are_known() -> None:
    # Hydra's fixture puts singletons back as it found them: without this, with no stored config at all.
    Plugins.instance()


@pytest.fixture(autouse=True)
def _no_version_base() -> Iterator[None]:
    """Let Hydra choose its defaults as in a process of its own, whatever tests before have composed."""
    known = VersionBase.instance()
    before = known.getbase()
    VersionBase.__init__(known)
    yield
    known.version_base = before


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGIL_STATE", str(tmp_path / "state"))


@pytest.fixture
def launch(hydra_restore_singletons: None, hydra_sweep_runner: Any, tmp_path: Path) -> Launch:
    """Return a function that runs a task function here and returns the JobReturns of the multirun."""

    def made(task: Callable[[Any], Any], *words: str) -> list[JobReturn]:
        sweep = hydra_sweep_runner(
            calling_file=None,
            calling_module="hydra.test_utils.a_module",
            task_function=task,
            config_path="configs",
            config_name="compose",
            overrides=["hydra/launcher=agil", "hydra.launcher.isolation=fork", *CHDIR, *words],
            temp_dir=tmp_path / "multirun",
        )
        with sweep:
            return [returned for batch in sweep.returns for returned in batch]

    return made


class App:
    """A Hydra app in a folder of its own, whose ledger is made beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "app.py", "-m", "hydra/launcher=agil", *words]

    def run(self, *words: str, code: int = 0) -> str:
        """Run the app's command; return both of its outputs."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().split() if path.exists() else []


SCRIPT = """
import os
import time

import hydra


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg):
    with open("starts.txt", "a") as out:
        out.write(f"{cfg.x}\\n")
    if cfg.x == 3 and os.path.exists("stay") and os.fork() == 0:
        while os.path.exists("stay"):
            time.sleep(0.02)
        os._exit(0)
    while cfg.x == 3 and os.path.exists("wait"):
        time.sleep(0.02)
    if cfg.x == 13:
        raise ValueError("unlucky")
    print("x is", cfg.x)
    with open("ends.txt", "a") as out:
        out.write(f"{cfg.x}\\n")
    return cfg.x / 2


if __name__ == "__main__":
    main()
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.delenv("AGIL_STATE")
    made = App(tmp_path / "project")
    made.write("app.py", SCRIPT)
    made.write("conf/config.yaml", "defaults: [{model: small}, _self_]\nx: 1\n")
    made.write("conf/model/small.yaml", "width: 8\n")
    made.write("conf/model/big.yaml", "width: 64\n")
    return made
