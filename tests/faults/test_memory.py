"""Trials that want more memory than there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.faults import memory
from tests.faults.budget import runs


@pytest.mark.slow
def test_want_of_memory_is_called_by_its_name(tmp_path: Path) -> None:
    found = memory.measure(tmp_path, trials=runs(2))
    assert found.violations == [], found.line()
    if reason := memory.why_not():
        pytest.skip(f"only refusals were tried: {reason}")
