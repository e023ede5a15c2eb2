"""The files that make up a Hydra app beside its Python: its configuration."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def files_of(config: Mapping[str, Any], project: Path) -> list[Path]:
    """Return the app of a ``hydra_app`` config and the YAML files below its ``config_path``, sorted.

    The folder is read from the app's text, where ``config_path`` is written as a plain string; one that is
    computed, or lies in a package, cannot be seen.
    """
    script = project / str(config.get("app") or "")
    if not script.is_file():
        return []
    folders = {script.parent / name for name in _config_paths(script)}
    found = {path for folder in folders for path in folder.rglob("*.y*ml") if path.is_file()}
    return [script, *sorted(found)]


def _config_paths(script: Path) -> set[str]:
    try:
        tree = ast.parse(script.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return set()
    return {
        word.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg == "config_path"
        and isinstance(word.value, ast.Constant)
        and isinstance(word.value.value, str)
        and "://" not in word.value.value
    }
