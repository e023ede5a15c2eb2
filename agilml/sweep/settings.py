"""What a controller needs to know of its sweep, read from the sweep's recorded spec."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agilml.errors import ConfigError
from agilml.sweep.budget import check_budget
from agilml.sweep.pinned import PinnedData
from agilml.sweep.policy import Tries
from agilml.text import safe_text

ATTEMPTS = {"max": 1, "oom": 1, "lost": 1, "timeout_minutes": 0}
"""Keys below ``attempts``: whole numbers from 1, and one that is a time above 0."""


@dataclass(slots=True)
class Settings:
    """What a controller needs to know of its sweep."""

    recipe: str
    metric: str
    mode: str
    project: Path
    runs: Path
    tries: Tries = field(default_factory=Tries)
    timeout_seconds: float | None = None
    beat_seconds: float = 5.0
    data: PinnedData = field(default_factory=PinnedData)


def settings_of(spec: Mapping[str, Any], project: Path, runs: Path) -> Settings:
    """Return the controller's settings from a sweep's recorded spec."""
    attempts = spec.get("attempts") or {}
    minutes = attempts.get("timeout_minutes")
    known = Tries()
    return Settings(
        recipe=str(spec["recipe"]),
        metric=str(spec["metric"]),
        mode=str(spec["mode"]),
        project=project,
        runs=runs,
        tries=Tries(
            int(attempts.get("max") or known.user),
            int(attempts.get("oom") or known.oom),
            int(attempts.get("lost") or known.lost),
        ),
        timeout_seconds=None if minutes is None else float(minutes) * 60,
        beat_seconds=float(spec.get("beat_seconds") or 5.0),
        data=PinnedData(project, runs.parent, spec.get("pins") or ()),
    )


def check_settings(shared: Mapping[str, Any]) -> None:
    """Return if the settings of a sweep make sense.

    Raises:
        ConfigError: one does not; the message names it.
    """
    if shared["mode"] not in ("max", "min"):
        raise ConfigError(
            f"mode is `max` or `min`, not `{shared['mode']}`", next="agil sweep … mode=max"
        )
    check_budget(shared.get("budget"))
    attempts = shared.get("attempts") or {}
    for name, low in ATTEMPTS.items():
        value = attempts.get(name)
        if value is not None and not _fits(value, low):
            above = "a whole number from 1" if low else "more than 0"
            raise ConfigError(
                f"attempts.{name} is {above}, or null; not {safe_text(value)}",
                next=f"attempts.{name}=null",
            )


def _fits(value: Any, low: int) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (value >= 1 and value == int(value)) if low else 0 < value < math.inf
