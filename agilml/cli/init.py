"""``agil init``: make a folder a project, with a first example that runs."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from agilml.errors import Exit, UsageError

Folder = Annotated[Path, typer.Argument(help="The folder; created if it does not exist.")]
FILES = (
    "agil.toml",
    "conf/example.yaml",
    "recipes/__init__.py",
    "recipes/example.py",
)
IGNORED = (".agil/",)


def init(folder: Folder = Path()) -> int:
    """Make a folder a project: agil.toml, conf/, recipes/ and a first example. Files that exist are kept."""
    target = folder.absolute()
    made, kept = [], []
    try:
        for name in FILES:
            path = target / name
            if path.exists():
                kept.append(name)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(resources.files("agilml.skeleton").joinpath(name).read_text())
            made.append(name)
        if _ignore(target / ".gitignore"):
            made.append(".gitignore")
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written: {error.strerror}",
            kept=f"what was made before: {', '.join(made) or 'nothing'}",
            next="agil init in a folder that is yours",
        ) from error
    for name in made:
        print(f"made {name}", file=sys.stderr)
    for name in kept:
        print(f"kept {name}", file=sys.stderr)
    where = "" if target == Path.cwd() else f"cd {folder} && "
    print(f"next: {where}agil sweep conf=example lr=0.05,0.5 momentum=0,0.9", file=sys.stderr)
    return Exit.DONE


def _ignore(path: Path) -> bool:
    """Add the lines that are missing; answer whether any was."""
    text = path.read_text() if path.exists() else ""
    missing = [line for line in IGNORED if line not in text.splitlines()]
    if not missing:
        return False
    gap = "" if not text or text.endswith("\n") else "\n"
    path.write_text(text + gap + "\n".join(missing) + "\n")
    return True
