from __future__ import annotations

import getpass
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import agilml
from agilml.provenance.capture import capture

PLANTED = "Planted123Secret456"


def captured(project: Path, *argv: str) -> dict[str, Any]:
    found: dict[str, Any] = capture(project, ["agil", *argv])
    # What the ledger does with it.
    assert json.loads(json.dumps(found, ensure_ascii=False).encode()) == found
    return found


def test_all_of_it_is_there(committed: Path) -> None:
    found = captured(committed, "sweep", "conf=resnet")
    assert found["git"]["branch"] == "main"
    assert found["argv"] == ["agil", "sweep", "conf=resnet"]
    assert found["cwd"] == str(committed)
    assert found["user"] == getpass.getuser()
    assert found["host"] == platform.node()
    assert found["platform"].startswith(platform.system())
    assert found["python"].endswith(platform.python_version())
    assert found["agilml"] == agilml.__version__
    assert found["packages"]["pytest"] == pytest.__version__
    assert found["cpus"] >= 1
    assert found["memory_gb"] > 0
    assert isinstance(found["gpus"], list)
    assert abs(found["at"] - time.time()) < 60


def test_outside_git_everything_else_is_there(tmp_path: Path) -> None:
    found = captured(tmp_path)
    assert found["git"] is None
    assert found["packages"]


def test_only_listed_variables_are_recorded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("UNLISTED", "x")
    environment = captured(project)["environment"]
    assert environment["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert environment["OMP_NUM_THREADS"] == "1"
    assert "UNLISTED" not in environment
    assert "HOME" not in environment


def test_a_planted_secret_is_found_nowhere(
    committed: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PLANTED)
    monkeypatch.setenv("WANDB_API_KEY", PLANTED)
    monkeypatch.setenv("PYTHONPATH", f"https://user:{PLANTED}@host/")
    git("remote", "add", "origin", f"https://user:{PLANTED}@host/x.git")
    git("config", "user.password", PLANTED)
    (committed / "model.py").write_text(f"password = '{PLANTED}'\n")
    (committed / "new.py").write_text(f"password = '{PLANTED}'\n")
    found = captured(committed, f"db.password={PLANTED}", "--token", PLANTED, "lr=1")
    assert "password" in found["git"]["patch"]
    assert PLANTED not in json.dumps(found)


def test_words_that_are_not_utf8_can_be_recorded(project: Path) -> None:
    assert captured(project, os.fsdecode(b"name=\xff"))["argv"] == ["agil", "name=\\udcff"]


def test_a_working_folder_that_is_gone_is_none(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert captured(project)["cwd"] is None


def test_a_user_whom_the_system_does_not_know_has_a_number(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert captured(project)["user"] == "3999999999"
