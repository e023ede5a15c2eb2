from __future__ import annotations

from pathlib import Path

import pytest

from agilml.project import Project, find_project


@pytest.fixture
def here(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return an empty project that is the working directory, with a cache of its own."""
    monkeypatch.setenv("AGIL_CACHE", str(tmp_path / "cache"))
    return find_project(project)


@pytest.fixture
def images(here: Project) -> Path:
    """Return a folder with 300 small files in two subfolders, last changed a minute ago."""
    root = here.root / "images"
    for number in range(300):
        path = root / ("cat" if number % 2 else "dog") / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"image %d" % number)
    return root


@pytest.fixture
def table(here: Project) -> Path:
    """Return a csv file with 1,000 different rows."""
    path = here.root / "table.csv"
    path.write_text("x,y\n" + "".join(f"{number},{number % 3}\n" for number in range(1000)))
    return path
