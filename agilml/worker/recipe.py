"""Finding a recipe by name: the project's own first, then the packaged ones."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agilml.errors import RecipeError, UnknownRecipe
from agilml.text import safe_text

Recipe = Callable[[Any, Any], Any]
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_REFERENCE = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)\Z")
FUNCTION = "train"


def source_file(reference: str, project: Path) -> Path:
    """Return the file that defines the recipe, without importing it.

    ``resnet`` is ``recipes/resnet.py`` of the project, or else the packaged recipe of that name;
    ``pkg.module:function`` is looked up with the project's folder first on the path.

    Raises:
        UnknownRecipe: there is no such recipe.
    """
    match = _REFERENCE.match(reference)
    if match:
        return _module_file(match.group(1), reference, project)
    if not _NAME.match(reference):
        raise _unknown(reference, project)
    for folder in (project / "recipes", packaged_folder()):
        path = folder / f"{reference}.py"
        if path.is_file():
            return path
    raise _unknown(reference, project)


def load(reference: str, project: Path) -> Recipe:
    """Import the recipe and return its function.

    Raises:
        UnknownRecipe: there is no such recipe.
        RecipeError: its module has no such function.
        Exception: whatever the recipe's module raises when it is imported.
    """
    path = source_file(reference, project)
    if str(project) not in sys.path:
        sys.path.insert(0, str(project))
    match = _REFERENCE.match(reference)
    name = match.group(2) if match else FUNCTION
    if match:
        module = importlib.import_module(match.group(1))
    elif path.parent.samefile(packaged_folder()):
        module = importlib.import_module(f"agilml.recipes.{reference}")
    else:
        module = _import_file(f"recipes.{reference}", path)
    function = getattr(module, name, None)
    if not callable(function):
        raise RecipeError(
            f"{path} has no function `{name}`",
            kept="everything else",
            next=f"define `def {name}(cfg, run):` in {path}",
        )
    return function  # type: ignore[no-any-return]


def packaged_folder() -> Path:
    """Return the folder of the packaged recipes."""
    return Path(__file__).resolve().parent.parent / "recipes"


def names(project: Path) -> list[str]:
    """Return the names of all recipes that the project can use."""
    found = {
        path.stem
        for folder in (project / "recipes", packaged_folder())
        if folder.is_dir()
        for path in folder.glob("*.py")
        if not path.stem.startswith("_")
    }
    return sorted(found)


def _module_file(module: str, reference: str, project: Path) -> Path:
    base = project.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.origin or not os.path.isfile(spec.origin):
        raise _unknown(reference, project)
    return Path(spec.origin)


def _import_file(name: str, path: Path) -> Any:
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(path):
        # A forked child inherits what its template imported.
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RecipeError(f"{path} is not a Python module", next="give the recipe a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _unknown(reference: str, project: Path) -> UnknownRecipe:
    known = names(project)
    near = difflib.get_close_matches(reference, known, 1)
    meant = f"; did you mean `{near[0]}`?" if near else ""
    return UnknownRecipe(
        f"no recipe `{safe_text(reference)}`{meant}; there are: {', '.join(known)}",
        next=f"write {project / 'recipes' / (reference + '.py')}, or use module:function",
    )
