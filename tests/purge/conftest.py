from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sync.clones import Clone

Make = Callable[[str], Clone]


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    """Return the folder behind the remote that all clones of a test meet in."""
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder


@pytest.fixture
def clone(tmp_path: Path, bucket: Path) -> Make:
    """Return a function that makes a project, by name, whose remote is the bucket."""
    return lambda name: Clone(tmp_path / name, f"file://{bucket}")
