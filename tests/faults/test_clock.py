"""Clocks that jump and clocks that run wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.faults import clock, preload
from bench.faults.planted import TRUSTS_THE_WALL_CLOCK, plant

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(preload.missing()), reason=preload.missing()),
]


def test_no_trial_is_lost_when_the_clock_jumps_or_runs_wrong(tmp_path: Path) -> None:
    found = clock.measure(tmp_path)
    assert found.violations == [], found.line()
    assert found.figures["attempts lost or called stuck"] == 0


def test_a_controller_that_trusts_the_wall_clock_is_noticed(tmp_path: Path) -> None:
    planted = plant(tmp_path / "planted", *TRUSTS_THE_WALL_CLOCK)
    found = clock.measure(tmp_path, planted, speeds=())
    assert int(found.figures["attempts lost or called stuck"]) > 0
