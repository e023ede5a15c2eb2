"""Where a project's remote is: ``[remote]`` of ``agil.toml``, and the environment."""

from __future__ import annotations

import os
from typing import Any

from agilml.errors import ConfigError
from agilml.project import Project
from agilml.store.base import Remote
from agilml.store.opening import open_remote
from agilml.text import safe_text

ADDRESS = "AGIL_REMOTE"
"""Environment variable with an address; it goes before ``url``."""

SSH_CONFIG = "AGIL_SSH_CONFIG"
"""Environment variable with a file for ``ssh -F``. Never read from a project: it can run programs."""

_TEXTS = ("url", "owner", "sse", "kms_key", "endpoint", "region", "profile")


def address_of(project: Project) -> str | None:
    """Return the address of the project's remote; None if it has none.

    Raises:
        ConfigError: ``[remote]`` in ``agil.toml`` is not a table of texts.
    """
    return os.environ.get(ADDRESS) or _table(project).get("url")


def remote_of(project: Project) -> Remote | None:
    """Return the project's remote, unused so far; None if it has none.

    Raises:
        ConfigError: its address or a setting cannot be meant.
    """
    address = address_of(project)
    return remote_at(project, address) if address else None


def remote_at(project: Project, address: str) -> Remote:
    """Return the remote at an address, reached with the project's settings.

    Raises:
        ConfigError: the address or a setting cannot be meant.
    """
    table = _table(project)
    settings = {name: table[name] for name in _TEXTS if name in table and name != "url"}
    if path := os.environ.get(SSH_CONFIG):
        settings["ssh_config"] = path
    return open_remote(address, settings)


def _table(project: Project) -> dict[str, Any]:
    table = project.settings.get("remote") or {}
    next_step = f"edit {project.root / 'agil.toml'}"
    if not isinstance(table, dict):
        raise ConfigError("`remote` in agil.toml is a table: [remote]", next=next_step)
    for name in _TEXTS:
        if name in table and not isinstance(table[name], str):
            raise ConfigError(
                f"[remote] {name} in agil.toml is a text in quotes, not {safe_text(table[name])}",
                next=next_step,
            )
    return table
