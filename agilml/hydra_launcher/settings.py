"""The settings of the launcher, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agilml.errors import ConfigError
from agilml.sweep.settings import check_settings
from agilml.text import safe_text

ISOLATIONS = ("auto", "fork", "spawn")


@dataclass(frozen=True, slots=True)
class LauncherSettings:
    """What stands under ``hydra.launcher``; see :class:`hydra_plugins.agilml_launcher.launcher`.

    Raises:
        ConfigError: a value makes no sense.
    """

    slots: int | None = None
    isolation: str = "auto"
    cpus: float = 1
    gpus: float | None = None
    memory_gb: float = 0
    attempts: int = 1
    timeout_minutes: float | None = None
    metric: str = "value"
    mode: str | None = None
    retry: bool = True
    rerun: bool = False
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.isolation not in ISOLATIONS:
            raise ConfigError(
                f"hydra.launcher.isolation is auto, fork or spawn, not `{safe_text(self.isolation)}`",
                next="hydra.launcher.isolation=auto",
            )
        check_settings({"mode": self.mode or "min", "attempts": self.limits})

    @property
    def executor(self) -> dict[str, Any]:
        """The settings of the executor, as they go into the ledger."""
        resources = {"cpus": self.cpus, "gpus": self.gpus, "memory_gb": self.memory_gb}
        return {
            "name": "hydra",
            "slots": self.slots,
            "isolation": self.isolation,
            "resources": resources,
        }

    @property
    def limits(self) -> dict[str, Any]:
        """The limits of attempts, as they go into the ledger."""
        return {"max": self.attempts, "timeout_minutes": self.timeout_minutes}
