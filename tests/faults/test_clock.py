"""Clocks that jump and clocks that run wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.faults import clock, preload
from bench.faults.planted import TRUSTS_THE_WALL_CLOCK, plant
from bench.faults.project import Project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(preload.missing()), reason=preload.missing()),
]


def test_no_trial_is_lost_when_the_clock_jumps_or_runs_wrong(tmp_path: Path) -> None:
    found = clock.measure(tmp_path, speeds=clock.SPEEDS[:1])
    assert found.violations == [], found.line()
    assert found.figures["attempts lost or called stuck"] == 0


def test_latest_is_what_was_recorded_last_whatever_the_clock_said(tmp_path: Path) -> None:
    project, wrong = Project(tmp_path / "ahead"), clock.Clock(tmp_path, "ahead")
    wrong.set(365 * clock.DAY)
    assert project.agil("sweep", "conf=fault", "x=1", "steps=1", env=wrong.env).returncode == 0
    assert project.agil("sweep", "conf=fault", "x=2", "steps=1").returncode == 0
    [_, (newest,)] = project.rows("SELECT id FROM sweep ORDER BY rowid")
    assert newest == json.loads(project.agil("show", "latest", "--json").stdout)["sweep"]


def test_a_controller_that_trusts_the_wall_clock_is_noticed(tmp_path: Path) -> None:
    planted = plant(tmp_path / "planted", *TRUSTS_THE_WALL_CLOCK)
    # A sign of life may come between the jump and the look, more often so on a busy machine.
    for n in range(5):
        folder = tmp_path / str(n)
        folder.mkdir()
        found = clock.measure(folder, planted, speeds=())
        if int(found.figures["attempts lost or called stuck"]) > 0:
            return
    pytest.fail("five sweeps with a wrong clock, and nothing was lost")
