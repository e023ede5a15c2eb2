from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.project import Project
from agilml.testing.ledgers import HOST, SampleSweep, plan_sample

pytest.importorskip("tensorboard")

Curve = list[tuple[int, float]]


class Lab:
    """A project whose attempts are recorded by the test instead of being executed."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.project = Project(root, root / ".agil")
        self.project.make_state()

    def plan(self, points: Sequence[Mapping[str, Any]], name: str = "sample") -> SampleSweep:
        """Plan a sweep over ``points``."""
        with Ledger.open(self.project.ledger) as ledger:
            return plan_sample(ledger, points, name=name)

    @contextmanager
    def control(self, sweep: SampleSweep) -> Iterator[Control]:
        """Be the sweep's controller."""
        with Ledger.open(self.project.ledger) as ledger:
            yield Control.take(ledger, sweep.id, HOST, 1)

    def run_folder(self, sweep: SampleSweep, i: int = 0) -> Path:
        """Return the folder with the event files of the sweep's ``i``-th trial."""
        return self.project.state / "tensorboard" / sweep.id / sweep.trials[i]

    def event_files(self) -> dict[str, bytes]:
        """Return every event file that was written, by its path below the folder of all."""
        root = self.project.state / "tensorboard"
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*tfevents*"))
        }

    def forget_how_far(self) -> None:
        """Let the next one who writes event files look at every fact again."""
        (self.project.state / "tensorboard" / ".written.json").unlink()


@pytest.fixture
def lab(project: Path) -> Lab:
    """Return an empty project that is the working directory."""
    return Lab(project)


def scalars(folder: Path) -> dict[str, Curve]:
    """Return the curves of a run as TensorBoard's own reader sees them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    reader.Reload()
    return {
        tag: [(event.step, event.value) for event in reader.Scalars(tag)]
        for tag in reader.Tags()["scalars"]
    }
