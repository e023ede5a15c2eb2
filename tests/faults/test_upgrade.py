"""A newer AgilML comes along while an older one runs a sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.faults import upgrade


@pytest.mark.slow
def test_an_upgrade_in_mid_sweep_loses_nothing(tmp_path: Path) -> None:
    found = upgrade.measure(tmp_path)
    assert found.violations == [], "\n".join(found.violations)
