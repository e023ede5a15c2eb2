from __future__ import annotations

from pathlib import Path

import pytest

from agilml.project import Project
from tests.tui.sweeps import project_at


@pytest.fixture
def here(project: Path) -> Project:
    """Return an empty project."""
    return project_at(project)
