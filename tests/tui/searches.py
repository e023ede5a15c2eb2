"""Views of the searches in the sample ledger, a minute after their last fact."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agilml.ledger import queries
from agilml.project import Project
from agilml.testing.ledgers import sample_clock
from agilml.tui.frame import frame, room
from agilml.tui.view import SweepReader, SweepView
from tests.tui.sweeps import LOAD, text_of


@contextmanager
def looking(project: Project, sweep: str, since: float = 0.0) -> Iterator[SweepReader]:
    """Yield a reader of the sweep; within the block the time stands still."""
    with queries.reader(project.ledger) as db:
        (last,) = db.execute("SELECT max(time) FROM fact").fetchone()
        with sample_clock(last + 60.0, 0.0):
            yield SweepReader(db, project, sweep, since)


def look(project: Project, sweep: str, rows: int = 100) -> SweepView:
    """Return one view of the sweep."""
    with looking(project, sweep) as reader:
        return reader.read(rows, news=True)


def screen_text(project: Project, sweep: str, width: int, height: int) -> str:
    """Return one frame as plain text."""
    limits = bool(look(project, sweep, 0).limits)
    view = look(project, sweep, room(height, limits=limits))
    return text_of(frame(view, LOAD, width, height))
