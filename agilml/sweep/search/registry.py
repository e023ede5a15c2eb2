"""What samplers and stoppers have in common: finding one by name, and saying which library is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

from agilml.errors import ConfigError
from agilml.text import safe_text

EXTRAS = {"optuna": "search", "cmaes": "search", "scipy": "search", "torch": "torch"}
"""Which extra brings which library."""


def plugged_in(group: str, kind: str, name: str, built_in: Iterable[str]) -> Any:
    """Return the factory that a plug-in offers under ``name``.

    Raises:
        ConfigError: nobody offers that name.
    """
    for point in entry_points(group=group, name=name):
        return point.load()
    known = names(group, built_in)
    raise ConfigError(
        f"no {kind} `{safe_text(name)}`; there are: {', '.join(known)}",
        next=f"agil sweep … {kind}={known[0]}",
    )


def names(group: str, built_in: Iterable[str]) -> list[str]:
    """Return every name that can be asked for."""
    return sorted({*built_in, *(point.name for point in entry_points(group=group))})


@contextmanager
def needed_by(kind: str, name: str) -> Iterator[None]:
    """Turn the lack of a library into an error that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in EXTRAS:
            raise
        raise ConfigError(
            f"{kind} `{name}` needs {library}, which is not installed",
            next=f"pip install 'agilml[{EXTRAS[library]}]'",
        ) from error
