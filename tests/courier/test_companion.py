from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from agilml.courier.settings import CourierSettings
from agilml.errors import ConfigError
from agilml.project import Project
from agilml.sweep.companion import (
    FOLDER,
    accompanied,
    courier_lives,
    courier_lock,
    courier_wanted,
    start_courier,
    writes_tensorboard,
)


def project_with(root: Path, settings: dict[str, Any]) -> Project:
    return Project(root, root / ".agil", settings)


@pytest.mark.parametrize(
    ("setting", "variable", "expected"),
    [
        (None, None, True),
        ("auto", None, True),
        (True, None, True),
        (False, None, False),
        ("false", None, False),
        (True, "false", False),
        (False, "auto", True),
    ],
)
def test_event_files_are_written_unless_somebody_says_no(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: bool | str | None,
    variable: str | None,
    expected: bool,
) -> None:
    monkeypatch.delenv("AGIL_TENSORBOARD")
    if variable is not None:
        monkeypatch.setenv("AGIL_TENSORBOARD", variable)
    settings = {} if setting is None else {"tensorboard": setting}
    assert writes_tensorboard(project_with(project, settings)) is expected


def test_a_setting_that_cannot_be_meant_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGIL_TENSORBOARD")
    with pytest.raises(ConfigError, match="tensorboard"):
        writes_tensorboard(project_with(project, {"tensorboard": "sometimes"}))


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ({}, False),
        ({"url": "file:///r"}, True),
        ({"url": "file:///r", "auto": False}, False),
        ({"auto": True}, False),
    ],
)
def test_a_courier_is_wanted_where_there_is_a_remote(
    project: Path, remote: dict[str, Any], expected: bool
) -> None:
    assert courier_wanted(project_with(project, {"remote": remote})) is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto", "yes"),
        ("sync_seconds", 0),
        ("sync_seconds", "often"),
        ("max_mb_per_s", -1),
        ("max_mb_per_s", True),
    ],
)
def test_a_setting_of_the_remote_that_cannot_be_meant_is_named(
    project: Path, name: str, value: Any
) -> None:
    with pytest.raises(ConfigError, match=name):
        CourierSettings.of(project_with(project, {"remote": {"url": "file:///r", name: value}}))


def test_settings_are_read_from_the_table_of_the_remote(project: Path) -> None:
    table = {"url": "file:///r", "sync_seconds": 5, "max_mb_per_s": 2.5}
    found = CourierSettings.of(project_with(project, {"remote": table}))
    assert found == CourierSettings(tensorboard=False, ships=True, sync_seconds=5, max_mb_per_s=2.5)


def test_one_courier_at_a_time(project: Path) -> None:
    state = project / ".agil"
    assert not courier_lives(state)
    with courier_lock(state) as first:
        assert first
        assert courier_lives(state)
        with courier_lock(state) as second:
            assert not second
    assert not courier_lives(state)


def test_without_anything_to_do_no_courier_is_started(project: Path) -> None:
    with accompanied(project_with(project, {})):
        pass
    assert not (project / ".agil" / FOLDER).exists()


def test_a_courier_that_cannot_be_started_is_no_concern_of_the_sweep(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGIL_TENSORBOARD", "true")
    (project / ".agil").write_text("a file where the state folder should be")
    start_courier(project_with(project, {}))
    assert os.path.isfile(project / ".agil")
