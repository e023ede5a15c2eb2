"""SIGKILL at random moments of anything that works on a sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.faults import kills
from bench.faults.planted import REPEATS_FINISHED_WORK, plant
from tests.faults.budget import runs


@pytest.mark.slow
def test_random_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    found = kills.measure(tmp_path, seed=1, kills=runs(12))
    assert found.violations == [], found.line()
    assert int(found.figures["kills"]) > 0


@pytest.mark.slow
def test_controllers_that_repeat_finished_work_are_noticed(tmp_path: Path) -> None:
    planted = plant(tmp_path / "planted", *REPEATS_FINISHED_WORK)
    # So many that a controller is among the victims, after a success, however slow the machine.
    found = kills.measure(tmp_path, 1, 14, planted=planted)
    assert any("started although its trial had succeeded" in line for line in found.violations)
