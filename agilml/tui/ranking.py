"""What a summary shows: the best runs, the best candidates or the Pareto front, and the runs that failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agilml.ledger import queries, queries_search, screen
from agilml.ledger.queries_search import Ending
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import TrialState, short
from agilml.report.candidates import candidates_line
from agilml.report.endings import ending_mark
from agilml.report.front import front_line
from agilml.report.words import SIGNS, cell_text, metric_text, short_names
from agilml.sweep.candidates import CandidateRow, repeated_keys
from agilml.sweep.standing import (
    best_run,
    best_runs,
    objectives_of,
    pareto_front,
    ranked_candidates,
)
from agilml.text import clock
from agilml.tui.candidates import candidate_lines
from agilml.tui.layout import Column, Line, Row, table_lines
from agilml.tui.words import STYLES, error_line

RANKED = 10
FAILED = 10
METRICS = 6


@dataclass(frozen=True, slots=True)
class Ranking:
    """What the table holds.

    Attributes:
        ranked: the best runs, or those of the Pareto front; where there are candidates, the best run alone.
        front: a line about that front; empty with one objective.
        values: by run, the value of every objective.
        candidates: the best candidates, where runs are repetitions and there is one objective.
        about: a line about them; empty where there are none.
    """

    params: Sequence[str]
    ranked: Sequence[RunRow]
    failed: Sequence[RunRow]
    endings: Mapping[str, Ending]
    objectives: Mapping[str, str]
    values: Mapping[str, Sequence[float | None]]
    front: str = ""
    candidates: Sequence[CandidateRow] = ()
    about: str = ""


def read_ranking(db: sqlite3.Connection, sweep: SweepRow) -> Ranking:
    """Return the best runs, the best candidates or the Pareto front, and the first runs that failed."""
    objectives, front_text = objectives_of(sweep), ""
    candidates: Sequence[CandidateRow] = ()
    about = ""
    values: dict[str, Sequence[float | None]] = {}
    if len(objectives) > 1:
        front = pareto_front(db, sweep)
        ranked = list(front.runs[:RANKED])
        values.update(front.values)
        front_text = front_line(front, len(ranked))
    elif repeated_keys(sweep):
        every = ranked_candidates(db, sweep)
        best = best_run(db, sweep, every)
        ranked = [best] if best else []
        kept = [one for one in every if one.feasible]
        candidates = kept[:RANKED]
        about = candidates_line(len(kept), len(candidates), len(every) - len(kept))
    else:
        ranked = best_runs(db, sweep, RANKED, (TrialState.SUCCEEDED, TrialState.PRUNED))
        values.update((row.run, [row.best]) for row in ranked)
    return Ranking(
        screen.differing_params(db, sweep.id),
        ranked,
        queries.runs_of_sweep(db, sweep.id, states=(TrialState.FAILED,), limit=FAILED),
        queries_search.endings(db, [row.run for row in ranked]),
        objectives,
        values,
        front_text,
        candidates,
        about,
    )


def ranking_lines(sweep: SweepRow, shown: Ranking, width: int | None) -> list[Line]:
    """Return a table of the runs or candidates; runs that failed stand behind the others and say why."""
    if shown.about:
        return candidate_lines(sweep, shown.candidates, shown.failed, shown.params, width)
    names = short_names(shown.params)
    metrics = _metrics(shown, sweep, names.values())
    ended = any(ending_mark(row.state, shown.endings.get(row.run)) for row in shown.ranked)
    columns = [
        Column("run", lead=True),
        *(Column(names[name], right=True, drop=1, lead=True) for name in shown.params),
        *(Column(f"best {name}", right=True) for name in shown.objectives),
        *(Column(name, right=True, drop=4 if i else 2) for i, name in enumerate(metrics)),
        Column("time", right=True, drop=3),
        *([Column("ended by", drop=3)] if ended else []),
    ]
    rows: list[Row] = []
    for rank, row in enumerate(shown.ranked, 1):
        best = rank == 1 and not shown.front
        rows.append(
            Row(
                SIGNS[row.state] if shown.front else str(rank),
                STYLES[row.state],
                _cells(shown, row, metrics)[: len(columns)],
                strong=len(shown.params) + 1 if best else None,
            )
        )
    for row in shown.failed:
        cells = _cells(shown, row, metrics)[: len(columns)]
        rows.append(Row(SIGNS[row.state], STYLES[row.state], cells, message=error_line(row)))
    return table_lines(columns, rows, width)


def _cells(shown: Ranking, row: RunRow, metrics: Sequence[str]) -> list[str]:
    values = shown.values.get(row.run) or [None for _ in shown.objectives]
    return [
        short(row.run),
        *(cell_text(row.params[name]) if name in row.params else "-" for name in shown.params),
        *(metric_text(value) or "-" for value in values),
        *(metric_text(row.metrics.get(name)) or "-" for name in metrics),
        clock(row.seconds),
        ending_mark(row.state, shown.endings.get(row.run)),
    ]


def _metrics(shown: Ranking, sweep: SweepRow, params: Iterable[str]) -> list[str]:
    # Two columns `lr`, what was searched and where a schedule left it, only confuse.
    return final_metrics(shown.ranked, sweep.metric, without={*shown.objectives, *params})


def final_metrics(rows: Sequence[RunRow], main: str, *, without: Collection[str] = ()) -> list[str]:
    """Return the names of the metrics to show: those that end like ``main`` first (``test_acc``)."""
    ending = main.replace("/", "_").rpartition("_")[2]
    hidden = {main, *without}
    found = dict.fromkeys(name for row in rows for name in row.metrics if name not in hidden)

    def order(name: str) -> tuple[bool, str]:
        return name.replace("/", "_").rpartition("_")[2] != ending, name

    return sorted(found, key=order)[:METRICS]
