"""Lists of runs: as a table for people, as JSON, as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agilml.ledger.queries_search import Ending
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import TrialState, short
from agilml.report.endings import ending_text, method_text
from agilml.report.fields import iso_time
from agilml.report.table import Column, table
from agilml.report.words import (
    COLOURS,
    SIGNS,
    cell_text,
    metric_text,
    params_text,
    short_names,
    state_counts,
    value_text,
)
from agilml.text import clock, plural, safe_text

_METRICS_SHOWN = 6

REASON = 14
"""Why a run ended is shown where this much of it fits."""


def runs_table(rows: Sequence[RunRow], *, width: int | None, colour: bool) -> list[str]:
    """Return runs of any sweeps, one line each: what they differ by stands in one column."""
    columns = [
        Column("run"),
        Column("state"),
        Column("params", keep=1),
        Column("best", right=True),
        Column("time", right=True, keep=2),
        Column("sweep", keep=3),
        Column("tags", keep=4),
    ]
    cells = [
        [
            f"{SIGNS[row.state]} {short(row.run)}",
            row.state,
            params_text(row.params),
            f"{row.metric} {metric_text(row.best)}" if row.best is not None else "",
            clock(row.seconds),
            short(row.sweep),
            ", ".join(row.tags),
        ]
        for row in rows
    ]
    return table(columns, cells, width=width, colours=_colours(rows, colour))


def sweep_table(
    rows: Sequence[RunRow],
    *,
    width: int | None,
    colour: bool,
    endings: Mapping[str, Ending] | None = None,
) -> list[str]:
    """Return runs of one sweep: one column per differing parameter, the sweep's metric at its best first."""
    params = varying(rows)
    names = short_names(params)
    metrics = _metric_names(rows, names.values())
    main = rows[0].metric if rows else ""
    columns = [
        Column("run"),
        Column("state"),
        *(Column(names[name], right=_numeric(rows, name), keep=1) for name in params),
        Column(f"best {main}", right=True),
        *(Column(name, right=True, keep=3) for name in metrics),
        Column("time", right=True, keep=2),
        Column("tags or reason", keep=4, least=REASON),
    ]
    cells = [
        [
            f"{SIGNS[row.state]} {short(row.run)}",
            row.state,
            *(cell_text(row.params[name]) if name in row.params else "" for name in params),
            metric_text(row.best),
            *(metric_text(row.metrics.get(name)) for name in metrics),
            clock(row.seconds),
            _remark(row, (endings or {}).get(row.run)),
        ]
        for row in rows
    ]
    return table(columns, cells, width=width, colours=_colours(rows, colour))


def sweep_line(sweep: SweepRow, state: str, counts: Mapping[TrialState, int]) -> str:
    """Return one line about a sweep: id, conf, state, counts, duration."""
    total = plural(sum(counts.values()), "run")
    lasted = ""
    if sweep.ended is not None and sweep.started is not None:
        lasted = f" in {clock(sweep.ended - sweep.started)}"
    method = method_text(sweep.spec)
    return (
        f"{short(sweep.id)}  conf={safe_text(sweep.conf)}  {state}{lasted}  {total}:"
        f" {state_counts(counts)}{f'  {safe_text(method, 40)}' if method else ''}"
    )


def runs_csv(rows: Sequence[RunRow]) -> str:
    """Return the runs as CSV: fixed columns, then one per parameter and per metric."""
    params = sorted({name for row in rows for name in row.params})
    metrics = sorted({name for row in rows for name in row.metrics})
    fixed = ("run", "sweep", "state", "attempts", "executor", "started", "ended", "seconds", "tags")
    records: list[list[Any]] = [
        [*fixed, *(f"param.{name}" for name in params), *(f"metric.{name}" for name in metrics)]
    ]
    records += [
        [
            *(row.run, row.sweep, row.state.value, row.attempts, row.executor),
            *(iso_time(row.started), iso_time(row.ended), row.seconds, " ".join(row.tags)),
            *(value_text(row.params[name]) if name in row.params else None for name in params),
            *(row.metrics.get(name) for name in metrics),
        ]
        for row in rows
    ]
    return csv_text(records)


def csv_text(records: Sequence[Sequence[Any]]) -> str:
    """Return CSV in which no cell can be taken for a formula by a spreadsheet."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[csv_cell(cell) for cell in record] for record in records])
    return out.getvalue().rstrip("\n")


def varying(rows: Sequence[RunRow]) -> list[str]:
    """Return the parameters that not all of these runs have the same value of, in the order typed."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.params.items():
            seen.setdefault(name, set()).add(repr(value))
    missing = {name for name in seen if any(name not in row.params for row in rows)}
    return [name for name, values in seen.items() if len(values) > 1 or name in missing]


def _remark(row: RunRow, ending: Ending | None) -> str:
    if row.state is TrialState.FAILED and row.error:
        return row.error
    parts = [", ".join(row.tags), ending_text(row.state, ending)]
    return " · ".join(part for part in parts if part)


def _metric_names(rows: Sequence[RunRow], params: Iterable[str]) -> list[str]:
    main = rows[0].metric if rows else ""
    # Two columns `lr`, what was searched and where a schedule left it, only confuse.
    hidden = {*params} - {main}
    names = dict.fromkeys(name for row in rows for name in row.metrics if name not in hidden)
    ordered = sorted(names, key=lambda name: (name != main, name))
    return ordered[:_METRICS_SHOWN]


def _numeric(rows: Sequence[RunRow], name: str) -> bool:
    values = [row.params[name] for row in rows if name in row.params]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _colours(rows: Sequence[RunRow], colour: bool) -> list[str]:
    return [COLOURS[row.state] for row in rows] if colour else []


def csv_cell(cell: Any, width: int = 10_000) -> Any:
    """Return a cell of CSV: a text is safe to show, is no formula, and has ``width`` characters at most."""
    if not isinstance(cell, str):
        return cell
    text = safe_text(cell, width)
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
    return text
