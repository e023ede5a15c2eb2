"""The project: a folder with ``agil.toml``, its configuration, its recipes and its state."""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agilml.errors import ConfigError, LedgerError

MARKER = "agil.toml"
STATE = ".agil"


@dataclass(frozen=True, slots=True)
class Project:
    """Where everything of one project lies.

    Attributes:
        root: the project's folder (absolute).
        state: ledger, runs and caches; ``.agil`` below the root unless AGIL_STATE says otherwise.
        settings: content of ``agil.toml``; empty without one.
    """

    root: Path
    state: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ledger(self) -> Path:
        """The ledger's database file."""
        return self.state / "ledger.db"

    @property
    def conf(self) -> Path:
        """The folder of the project's own configuration; it need not exist."""
        return self.root / str(self.settings.get("conf", "conf"))

    @property
    def runs(self) -> Path:
        """The folder that holds one folder per attempt."""
        return self.state / "runs"

    def sweep_folder(self, sweep: str) -> Path:
        """Return the folder of a sweep's controller: its lock and its log."""
        return self.state / "sweeps" / sweep

    def make_state(self) -> None:
        """Create the state folder (0700), kept out of Git whatever the project's ``.gitignore`` says.

        Raises:
            LedgerError: the project's folder cannot be written.
        """
        try:
            self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
            ignore = self.state / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n")
            self.runs.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise LedgerError(
                f"{self.state} cannot be written: {error.strerror}",
                kept="nothing was started",
                next="make the project's folder writable, or set AGIL_STATE to a folder that is",
            ) from error


def find_project(start: Path | None = None) -> Project:
    """Return the project that ``start`` (by default the working directory) is in.

    The nearest folder upwards with ``agil.toml``, or else with ``.agil``, or else ``start`` itself: a
    project needs no ceremony.

    Raises:
        ConfigError: ``agil.toml`` is not valid TOML.
    """
    start = (start or Path.cwd()).resolve()
    chain = [start, *start.parents]
    root = next((p for p in chain if (p / MARKER).is_file()), None)
    root = root or next((p for p in chain if (p / STATE / "ledger.db").is_file()), start)
    settings: dict[str, Any] = {}
    marker = root / MARKER
    if marker.is_file():
        try:
            settings = tomllib.loads(marker.read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{marker} is not valid TOML: {error}", next=f"edit {marker}"
            ) from error
    state = Path(os.environ.get("AGIL_STATE") or root / STATE)
    return Project(root, state.absolute(), settings)


def user() -> str:
    """Return the name of the person at the keyboard."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
