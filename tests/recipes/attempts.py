"""Attempts of packaged recipes with the real handle, in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.worker.config import Config
from agilml.worker.order import Order, SavedCheckpoint
from agilml.worker.run import Run
from agilml.worker.spool import Batch, SpoolReader, SpoolWriter

Recipe = Callable[[Config, Run], None]


@dataclass(frozen=True)
class Attempt:
    """What one attempt left behind, as its watcher reads it."""

    batch: Batch

    def series(self, name: str) -> list[float]:
        """Return the values that were logged with a step, in order."""
        steps, values, _ = self.batch.series[name]
        return [value for step, value in zip(steps, values, strict=True) if step is not None]

    def steps(self, name: str) -> list[int | None]:
        """Return the steps of a metric, in order."""
        return list(self.batch.series[name][0])

    def final(self, name: str) -> float:
        """Return the last value of a metric."""
        return float(self.batch.series[name][1][-1])

    @property
    def checkpoints(self) -> tuple[SavedCheckpoint, ...]:
        """Every kept checkpoint, newest first, as a later attempt gets them."""
        events = self.batch.checkpoints
        dropped = {folder for event in events for folder in event["drop"]}
        return tuple(
            SavedCheckpoint("t-1.1", event["step"], event["dir"], event["sha256"], event["value"])
            for event in reversed(events)
            if event["dir"] not in dropped
        )


def handle(
    folder: Path,
    *,
    seed: int = 0,
    metric: str = "val_acc",
    mode: str = "max",
    checkpoints: Sequence[SavedCheckpoint] = (),
    attempt: str = "t-1.1",
) -> Run:
    """Return a run whose attempt folder is ``folder``."""
    order = Order(
        attempt=attempt,
        fence=1,
        folder=str(folder),
        project=str(folder.parent),
        recipe="",
        config={},
        seed=seed,
        metric=metric,
        mode=mode,
        checkpoints=tuple(checkpoints),
    )
    return Run(order, SpoolWriter(folder))


def read(folder: Path) -> Attempt:
    """Return what the attempt in ``folder`` has written so far."""
    reader = SpoolReader(folder)
    try:
        return Attempt(reader.read())
    finally:
        reader.close()


def execute(train: Recipe, config: dict[str, Any], folder: Path, **order: Any) -> Attempt:
    """Execute a recipe to its end, and return what it left."""
    train(Config(config), handle(folder, **order))
    return read(folder)
