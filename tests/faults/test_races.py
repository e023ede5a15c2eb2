"""Several people, or one with several windows, typing the same words at the same moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.faults import races
from bench.faults.planted import NO_LOCK, plant
from tests.faults.budget import runs

pytestmark = pytest.mark.slow


def test_the_same_words_at_once_run_everything_once(tmp_path: Path) -> None:
    found = races.measure(tmp_path, seed=1, count=runs(2))
    assert found.violations == [], found.line()


def test_controllers_that_do_not_see_each_other_are_noticed(tmp_path: Path) -> None:
    found = races.measure(tmp_path, 1, 1, plant(tmp_path / "planted", *NO_LOCK))
    assert found.violations
