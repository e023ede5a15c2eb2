"""Which library a sampler or stopper lacks, and how to install it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agilml.errors import ConfigError

EXTRAS = {"optuna": "search", "cmaes": "search", "scipy": "search", "torch": "torch"}
"""Which extra brings which library."""


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
