"""What is printed when a sweep has ended: what was best, what failed, and what to type next."""

from __future__ import annotations

import os
import shlex
import sqlite3
import sys
from typing import Any

from agilml.errors import AgilError, LedgerError
from agilml.ledger import queries
from agilml.ledger.rows import SweepRow
from agilml.model import SweepState, TrialState, short
from agilml.project import Project
from agilml.report.endings import method_text
from agilml.report.search_fields import spending
from agilml.report.unlogged import unlogged_text
from agilml.report.words import state_counts
from agilml.sweep.budget import Budget
from agilml.text import clock, plural, safe_text
from agilml.tui.candidates import compare_command
from agilml.tui.layout import Line, fit_line
from agilml.tui.limits import limit_line, reached_limits
from agilml.tui.ranking import Ranking, ranking_lines, read_ranking
from agilml.tui.words import best_by

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
    shown = read_ranking(db, row)
    limits = reached_limits(db, row)
    total = sum(counts.values())
    more = total - len(shown.ranked) - len(shown.failed)
    lines = [_header(row, counts), *([limit_line(limits, row.state)] if limits else [])]
    unlogged = unlogged_text(db, row)
    if unlogged:
        lines.append([(unlogged, "bold yellow")])
    if shown.front or shown.about:
        lines.append([(shown.front or shown.about, "")])
    if shown.ranked or shown.failed or shown.candidates:
        lines += ranking_lines(row, shown, width)
    if shown.about:
        lines.append([(f"{plural(total, 'run')} · agil runs {short(sweep)}", "dim")])
    elif more:
        lines.append([(f"{more:,} more · agil runs {short(sweep)}", "dim")])
    if not quiet:
        lines += _next_lines(db, row, shown)
    return [fit_line(line, width) for line in lines]


def _header(sweep: SweepRow, counts: dict[TrialState, int]) -> Line:
    lasted = ""
    if sweep.ended is not None and sweep.started is not None:
        lasted = f" in {clock(sweep.ended - sweep.started)}"
    stopped = "stopped: " if sweep.state is SweepState.STOPPED else ""
    method = method_text(sweep.spec)
    text = (
        f"  {stopped}{plural(sum(counts.values()), 'run')}: {state_counts(counts)}{lasted}"
        f"  conf={safe_text(sweep.conf, 40)}  on {safe_text(sweep.executor, 20)}"
        f"{f'  {safe_text(method, 40)}' if method else ''}  {best_by(sweep)}"
    )
    return [(short(sweep.id), "bold"), (text, "")]


def _next_lines(db: sqlite3.Connection, sweep: SweepRow, shown: Ranking) -> list[Line]:
    commands, ranked, failed = [], shown.ranked, shown.failed
    if not sweep.state.ended or sweep.state is SweepState.STOPPED:
        commands.append(resume_command(db, sweep))
    if failed:
        commands += [f"agil logs {short(failed[0].run)}", retry_command(sweep)]
    comparison = compare_command(sweep, shown.candidates)
    if comparison:
        commands.append(comparison)
    elif len(ranked) > 1:
        commands.append(f"agil compare {short(ranked[0].run)} {short(ranked[1].run)}")
    if ranked:
        commands.append(f"agil show {short(ranked[0].run)}")
    label = ("next", "dim")
    return [
        [label if not i else ("    ", ""), (f"  {text}", "")] for i, text in enumerate(commands)
    ]


def resume_command(db: sqlite3.Connection, sweep: SweepRow) -> str:
    """Return the command that goes on with the sweep: with a higher limit where one is used up."""
    spent = spending(db, sweep, live=False)
    try:
        Budget.of(sweep.spec).refuse(spent, short(sweep.id))
    except AgilError as refused:
        return refused.next
    return f"agil resume {short(sweep.id)}"


def retry_command(sweep: SweepRow) -> str:
    """Return the command that planned a grid, with ``--retry``; a shorter one for a search or a long line."""
    words: Any = sweep.spec.get("words") or []
    again = safe_text(f"agil sweep {shlex.join(map(str, words))} --retry", WIDEST_COMMAND + 1)
    if words and not sweep.spec.get("search") and len(again) <= WIDEST_COMMAND:
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
