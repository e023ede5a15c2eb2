"""Sweeps for screens to show, written into real ledgers the way controllers write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agilml.ledger import queries
from agilml.ledger.control import Control, Turn
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState
from agilml.project import Project
from agilml.testing.ledgers import (
    CONFIG,
    HOST,
    START,
    Outcome,
    SampleSweep,
    log_sample,
    plan_sample,
    run_sample,
    sample_clock,
    start_sample,
)
from agilml.tui.frame import frame, room
from agilml.tui.layout import Line
from agilml.tui.usage import GpuUse, Usage
from agilml.tui.view import SweepReader, SweepView

NOW = START + 100.0
LOAD = Usage(87.0, 8, 21.5, 64.0, (GpuUse(0, 98.0, 71.2, 80.0), GpuUse(1, 3.0, 0.4, 80.0)))
Write = Callable[[Turn, SampleSweep], None]


def points(count: int) -> list[dict[str, Any]]:
    """Return points of three parameters that differ and one that does not."""
    return [
        {
            "optim.lr": (0.1, 0.01, 0.001)[i % 3],
            "model.depth": 8 + 6 * (i // 3 % 2),
            "seed": i // 6,
            "epochs": 3,
        }
        for i in range(count)
    ]


def write_sweep(
    project: Project,
    params: Sequence[Mapping[str, Any]],
    write: Write | None = None,
    *,
    metric: str = "val_acc",
    mode: str = "max",
) -> SampleSweep:
    """Plan a sweep at :data:`START` in a ledger of ``project``, and let ``write`` record what happens."""
    project.make_state()
    config = {**CONFIG, "metric": metric, "mode": mode}
    with sample_clock(), Ledger.open(project.ledger) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        made = plan_sample(ledger, params, config=config)
        if write is not None:
            with Control.take(ledger, made.id, HOST, 4120).turn() as turn:
                write(turn, made)
    return made


def learn(top: float, steps: int = 12) -> dict[str, Sequence[float | int | str]]:
    """Return the curves of a run whose accuracy ends at ``top``."""
    accuracy = [round(top * (1 - 0.6 ** (i + 1)), 4) for i in range(steps)]
    return {
        "loss": [round(1 - a, 4) for a in accuracy],
        "val_acc": [*accuracy],
        "test_acc": [round(top - 0.01, 4)],
    }


def busy(turn: Turn, made: SampleSweep) -> None:
    """Record: six runs ended, one of them failed; three are running, one at its second attempt."""
    for i, top in enumerate((0.95, 0.91, 0.97, 0.89, 0.93)):
        run_sample(turn, made.trials[i], Outcome(learn(top), seconds=20.0 + i))
    error = "Traceback (most recent call last):\n  …\nRuntimeError: CUDA out of memory at step 40\n"
    run_sample(turn, made.trials[5], Outcome(learn(0.5, 2), AttemptState.FAILED, error, 3.0))
    lost = Outcome({}, AttemptState.LOST, "the node is gone")
    run_sample(turn, made.trials[6], lost)
    for i, top in ((6, 0.94), (7, 0.99), (8, 0.6)):
        lease = start_sample(turn, made.trials[i], f"local:{i - 6}")
        log_sample(turn, lease, {"val_acc": learn(top, 4)["val_acc"]})


@contextmanager
def recording(project: Project, made: SampleSweep) -> Iterator[Turn]:
    """Yield a turn of a controller that takes the sweep; it is committed at the end of the block."""
    with Ledger.open(project.ledger) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        control = Control.take(ledger, made.id, HOST, 4120)
        with control.turn() as turn:
            yield turn


def add(
    project: Project, made: SampleSweep, trial: int, outcome: Outcome, *, at: float = NOW
) -> None:
    """Record one more run that starts and ends at ``at``, in a transaction of its own."""
    with sample_clock(at, 0.0), recording(project, made) as turn:
        run_sample(turn, made.trials[trial], outcome)


@contextmanager
def reading(project: Project, sweep: str, since: float = 0.0) -> Iterator[SweepReader]:
    """Yield a reader of the sweep; within the block it is :data:`NOW`."""
    with sample_clock(NOW, 0.0), queries.reader(project.ledger) as db:
        yield SweepReader(db, project, sweep, since)


def look(project: Project, sweep: str, rows: int = 100) -> SweepView:
    """Return one view of the sweep at :data:`NOW`."""
    with reading(project, sweep) as reader:
        return reader.read(rows, news=True)


def screen_text(project: Project, sweep: str, width: int, height: int, *, live: bool = True) -> str:
    """Return one frame as plain text."""
    view = look(project, sweep, room(height))
    return text_of(frame(view, LOAD if live else None, width, height, live=live))


def text_of(lines: Sequence[Line]) -> str:
    """Return lines without their styles."""
    return "".join("".join(part for part, _ in line) + "\n" for line in lines)


def project_at(root: Path) -> Project:
    """Return the project of the ``project`` fixture."""
    return Project(root, root / ".agil")
