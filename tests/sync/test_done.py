"""Two clones, one S3 bucket, sweeps in both, a cut network and kill -9 in between; then a third clone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agilml.testing.s3 import ENVIRONMENT, S3Server, moto_server, seaweed_server, weed
from agilml.testing.s3faults import FaultProxy, Faults, fault_proxy

SWEEP = ("sweep", "conf=example", "epochs=2", "--quiet")


class Folder:
    """A clone of the project, whose way to the bucket leads through a proxy."""

    def __init__(self, root: Path, server: S3Server) -> None:
        self.root = root
        self.server = server

    def agil(self, *words: str, crash_at: str = "", code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "agilml", *words],
            cwd=self.root,
            env={**os.environ, **ENVIRONMENT, "AGIL_CRASH_AT": crash_at},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def runs(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.agil("runs", "--all", "--json"))
        return found

    def points_at(self, server: S3Server) -> None:
        (self.root / "agil.toml").write_text(
            f'[remote]\nurl = "{server.address("team")}"\nendpoint = "{server.endpoint}"\n'
            f'region = "{server.settings["region"]}"\nauto = false\n'
        )


def clones(tmp_path: Path, server: S3Server) -> tuple[Folder, Folder]:
    ada, bob = Folder(tmp_path / "ada", server), Folder(tmp_path / "bob", server)
    for one in (ada, bob):
        one.root.mkdir()
        one.agil("init")
        one.points_at(server)
    return ada, bob


def story(tmp_path: Path, server: S3Server, proxy: FaultProxy) -> None:
    ada, bob = clones(tmp_path, proxy.server)
    ada.agil(*SWEEP, "lr=0.05,0.1")
    ada.agil("sync", crash_at="push.prepared", code=-signal.SIGKILL)
    bob.agil(*SWEEP, "lr=0.1,0.2")
    bob.agil("tag", "latest", "of-bob")
    proxy.faults = Faults(share=0.3)
    bob.agil("sync", crash_at="push.put", code=-signal.SIGKILL)
    ada.agil("sync")
    # The network is cut while both go on working.
    proxy.faults = Faults(down=True)
    ada.agil(*SWEEP, "lr=0.3")
    ada.agil("tag", "latest", "of-ada")
    bob.agil(*SWEEP, "lr=0.4", "seed=1,2")
    bob.agil("sync", code=1)
    proxy.faults = replace(Faults(), share=0.3)
    bob.agil("sync", crash_at="take.committed", code=-signal.SIGKILL)
    ada.agil("sync", crash_at="push.stored", code=-signal.SIGKILL)
    for one in (ada, bob, ada):
        one.agil("sync")
    proxy.heal()
    runs = ada.runs()
    assert len(runs) == 6
    assert {run["state"] for run in runs} == {"succeeded"}
    assert runs == bob.runs()
    third = Folder(tmp_path / "third", server)
    third.root.mkdir()
    third.points_at(server)
    third.agil("sync")
    assert third.runs() == runs
    found = json.loads(ada.agil("sync", "--json"))
    assert found["requests"] <= 3


@pytest.mark.slow
@pytest.mark.s3
def test_two_clones_and_a_third_say_the_same_of_everything(tmp_path: Path) -> None:
    real = weed() is not None
    server = seaweed_server(tmp_path / "weed") if real else moto_server()
    with server as bucket, fault_proxy(bucket, seed=4) as proxy:
        story(tmp_path, bucket, proxy)
