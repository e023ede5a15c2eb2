"""The code of a trial: the recipe and the project modules that it imports, as digests.

Editing any of these files gives new trial ids; editing anything else in the repository gives none.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from agilml.errors import RecipeError
from agilml.model import digest
from agilml.provenance.imports import Import, imports_of
from agilml.worker.recipe import packaged_folder

_PACKAGED = ("agilml", "recipes")
_INSTALLED = {"site-packages", "dist-packages"}
_SUFFIXES = (*EXTENSION_SUFFIXES, ".py")


@dataclass(frozen=True, slots=True)
class Code:
    """The files that a trial's code consists of.

    Attributes:
        digest: hex sha256 over ``files``.
        files: hex sha256 by path. A path is relative to the project; a packaged recipe's begins with
            ``agilml/recipes/``; a file outside both is ``outside/<12 hex of its sha256>/<name>``, so
            that no digest depends on where a person keeps things.
    """

    digest: str
    files: dict[str, str]


def code_of(recipe_source: Path, project: Path, extra: Sequence[Path] = ()) -> Code:
    """Return the recipe's file and, transitively, the project modules it imports.

    Args:
        recipe_source: the file that defines the recipe.
        project: the project's folder; modules are looked up in it and in its ``src``.
        extra: further files that count, such as the script that a command runs; relative ones are
            relative to the project, and those that do not exist are left out. Python files among
            them are followed, with their own folder searched too, as the interpreter would.

    Installed packages and the rest of AgilML never count. Every file counts by its bytes, whether or
    not it is valid Python.

    Raises:
        RecipeError: the recipe's file, or a module that it imports, cannot be read.
    """
    given = [path for path in (project / name for name in extra) if os.path.isfile(path)]
    scope = _Scope(project, [path.parent for path in given if path.suffix == ".py"])
    files: dict[str, str] = {}
    seen: set[str] = set()
    # What a person named counts wherever it lies; what is imported counts in the project only.
    pending = deque((path, True) for path in (recipe_source, *given))
    while pending:
        path, named = pending.popleft()
        real = os.path.realpath(path)
        key = scope.key(path, real)
        if real in seen or (key is None and not named):
            continue
        seen.add(real)
        sha256, imports = _read(path)
        files[key or f"outside/{sha256[:12]}/{_plain(Path(path.name))}"] = sha256
        pending += [(found, False) for found in scope.packages_of(path)]
        pending += [(found, False) for wanted in imports for found in scope.find(wanted, path)]
    return Code(digest(files), dict(sorted(files.items())))


class _Scope:
    """Where modules are looked up, and which of the files found there belong to the trial."""

    def __init__(self, project: Path, scripts: Sequence[Path]) -> None:
        self._project = Path(os.path.abspath(project))
        self._real_project = Path(os.path.realpath(project))
        self._packaged = Path(os.path.realpath(packaged_folder()))
        self._agilml = Path(__file__).resolve().parent.parent
        self._roots = [self._project, self._project / "src", *scripts]
        self._found: dict[tuple[str, ...], list[Path]] = {}

    def key(self, path: Path, real: str) -> str | None:
        """Return the name under which the file counts, or None if it is nobody's here."""
        target = Path(real)
        if target.is_relative_to(self._packaged):
            return _plain(Path(*_PACKAGED, target.relative_to(self._packaged)))
        if target.is_relative_to(self._agilml):
            return None
        if target.is_relative_to(self._real_project):
            inside = target.relative_to(self._real_project)
            return None if _INSTALLED & set(inside.parts) else _plain(inside)
        # A link inside the project to a folder beside it: what it shows is imported as the project's.
        shown = Path(os.path.abspath(path))
        if shown.is_relative_to(self._project) and not _INSTALLED & set(target.parts):
            return _plain(shown.relative_to(self._project))
        return None

    def find(self, wanted: Import, importer: Path) -> list[Path]:
        """Return the files that the import would execute, as far as they can be found."""
        if wanted.level:
            folder = importer.parent
            for _ in range(wanted.level - 1):
                folder = folder.parent
            return _package(folder) + list(_chain(folder, wanted.parts))
        if wanted.parts not in self._found:
            self._found[wanted.parts] = self._find_absolute(wanted.parts)
        return self._found[wanted.parts]

    def _find_absolute(self, parts: tuple[str, ...]) -> list[Path]:
        if parts[:2] == _PACKAGED:
            return _package(self._packaged) + list(_chain(self._packaged, parts[2:]))
        if parts[0] == _PACKAGED[0]:
            return []
        found = (list(_chain(root, parts)) for root in self._roots)
        return next((files for files in found if files), [])

    def packages_of(self, path: Path) -> list[Path]:
        """Return the ``__init__.py`` of every package that the file lies in."""
        found = []
        for folder in path.parents:
            init = _package(folder)
            if not init or folder in self._roots:
                break
            found += init
        return found


def _chain(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """Yield what importing the dotted name executes below ``folder``, by Python's precedence."""
    for part in parts:
        if part == "*":
            yield from sorted(folder.glob("*.py"))
            return
        init = _package(folder / part)
        if not init:
            names = (folder / f"{part}{suffix}" for suffix in _SUFFIXES)
            module = next((name for name in names if os.path.isfile(name)), None)
            if module is not None:
                yield module
                return
            if not os.path.isdir(folder / part):
                return
        yield from init
        folder = folder / part


def _package(folder: Path) -> list[Path]:
    init = folder / "__init__.py"
    return [init] if os.path.isfile(init) else []


def _read(path: Path) -> tuple[str, list[Import]]:
    try:
        with path.open("rb") as file:
            if path.suffix != ".py":
                return hashlib.file_digest(file, "sha256").hexdigest(), []
            source = file.read()
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be read: {error.strerror}",
            kept="nothing was started",
            next=f"make {path} readable",
        ) from error
    return hashlib.sha256(source).hexdigest(), imports_of(source)


def _plain(path: Path) -> str:
    """Return the path as text that any encoder takes, whatever bytes its names consist of."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
