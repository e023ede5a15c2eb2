"""The identity of a trial: its whole config, its recipe's code, its data; each looked at once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agilml.errors import ConfigError
from agilml.model import JSON, digest, trial_id
from agilml.points import Point, Structure, materialise
from agilml.provenance.code import Code, code_of
from agilml.worker import recipe

CODE_KEYS = ("recipe", "argv", "app")
DATA_KEYS = ("data.name", "data.root", "data.path", "data.pin", "data.level")
"""All that decides which files a data set consists of; see :func:`agilml.recipes.data.files`."""


class Identities:
    """Gives trials their ids, and remembers which code and data they stand for.

    Args:
        root: the project's folder; None where only recorded digests are to be had.

    Attributes:
        data: digest of every data set met, by name.
        pins: the levels of pinned data sets that were met, as plain JSON.
    """

    def __init__(self, root: Path | None) -> None:
        self._given_root = root
        self._codes: dict[str, Code] = {}
        self._met: dict[tuple[str, str], tuple[str, str | None]] = {}
        self._parts: dict[str, tuple[str, str | None]] = {}
        self._data: dict[str, str | None] = {}
        self.data: dict[str, str] = {}
        self.pins: list[dict[str, JSON]] = []

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

    def as_json(self) -> dict[str, JSON]:
        """Return every digest looked up so far, for :meth:`from_json`."""
        parts: dict[str, JSON] = {key: list(pair) for key, pair in self._parts.items()}
        code: dict[str, JSON] = {key: code.digest for key, code in self._codes.items()}
        return {"parts": parts, "code": code, "data": dict(self._data)}

    @classmethod
    def from_json(cls, root: Path | None, data: Mapping[str, Any]) -> Identities:
        """Return identities that know the recorded digests, however files may have changed since.

        Code and data that were not met then are looked at when they are.
        """
        found = cls(root)
        found._parts = {key: (code, files) for key, (code, files) in data["parts"].items()}
        found._codes = {key: Code(code, {}) for key, code in data["code"].items()}
        found._data = dict(data["data"])
        return found

    def _of(self, structure: Structure, delta: Mapping[str, Any]) -> tuple[str, str | None]:
        """Return the digests of code and data, computed once per structure and change that matters."""
        matters = {key: value for key, value in delta.items() if _matters(key)}
        key = (structure.id, digest(matters) if matters else "")
        if key not in self._met:
            self._met[key] = self._look_at(materialise(structure.resolved, matters))
        return self._met[key]

    def _look_at(self, config: Mapping[str, Any]) -> tuple[str, str | None]:
        data = config.get("data")
        named = [config.get(key) for key in CODE_KEYS]
        key = digest([named, _files_key(data) if isinstance(data, dict) else None])
        if key not in self._parts:
            self._parts[key] = (self._code_of(config).digest, self._data_of(data))
        return self._parts[key]

    @property
    def _root(self) -> Path:
        if self._given_root is None:
            raise ConfigError(
                "a candidate has code or data that were not looked at when the sweep was planned",
                next="agil resume in the project's folder",
            )
        return self._given_root

    def _code_of(self, config: Mapping[str, Any]) -> Code:
        reference = str(config.get("recipe") or "")
        if not reference:
            raise ConfigError("the config names no recipe", next="add `recipe: NAME` to the conf")
        extra = self._named_files(config.get("argv"))
        if reference == "hydra_app":
            from agilml.recipes.program.appfiles import files_of

            extra += files_of(config, self._root)
        key = digest([reference, [self._shown(path) for path in extra]])
        if key not in self._codes:
            source = recipe.source_file(reference, self._root)
            self._codes[key] = code_of(source, self._root, extra)
        return self._codes[key]

    def _shown(self, path: Path) -> str:
        """Return a path as it is in every copy of the project."""
        return os.path.relpath(path, self._root)

    def _named_files(self, argv: Any) -> list[Path]:
        """Return project files that a command names, so that editing a script makes new trials."""
        words = argv if isinstance(argv, list) else str(argv or "").split()
        named = [os.path.join(self._root, str(word)) for word in words]
        # os.path.isfile answers false where Path.is_file raises: for words too long to be a path.
        found = [Path(name) for name in named if "\0" not in name and os.path.isfile(name)]
        return [path for path in found if path.resolve().is_relative_to(self._root)]

    def _data_of(self, node: Any) -> str | None:
        if not isinstance(node, dict):
            return None
        key = _files_key(node)
        if key not in self._data and node.get("pin"):
            self._data[key] = self._pinned(node)
        if key not in self._data:
            from agilml.recipes.data import digest as data_digest

            # A relative path means the project's folder, where the trial will run.
            with contextlib.chdir(self._root):
                self._data[key] = found = data_digest(node)
            if found is not None:
                self.data.setdefault(str(node.get("name") or len(self.data)), found)
        return self._data[key]

    def _pinned(self, node: Mapping[str, Any]) -> str | None:
        """Return the digest of what a run reads of a pinned data set; no file of it is looked at."""
        from agilml.data.config import pinned
        from agilml.project import find_project

        found = pinned(find_project(self._root), node)
        assert found is not None
        self.pins.append(found._asdict())
        self.data[f"{found.pin}:{found.level}"] = found.digest
        return found.digest


def _files_key(data: Mapping[str, Any]) -> str:
    return digest([data.get(name.partition(".")[2]) for name in DATA_KEYS])


def _matters(path: str) -> bool:
    return path.partition(".")[0] in CODE_KEYS or path in DATA_KEYS
