"""The folders of configuration: a project's ``conf/`` over the one that AgilML ships.

Reads folder listings only and never imports Hydra, so that shell completion stays fast.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

PACKAGED = Path(__file__).resolve().parent.parent / "conf"
"""Folder of the configurations that AgilML ships."""

_SUFFIX = ".yaml"


def layers(project_conf: Path | None, *shared: Path) -> tuple[Path, ...]:
    """Return the folders that exist, first one wins; ``shared`` ones lie above the packaged one.

    The project's folder is left out where it is missing or is the packaged one itself (a checkout).
    """
    lower = (*shared, PACKAGED)
    if project_conf is None or not project_conf.is_dir():
        return lower
    if PACKAGED.is_dir() and project_conf.samefile(PACKAGED):
        return lower
    return (project_conf.resolve(), *lower)


def primary_names(folders: tuple[Path, ...]) -> list[str]:
    """Return what can stand after ``conf=``; names with a leading ``_`` are building blocks."""
    found = {stem for folder in folders for stem in _options(folder) if not stem.startswith("_")}
    return sorted(found)


def groups_in(folders: tuple[Path, ...]) -> dict[str, list[str]]:
    """Return the options of every config group, all layers merged; nested groups as ``a/b``."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for group, options in _groups(folder):
            found.setdefault(group, set()).update(options)
    return {group: sorted(found[group]) for group in sorted(found)}


def _groups(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for path, subfolders, _ in os.walk(folder):
        subfolders[:] = [name for name in subfolders if not name.startswith((".", "__"))]
        here = Path(path)
        options = _options(here)
        if here != folder and options:
            yield here.relative_to(folder).as_posix(), options


def _options(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_file()]
    except FileNotFoundError:
        return []
    return [name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)]
