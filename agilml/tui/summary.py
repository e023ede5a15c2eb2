"""What is printed when a sweep has ended: the best runs, the failed ones, and what to type next."""

from __future__ import annotations

import os
import shlex
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

from agilml.errors import LedgerError
from agilml.ledger import queries, screen
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import SweepState, TrialState, short
from agilml.project import Project
from agilml.report.words import SIGNS, metric_text, short_names, state_counts, value_text
from agilml.text import clock, plural, safe_text
from agilml.tui.layout import Column, Line, Row, fit_line, table_lines
from agilml.tui.words import STYLES, error_line

RANKED = 10
FAILED = 10
METRICS = 6
WIDEST_COMMAND = 100


def print_summary(project: Project, sweep: str, *, quiet: bool = False) -> None:
    """Print the result of ``sweep`` on standard output: the same text on a terminal and in a pipe."""
    with queries.reader(project.ledger) as db, queries.snapshot(db):
        lines = summary_lines(db, sweep, quiet=quiet, width=_width())
    if not _colour():
        text = "".join("".join(part for part, _ in line) + "\n" for line in lines)
        sys.stdout.write(_encodable(text))
        sys.stdout.flush()
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, markup=False, emoji=False, highlight=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)


def summary_lines(
    db: sqlite3.Connection, sweep: str, *, quiet: bool = False, width: int | None = None
) -> list[Line]:
    """Return the summary; lines are cut to ``width`` cells where one is given.

    Raises:
        LedgerError: the ledger knows no such sweep.
    """
    row = queries.sweep(db, sweep)
    if row is None:
        raise LedgerError(f"the ledger knows no sweep {sweep}", next="agil runs")
    counts = queries.counts(db, sweep)
    ranked = queries.runs_of_sweep(
        db, sweep, states=(TrialState.SUCCEEDED, TrialState.PRUNED), best_first=True, limit=RANKED
    )
    failed = queries.runs_of_sweep(db, sweep, states=(TrialState.FAILED,), limit=FAILED)
    params = screen.differing_params(db, sweep)
    more = sum(counts.values()) - len(ranked) - len(failed)
    lines = [_header(row, counts)]
    if ranked or failed:
        lines += _table(row, params, ranked, failed, width)
    if more:
        lines.append([(f"{more:,} more · agil runs {short(sweep)}", "dim")])
    if not quiet:
        lines += _next_lines(row, ranked, failed)
    return [fit_line(line, width) for line in lines]


def _header(sweep: SweepRow, counts: dict[TrialState, int]) -> Line:
    lasted = ""
    if sweep.ended is not None and sweep.started is not None:
        lasted = f" in {clock(sweep.ended - sweep.started)}"
    stopped = "stopped: " if sweep.state is SweepState.STOPPED else ""
    text = (
        f"  {stopped}{plural(sum(counts.values()), 'run')}: {state_counts(counts)}{lasted}"
        f"  conf={safe_text(sweep.conf, 40)}  on {safe_text(sweep.executor, 20)}"
        f"  best by {safe_text(sweep.metric, 40)} ({safe_text(sweep.mode, 8)})"
    )
    return [(short(sweep.id), "bold"), (text, "")]


def _table(
    sweep: SweepRow,
    params: Sequence[str],
    ranked: Sequence[RunRow],
    failed: Sequence[RunRow],
    width: int | None,
) -> list[Line]:
    names = short_names(params)
    metrics = final_metrics(ranked, sweep.metric)
    columns = [
        Column("run", lead=True),
        *(Column(names[name], right=True, drop=1, lead=True) for name in params),
        Column(f"best {sweep.metric}", right=True),
        *(Column(name, right=True, drop=4 if i else 2) for i, name in enumerate(metrics)),
        Column("time", right=True, drop=3),
    ]

    def cells(row: RunRow) -> list[str]:
        return [
            short(row.run),
            *(value_text(row.params[name]) if name in row.params else "-" for name in params),
            metric_text(row.best) or "-",
            *(metric_text(row.metrics.get(name)) or "-" for name in metrics),
            clock(row.seconds),
        ]

    rows = [
        Row(str(rank), STYLES[row.state], cells(row), strong=len(params) + 1 if rank == 1 else None)
        for rank, row in enumerate(ranked, 1)
    ]
    rows += [
        Row(SIGNS[row.state], STYLES[row.state], cells(row), message=error_line(row))
        for row in failed
    ]
    return table_lines(columns, rows, width)


def final_metrics(rows: Sequence[RunRow], main: str) -> list[str]:
    """Return the names of the metrics to show: those that end like ``main`` first (``test_acc``)."""
    ending = main.replace("/", "_").rpartition("_")[2]
    found = dict.fromkeys(name for row in rows for name in row.metrics if name != main)

    def order(name: str) -> tuple[bool, str]:
        return name.replace("/", "_").rpartition("_")[2] != ending, name

    return sorted(found, key=order)[:METRICS]


def _next_lines(sweep: SweepRow, ranked: Sequence[RunRow], failed: Sequence[RunRow]) -> list[Line]:
    commands = []
    if not sweep.state.ended or sweep.state is SweepState.STOPPED:
        commands.append(f"agil resume {short(sweep.id)}")
    if failed:
        commands += [f"agil logs {short(failed[0].run)}", retry_command(sweep)]
    if len(ranked) > 1:
        commands.append(f"agil compare {short(ranked[0].run)} {short(ranked[1].run)}")
    if ranked:
        commands.append(f"agil show {short(ranked[0].run)}")
    label = ("next", "dim")
    return [
        [label if not i else ("    ", ""), (f"  {text}", "")] for i, text in enumerate(commands)
    ]


def retry_command(sweep: SweepRow) -> str:
    """Return the command that planned the sweep, with ``--retry``; where it is too long, the shorter one."""
    words: Any = sweep.spec.get("words") or []
    again = safe_text(f"agil sweep {shlex.join(map(str, words))} --retry", WIDEST_COMMAND + 1)
    if words and len(again) <= WIDEST_COMMAND:
        return again
    return f"agil resume {short(sweep.id)} --retry"


def _width() -> int | None:
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def _colour() -> bool:
    terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return terminal and not os.environ.get("NO_COLOR")


def _encodable(text: str) -> str:
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
