"""What a controller needs to know of its sweep, read from the sweep's recorded spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.errors import ConfigError


@dataclass(slots=True)
class Settings:
    """What a controller needs to know of its sweep."""

    recipe: str
    metric: str
    mode: str
    project: Path
    runs: Path
    max_attempts: int = 1
    timeout_seconds: float | None = None
    hours: float | None = None
    beat_seconds: float = 5.0


def settings_of(spec: Mapping[str, Any], project: Path, runs: Path) -> Settings:
    """Return the controller's settings from a sweep's recorded spec."""
    attempts = spec.get("attempts") or {}
    minutes = attempts.get("timeout_minutes")
    return Settings(
        recipe=str(spec["recipe"]),
        metric=str(spec["metric"]),
        mode=str(spec["mode"]),
        project=project,
        runs=runs,
        max_attempts=int(attempts.get("max") or 1),
        timeout_seconds=None if minutes is None else float(minutes) * 60,
        hours=(spec.get("budget") or {}).get("hours"),
        beat_seconds=float(spec.get("beat_seconds") or 5.0),
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
    attempts, budget = shared.get("attempts") or {}, shared.get("budget") or {}
    least = {
        "attempts.max": (attempts.get("max"), 1),
        "attempts.timeout_minutes": (attempts.get("timeout_minutes"), 0),
        "budget.trials": (budget.get("trials"), 1),
        "budget.hours": (budget.get("hours"), 0),
    }
    for name, (value, low) in least.items():
        if value is not None and (value < low or (low == 0 and value == 0)):
            above = "at least 1" if low else "more than 0"
            raise ConfigError(f"{name} is {above}, or null; not {value}", next=f"{name}=null")
