"""The identity of a trial: its whole config, its recipe's code, its data; each looked at once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agilml.errors import ConfigError
from agilml.model import digest, trial_id
from agilml.points import Point, Structure, materialise
from agilml.project import Project
from agilml.provenance.code import Code, code_of
from agilml.worker import recipe

_CODE_KEYS = ("recipe", "argv")


class Identities:
    """Gives trials their ids, and remembers which code and data they stand for.

    Attributes:
        data: digest of every data set met, by name.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._codes: dict[str, Code] = {}
        self._parts: dict[tuple[str, str], tuple[str, str | None]] = {}
        self._data: dict[str, str | None] = {}
        self.data: dict[str, str] = {}

    def trial(self, structure: Structure, point: Point) -> str:
        """Return the id of the trial at ``point``.

        Raises:
            ConfigError: its config names no recipe.
            RecipeError: there is no such recipe.
        """
        code, data = self._of(structure, point.delta)
        return trial_id(digest({"config": point.digest, "code": code, "data": data}))

    @property
    def code(self) -> Code:
        """The code of all trials together."""
        found = list(self._codes.values())
        if len(found) == 1:
            return found[0]
        files = {name: sha256 for code in found for name, sha256 in code.files.items()}
        return Code(digest(sorted(code.digest for code in found)), files)

    def _of(self, structure: Structure, delta: Mapping[str, Any]) -> tuple[str, str | None]:
        """Return the digests of code and data, computed once per structure and change that matters."""
        matters = {key: value for key, value in delta.items() if _matters(key)}
        key = (structure.id, digest(matters) if matters else "")
        if key not in self._parts:
            config = materialise(structure.resolved, matters)
            self._parts[key] = (self._code_of(config).digest, self._data_of(config.get("data")))
        return self._parts[key]

    def _code_of(self, config: Mapping[str, Any]) -> Code:
        reference = str(config.get("recipe") or "")
        if not reference:
            raise ConfigError("the config names no recipe", next="add `recipe: NAME` to the conf")
        extra = self._named_files(config.get("argv"))
        key = digest([reference, [str(path) for path in extra]])
        if key not in self._codes:
            source = recipe.source_file(reference, self._project.root)
            self._codes[key] = code_of(source, self._project.root, extra)
        return self._codes[key]

    def _named_files(self, argv: Any) -> list[Path]:
        """Return project files that a command names, so that editing a script makes new trials."""
        words = argv if isinstance(argv, list) else str(argv or "").split()
        named = [os.path.join(self._project.root, str(word)) for word in words]
        # os.path.isfile answers false where Path.is_file raises: for words too long to be a path.
        found = [Path(name) for name in named if "\0" not in name and os.path.isfile(name)]
        return [path for path in found if path.resolve().is_relative_to(self._project.root)]

    def _data_of(self, node: Any) -> str | None:
        if not isinstance(node, dict):
            return None
        key = digest(node)
        if key not in self._data:
            from agilml.recipes.data import digest as data_digest

            # A relative path means the project's folder, where the trial will run.
            with contextlib.chdir(self._project.root):
                self._data[key] = found = data_digest(node)
            if found is not None:
                self.data.setdefault(str(node.get("name") or len(self.data)), found)
        return self._data[key]


def _matters(path: str) -> bool:
    top = path.partition(".")[0]
    return top in _CODE_KEYS or top == "data"
