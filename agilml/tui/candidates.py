"""The candidates that a summary shows, in a table with the runs that failed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import short
from agilml.report.candidates import spread_cells
from agilml.report.words import SIGNS, cell_text, params_text, short_names
from agilml.sweep.candidates import CandidateRow, repeated_keys
from agilml.text import safe_text
from agilml.tui.layout import Column, Line, Row, table_lines
from agilml.tui.words import STYLES, error_line

COMPARED = 8
"""With more sides than this a comparison says little: each of them makes all verdicts more careful."""


def candidate_lines(
    sweep: SweepRow,
    candidates: Sequence[CandidateRow],
    failed: Sequence[RunRow],
    params: Sequence[str],
    width: int | None,
) -> list[Line]:
    """Return a table of ``candidates``; behind them the failed runs, with their repetition and their error.

    ``params`` names the parameters that differ in the sweep, those that only repeat among them.
    """
    repeats = repeated_keys(sweep)
    common = [name for name in params if name not in repeats]
    names = short_names(common)
    columns = [
        Column("best run", lead=True),
        *(Column(names[name], right=True, drop=1, lead=True) for name in common),
        Column(f"mean {sweep.metric}", right=True),
        Column("± sd", right=True),
        Column("runs", right=True),
        *([Column("state", drop=3)] if any(not one.complete for one in candidates) else []),
    ]
    rows = [
        Row(
            str(rank),
            STYLES[one.state],
            _cells(one, common)[: len(columns)],
            strong=len(common) + 1 if rank == 1 else None,
        )
        for rank, one in enumerate(candidates, 1)
    ]
    for run in failed:
        which = params_text({name: run.params[name] for name in repeats if name in run.params})
        lead = [short(run.run), *_params(run.params, common)]
        cells = [*lead, *("" for _ in columns[len(lead) :])]
        message = f"{which} {error_line(run)}".lstrip()
        rows.append(Row(SIGNS[run.state], STYLES[run.state], cells, message=message))
    return table_lines(columns, rows, width)


def compare_command(sweep: SweepRow, candidates: Sequence[CandidateRow]) -> str | None:
    """Return the command that compares a few candidates that differ by one parameter, else None."""
    if len(candidates) > COMPARED:
        return None
    values: dict[str, set[str]] = {}
    for one in candidates:
        for name, value in one.params.items():
            values.setdefault(name, set()).add(repr(value))
    differing = [name for name, found in values.items() if len(found) > 1]
    if len(differing) != 1:
        return None
    return f"agil compare {short(sweep.id)} --by {shlex.quote(safe_text(differing[0]))}"


def _cells(one: CandidateRow, params: Sequence[str]) -> list[str]:
    mean, sd = spread_cells(one.mean, one.sd)
    return [
        short(one.best or one.runs[0]),
        *_params(one.params, params),
        mean or "-",
        sd or "-",
        f"{one.n}/{len(one.runs)}",
        one.state.value,
    ]


def _params(values: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [cell_text(values[name]) if name in values else "-" for name in names]
