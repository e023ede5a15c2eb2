"""What ``agil.toml`` says to the courier."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from agilml.errors import ConfigError
from agilml.project import Project
from agilml.sweep.companion import ships, writes_tensorboard
from agilml.text import safe_text

SYNC_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class CourierSettings:
    """The settings of one project's courier.

    Attributes:
        tensorboard: whether event files are written.
        ships: whether there is a remote to ship to and to sync with.
        sync_seconds: time between two syncs.
        max_mb_per_s: most megabytes (1e6 bytes) a second that uploads take on average; None means no limit.
    """

    tensorboard: bool
    ships: bool
    sync_seconds: float = SYNC_SECONDS
    max_mb_per_s: float | None = None

    @classmethod
    def of(cls, project: Project) -> Self:
        """Return the settings of ``project``.

        Raises:
            ConfigError: one cannot be meant; the message names it.
        """
        remote = project.settings.get("remote")
        table: Mapping[str, Any] = remote if isinstance(remote, Mapping) else {}
        auto = table.get("auto", True)
        if not isinstance(auto, bool):
            raise _refused(project, "auto", "true or false", auto)
        return cls(
            writes_tensorboard(project),
            ships(project),
            _positive(project, table, "sync_seconds") or SYNC_SECONDS,
            _positive(project, table, "max_mb_per_s"),
        )


def _positive(project: Project, table: Mapping[str, Any], name: str) -> float | None:
    value = table.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise _refused(project, name, "a number above 0", value)
    return float(value)


def _refused(project: Project, name: str, meant: str, value: object) -> ConfigError:
    return ConfigError(
        f"[remote] {name} in agil.toml is {meant}, not {safe_text(value)}",
        next=f"edit {project.root / 'agil.toml'}",
    )
