from __future__ import annotations

import importlib.metadata
from pathlib import Path

from agilml.provenance.packages import packages


def test_installed_distributions_are_listed_as_their_metadata_says() -> None:
    found = packages()
    for name in ("pytest", "hydra-core", "typer"):
        assert found[name] == importlib.metadata.version(name)


def test_names_are_normal_and_the_first_on_the_path_counts(tmp_path: Path) -> None:
    for name in (
        *("a/Scikit_Learn-1.5.dist-info", "a/x.y-2.0rc1+cu12.dist-info", "a/old-1-py3.11.egg-info"),
        *("a/no-version.dist-info", "a/plain", "b/scikit_learn-9.dist-info", "b/b-0.dist-info"),
    ):
        (tmp_path / name).mkdir(parents=True)
    path = [str(tmp_path / "a"), str(tmp_path / "none"), str(tmp_path / "b")]
    assert packages(path) == {"b": "0", "old": "1", "scikit-learn": "1.5", "x-y": "2.0rc1+cu12"}


def test_an_archive_on_the_path_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "lib.zip").write_bytes(b"PK")
    assert packages([str(tmp_path / "lib.zip"), "\0"]) == {}
