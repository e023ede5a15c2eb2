"""How pip reaches packages on this machine, kept before the tests' own environment hides it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_PIP = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
_HOME = str(Path.home())


@pytest.fixture
def pip_settings() -> dict[str, str]:
    """Return the variables that make pip work as it does for the user who runs the tests."""
    return {**_PIP, "HOME": _HOME}
