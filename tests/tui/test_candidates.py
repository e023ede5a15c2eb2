"""The summary of a sweep whose runs are repetitions ranks candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from agilml.ledger import queries
from agilml.project import Project
from agilml.report.table import width_of
from agilml.tui.summary import summary_lines
from tests.golden.files import same_as_file
from tests.sweep.seeds import LUCKY, REPEATED, Value, write_grid
from tests.tui.sweeps import text_of


def summary(here: Project, sweep: str, width: int | None = None) -> str:
    with queries.reader(here.ledger) as db:
        return text_of(summary_lines(db, sweep, width=width))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_summary_of_candidates(here: Project, width: int) -> None:
    text = summary(here, write_grid(here.ledger, LUCKY).id, width)
    assert all(width_of(line) <= width for line in text.splitlines())
    same_as_file(f"tui-summary-candidates-{width}.txt", text)


def test_the_state_is_shown_where_a_candidate_is_not_complete(here: Project) -> None:
    text = summary(here, write_grid(here.ledger, {0.1: [0.5, 0.6], 0.2: [0.7, 0.8]}).id)
    assert "state" not in text
    rank, _, *cells = text.splitlines()[3].split()
    assert (rank, cells) == ("1", ["0.2", "0.7500", "0.0707", "2/2"])


@pytest.mark.parametrize(
    ("results", "comparison"),
    [
        ({0.1: [0.5, 0.6], 0.2: [0.7, 0.8]}, True),
        ({0.1: [0.5, 0.6]}, False),
        ({i / 10: [0.5, 0.6] for i in range(9)}, False),
    ],
)
def test_a_few_candidates_are_to_be_compared_and_never_two_lucky_runs(
    here: Project, results: Mapping[float, Sequence[Value]], comparison: bool
) -> None:
    made = write_grid(here.ledger, results)
    text = summary(here, made.id)
    assert (f"agil compare {made.id[:10]} --by optim.lr\n" in text) == comparison
    assert text.count("agil compare") == comparison


def test_several_objectives_are_still_a_front(here: Project) -> None:
    spec = {**REPEATED, "objectives": {"val_acc": "max", "size_mb": "min"}}
    text = summary(here, write_grid(here.ledger, LUCKY, spec=spec).id)
    assert "Pareto front: 1 run\n" in text
    assert "by the mean of their runs" not in text


def test_candidates_that_have_nothing_yet_are_listed_in_the_order_planned(here: Project) -> None:
    text = summary(
        here, write_grid(here.ledger, {0.1: [None, None], 0.2: [None, None]}, done=False).id
    )
    assert "2 candidates by the mean of their runs\n" in text
    assert [line.split()[2] for line in text.splitlines()[3:5]] == ["0.1", "0.2"]
