"""Data sets in a composed configuration: ``data.pin`` and ``data.level``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from agilml.data.finding import find
from agilml.data.names import reference
from agilml.data.pins import find_pin
from agilml.data.shares import PROD, check_level
from agilml.errors import ConfigError
from agilml.project import Project
from agilml.text import safe_text

PLACES = ("path", "root")
"""Keys below ``data`` that say where data lies; a pin says that instead."""


class Pinned(NamedTuple):
    """A level of one version of a data set; ``digest`` is that of what a run reads of it."""

    pin: str
    level: str
    manifest: str
    digest: str
    files: int
    size: int


def pinned(project: Project, data: Mapping[str, Any]) -> Pinned | None:
    """Return the level that ``data.pin`` and ``data.level`` name, or None where nothing is pinned.

    Raises:
        ConfigError: there is no such data set, or a path is given beside it.
        UsageError: there is no such level, or the pin is no name.
    """
    if not data.get("pin"):
        return None
    pin = str(data["pin"])
    level = check_level(str(data.get("level") or PROD))
    given = next((key for key in PLACES if data.get(key)), None)
    if given is not None:
        raise ConfigError(
            f"data.pin and data.{given} both say where the data lies",
            next=f"data.{given}=null data.pin={safe_text(pin, 80)}",
        )
    wanted = reference(pin)
    if wanted.digest:
        found, manifest = find(project, wanted)
        facts = manifest.level(level)
    else:
        found = find_pin(project.root, wanted.name)
        facts = found.levels[level]
    return Pinned(pin, level, found.digest, facts.digest, facts.files, facts.size)
