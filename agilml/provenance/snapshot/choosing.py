"""Which files a sweep's bundle holds, and why each of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.project import MARKER, Project
from agilml.provenance.snapshot.changes import Changes

SOURCES = frozenset(
    (
        *(".py", ".pyi", ".pyx", ".ipynb", ".sh", ".bash", ".r", ".jl", ".lua", ".pl", ".rb"),
        *(".c", ".cc", ".cpp", ".cu", ".h", ".hpp", ".rs", ".go", ".js", ".ts", ".sql", ".stan"),
        *(".yaml", ".yml", ".toml", ".json", ".cfg", ".ini", ".j2", ".proto", ".lock", ".mk"),
        *(".md", ".rst", ".tex"),
    )
)
"""Endings of files that people write rather than measure."""
NAMES = frozenset({"Makefile", "Dockerfile", "requirements.txt", "environment.yml", ".gitignore"})
PINS = "data.toml"
"""Where a project says which version of its data it means; see :mod:`agilml.data.pins`."""
_NAMED = re.compile(r"[\w./@+ -]{1,300}\.\w{1,10}\Z")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
_MOST_WALKED = 20_000


@dataclass(frozen=True, slots=True)
class Choice:
    """The files of a bundle.

    Attributes:
        why: why each file belongs to it (``File.why``), by its path below the top folder.
        code: the path of every file that the trials' identities cover and that lies in the project, by
            the name that it has there.
    """

    why: Mapping[str, str]
    code: Mapping[str, str]


def choose(
    project: Project, changes: Changes, code: Iterable[str], configs: Iterable[Mapping[str, Any]]
) -> Choice:
    """Return which files the bundle of a sweep holds.

    Args:
        project: the project that was planned in.
        changes: what Git knows of it.
        code: names of the files that the trials' identities cover, as ``Code.files`` has them.
        configs: composed configurations; the scripts and notebooks that they name belong to the code.

    Where there is no commit to go back to, every source file of the project belongs to it.
    """
    place = _Place(project.root, changes.top)
    covered = {name: place.of(name) for name in code if _lies_here(project.root, name)}
    found: dict[str, str] = {}
    if changes.commit is None:
        found.update((place.of(path), "source") for path in _sources(project.root))
    found.update((path, "changed") for path in changes.changed)
    found.update((place.of(path), "named") for path in _named(project.root, configs))
    found.update((place.of(path), "conf") for path in _conf(project))
    found.update((path, "code") for path in covered.values())
    return Choice(found, covered)


class _Place:
    """Where files of the project lie below the top folder."""

    def __init__(self, root: Path, top: Path) -> None:
        self._top = os.path.realpath(top)
        self._root = os.path.realpath(root)
        self._folders: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the path below the top folder of a path below the project.

        It is the real one, as Git knows it; what lies elsewhere is behind a link, and named as seen.
        """
        folder, name = os.path.split(path)
        if folder not in self._folders:
            shown = os.path.join(self._root, folder)
            real = os.path.realpath(shown)
            inside = real == self._top or real.startswith(self._top + os.sep)
            below = os.path.relpath(real if inside else os.path.normpath(shown), self._top)
            self._folders[folder] = "" if below == "." else f"{Path(below).as_posix()}/"
        return self._folders[folder] + name


def _lies_here(root: Path, path: str) -> bool:
    """Whether a name of ``Code.files`` is a file of the project, rather than a packaged or a far one."""
    return os.path.isfile(root / path) and not path.startswith("outside/")


def _conf(project: Project) -> Iterator[str]:
    """Yield ``agil.toml``, the pins of data sets, and the YAML files of the project's own configuration."""
    yield from (name for name in (MARKER, PINS) if (project.root / name).is_file())
    conf = project.conf
    if not conf.is_dir() or not conf.resolve().is_relative_to(project.root.resolve()):
        return
    for folder, subfolders, names in os.walk(conf):
        subfolders[:] = sorted(name for name in subfolders if _is_walked(Path(folder, name)))
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")):
                yield os.path.relpath(os.path.join(folder, name), project.root)


def _named(root: Path, configs: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the source files that values of the configurations name, as paths below the project."""
    seen: set[str] = set()
    real = root.resolve()
    for word in _words(configs):
        if word in seen or not _NAMED.match(word):
            continue
        seen.add(word)
        path = Path(os.path.normpath(root / word))
        if path.suffix.lower() not in SOURCES or not path.is_relative_to(root):
            continue
        if path.is_file() and path.resolve().is_relative_to(real):
            yield path.relative_to(root).as_posix()


def _words(value: Any) -> Iterator[str]:
    """Yield every text in a configuration, and every word of a text with spaces."""
    if isinstance(value, str):
        yield value
        if " " in value:
            yield from value.split()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _words(item)
    elif isinstance(value, Iterable):
        for item in value:
            yield from _words(item)


def _sources(root: Path) -> Iterator[str]:
    """Yield the source files of a project that no commit holds."""
    walked = 0
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if _is_walked(Path(folder, name)))
        for name in sorted(names):
            walked += 1
            if walked > _MOST_WALKED:
                return
            if name in NAMES or os.path.splitext(name)[1].lower() in SOURCES:
                yield Path(os.path.relpath(os.path.join(folder, name), root)).as_posix()


def _is_walked(folder: Path) -> bool:
    """Whether a subfolder holds files of the project rather than of a tool or an environment."""
    name = folder.name
    return not (name.startswith(".") or name in _SKIPPED or os.path.exists(folder / "pyvenv.cfg"))
