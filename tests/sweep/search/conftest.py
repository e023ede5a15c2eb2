"""Confs with groups and interpolations, and search plans made from words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agilml.config import Configs
from agilml.project import find_project
from agilml.sweep.expand import studies
from agilml.sweep.search.making import Made, make_search
from tests.config.conftest import FILES

RECIPE = "recipe: dry\n"
Make = Callable[..., Made]


@pytest.fixture
def confs(project: Path) -> Path:
    """Return the project's folder of confs: those of tests/config, each with a recipe."""
    for name, text in FILES.items():
        path = project / "conf" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if "/" in name or name == "odd" else text + RECIPE)
    return project / "conf"


@pytest.fixture
def make(confs: Path) -> Make:
    """Return a function that makes the search plan of some words."""

    def made(*words: str) -> Made:
        configs = Configs(confs)
        (study,) = studies(configs, words)
        return make_search(find_project(), configs, study)

    return made
