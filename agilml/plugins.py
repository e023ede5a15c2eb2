"""Names that other distributions add through entry points; they add names, and never replace ours."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Any

from agilml.errors import ConfigError
from agilml.text import safe_text


def plugged_in(
    group: str, kind: str, name: str, built_in: Iterable[str], *, instead: str | None = None
) -> Any:
    """Return what a plug-in offers under ``name``.

    Args:
        group: the entry points to look among.
        kind: what is looked for, as people say it: ``sampler``.
        name: what was asked for.
        built_in: names that need no plug-in.
        instead: the name to propose; the first of all by default.

    Raises:
        ConfigError: nobody offers that name.
    """
    for point in entry_points(group=group, name=name):
        return point.load()
    known = names(group, built_in)
    raise ConfigError(
        f"no {kind} `{safe_text(name)}`; there are: {', '.join(known)}",
        next=f"agil sweep … {kind}={instead or known[0]}",
    )


def names(group: str, built_in: Iterable[str]) -> list[str]:
    """Return every name that can be asked for, in alphabetical order."""
    return sorted({*built_in, *(point.name for point in entry_points(group=group))})
