"""AgilML: sweeps that search well, cannot be lost, and let models through only on evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Preempted", "Pruned", "Run", "__version__", "current_run"]

if TYPE_CHECKING:
    from agilml.worker.run import Preempted, Pruned, Run, current_run


def __getattr__(name: str) -> Any:
    # The handle is looked up on first use, so that `import agilml` stays free for the CLI.
    if name in ("Run", "Pruned", "Preempted", "current_run"):
        from agilml.worker import run

        return getattr(run, name)
    raise AttributeError(f"module 'agilml' has no attribute {name!r}")
