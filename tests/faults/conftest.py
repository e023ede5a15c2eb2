from __future__ import annotations

from pathlib import Path

import pytest

from tests.sweep.toy import Toy


@pytest.fixture
def toy(project: Path) -> Toy:
    """Return a project with a recipe that writes down what it really did."""
    return Toy(project)
