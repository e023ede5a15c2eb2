"""The installed distributions, read from the names of their metadata folders."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable

_METADATA = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.]*)-(?P<version>[0-9][^-]*?)(?:-py[\d.]+)?\.(?:dist|egg)-info"
)


def packages(path: Iterable[str] | None = None) -> dict[str, str]:
    """Return the version of every distribution on ``path`` (by default ``sys.path``), sorted by name.

    Names are in their normal form (``scikit-learn``). Of two versions the first on the path counts,
    as it does for an import. No metadata file is opened: that would cost a hundred times as much.
    """
    found: dict[str, str] = {}
    for folder in sys.path if path is None else path:
        for name, version, _ in sorted(listed(folder or ".")):
            found.setdefault(name, version)
    return dict(sorted(found.items()))


def listed(folder: str) -> list[tuple[str, str, str]]:
    """Return name, version and metadata folder of the distributions in ``folder``."""
    try:
        names = os.listdir(folder)
    except (OSError, ValueError):
        # sys.path also names archives, folders that do not exist, and whatever somebody put there.
        return []
    matches = (_METADATA.fullmatch(name) for name in names if name.endswith("-info"))
    return [(_normal(match["name"]), match["version"], match[0]) for match in matches if match]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
