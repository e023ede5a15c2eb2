"""Any command line, with config values as arguments: ``agil sweep conf=command argv=[…] lr=0.1,0.2``."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agilml.errors import RecipeError
from agilml.recipes.program.arguments import argv_of, fill
from agilml.recipes.program.metrics import MetricsFile
from agilml.recipes.program.process import Program
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run

METRICS_VARIABLE = "AGIL_METRICS"
_POLL_SECONDS = 0.1
_LAST_LINES = 5


def train(cfg: Config, run: Run) -> None:
    """Run ``cfg.argv`` in the project folder, and log what it writes to its metrics file.

    The program finds the file's path in ``$AGIL_METRICS``, and a Python program finds this run with
    ``agilml.current_run()``. It is ended when the trial is, and dies with this process.

    Raises:
        ConfigError: ``argv`` is empty or asks for what the config has not.
        RecipeError: the program cannot be started, or its exit code is not 0.
    """
    values = _values(cfg, run)
    argv = argv_of(cfg.argv, values)
    metrics_path = _metrics_path(cfg, run, values)
    metrics = MetricsFile(metrics_path, run)
    environment = {
        **os.environ,
        **run.environment(),
        METRICS_VARIABLE: str(metrics_path),
        **{name: fill(str(value), values) for name, value in (cfg.get("env") or {}).items()},
    }
    try:
        with Program(argv, environment, grace_seconds=float(cfg.grace_seconds)) as program:
            while (code := program.wait(_POLL_SECONDS)) is None:
                metrics.follow()
                run.boundary()
    finally:
        metrics.finish()
    if code != 0:
        raise _failure(argv[0], code, program.tail)


def _values(cfg: Config, run: Run) -> dict[str, Any]:
    """Return the config, and under ``run`` what only this attempt knows."""
    own = {"folder": str(run.folder), "seed": run.seed, "threads": run.threads}
    return {**cfg.to_dict(), "run": own}


def _metrics_path(cfg: Config, run: Run, values: dict[str, Any]) -> Path:
    given = cfg.get("metrics_file")
    if not given:
        return run.folder / "metrics.jsonl"
    return Path(fill(str(given), values)).expanduser().absolute()


def _failure(program: str, code: int, tail: str) -> RecipeError:
    ended = f"exited with code {code}"
    if code < 0:
        ended = f"was ended by signal {-code} ({signal.strsignal(-code)})"
    lines = [safe_text(line) for line in tail.splitlines() if line.strip()][-_LAST_LINES:]
    shown = f": {' | '.join(lines)}" if lines else ""
    return RecipeError(
        f"{safe_text(program)} {ended}{shown}", kept="what it logged", next="agil logs RUN"
    )
