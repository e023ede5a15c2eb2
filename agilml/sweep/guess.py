"""Which recipe a sweep will need, read off its words before anything is composed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_NAME = re.compile(r"[\w/-]+")
_RECIPE_LINE = re.compile(r"^recipe:\s*['\"]?([\w.:]+)", re.MULTILINE)


def likely_recipe(folders: Sequence[Path], words: Sequence[str]) -> str | None:
    """Return the recipe that ``words`` probably name; a wrong guess costs time and nothing else.

    Args:
        folders: the layers of configuration, the first one wins.
        words: everything after ``agil sweep``.
    """
    values = dict(word.split("=", 1) for word in words if "=" in word)
    if "recipe" in values:
        return values["recipe"]
    name = values.get("conf", "")
    for folder in folders:
        path = folder / f"{name}.yaml"
        if _NAME.fullmatch(name) and path.is_file():
            match = _RECIPE_LINE.search(path.read_text(errors="replace"))
            return match.group(1) if match else None
    return None
