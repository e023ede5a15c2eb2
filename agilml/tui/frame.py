"""One frame of the live screen, as lines that fit the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from agilml.ledger.rows import RunRow
from agilml.model import TrialState, short
from agilml.report.endings import method_text
from agilml.report.table import width_of
from agilml.report.warm_start import warm_start_text
from agilml.report.words import SIGNS, cell_text, metric_text, short_names
from agilml.sweep.standing import objectives_of
from agilml.text import clock, plural, safe_text
from agilml.tui.layout import Column, Line, Row, fit_line, table_lines
from agilml.tui.limits import limit_line
from agilml.tui.sparkline import sparkline
from agilml.tui.usage import Usage
from agilml.tui.view import SweepView
from agilml.tui.words import STYLES, best_by, error_line, state_parts, where_text

CURVE = 10
BAR = 16
TALL = 10
"""Terminals with fewer lines show neither the plan nor the load of the machine."""


def room(height: int, *, limits: bool = False) -> int:
    """Return how many runs a frame for a terminal of ``height`` lines can list.

    With ``limits`` it has a line about the budget.
    """
    around = 7 + limits if height >= TALL else 4
    return max(1, height - around)


def frame(
    view: SweepView, usage: Usage | None, width: int, height: int, *, live: bool = True
) -> list[Line]:
    """Return the lines of one frame: fewer than ``height``, none wider than ``width``.

    A frame is ``live`` where more will follow; the last one has no footer.
    """
    tall = height >= TALL
    head = [_progress_line(view, width, named=not tall)]
    if tall:
        about = [limit_line(view.limits, view.state)] if view.limits else []
        head = [_plan_line(view), *head, *about, *([usage.line()] if usage is not None else [])]
    foot = _more_lines(view) + ([_keys_line(view)] if live and tall else [])
    lines = [*head, *_table(view, width), *foot]
    return [fit_line(line, width) for line in lines][: max(1, height - 1)]


def _plan_line(view: SweepView) -> Line:
    sweep, total = view.sweep, view.total
    runs = plural(total, "run") if view.expected is not None else f"{view.total_text} runs"
    if view.kept:
        runs += f": {total - view.kept:,} new, {view.kept:,} already done"
    method, warm = method_text(sweep.spec), warm_start_text(sweep.spec.get("search"))
    parts = [
        f"conf={safe_text(sweep.conf, 40)}",
        f"{runs} → {safe_text(sweep.executor, 20)}",
        *([safe_text(method, 40)] if method else []),
        *([warm] if warm else []),
        best_by(sweep),
    ]
    if sweep.git_branch:
        parts.append(f"@{safe_text(sweep.git_branch, 40)}")
    return [(short(sweep.id), "bold"), ("  " + "  ".join(parts), "")]


def _progress_line(view: SweepView, width: int, *, named: bool) -> Line:
    """Return counts and times; what matters least is left out where they do not fit."""
    done = int(BAR * (view.ended / view.total if view.total else 1.0))
    parts: list[tuple[int, Line]] = [(0, [(short(view.sweep.id), "bold")])] if named else []
    if view.expected is not None:
        parts.append((7, [("━" * done, "green"), ("─" * (BAR - done), "dim")]))
    parts.append((0, [(f"{view.ended:,}/{view.total_text} ended", "bold")]))
    parts += state_parts(view)
    if view.elapsed is not None:
        parts.append((6, [(clock(view.elapsed), "")]))
    if not view.state.ended and view.eta:
        parts.append((0, [(f"eta {clock(view.eta)}", "bold")]))
    while _joined_width(parts) > width and any(drop for drop, _ in parts):
        parts.remove(max(parts, key=lambda part: part[0]))
    line: Line = []
    for _, part in parts:
        line += [("  ", ""), *part] if line else part
    return line


def _joined_width(parts: Sequence[tuple[int, Line]]) -> int:
    return sum(width_of(text) for _, line in parts for text, _ in line) + 2 * (len(parts) - 1)


def _table(view: SweepView, width: int) -> list[Line]:
    names = short_names(view.params)
    columns = [
        Column("run", lead=True),
        *(
            Column(names[name], right=_numeric(view, name), drop=1, lead=True)
            for name in view.params
        ),
        Column(f"best {view.sweep.metric}", right=True),
        *(Column(name, right=True, drop=1) for name in _others(view)),
        Column("curve", drop=3),
        Column("time", right=True, drop=2),
        Column("where", drop=4),
    ]
    return table_lines(columns, [_row(view, row) for row in view.rows], width)


def _row(view: SweepView, row: RunRow) -> Row:
    pending = row.state is TrialState.PENDING
    best = view.best is not None and view.best.run == row.run
    curve = view.curves.get(row.attempt or "", ())
    return Row(
        SIGNS[row.state],
        STYLES[row.state],
        [
            short(row.run),
            *(cell_text(row.params[name]) if name in row.params else "-" for name in view.params),
            metric_text(row.best) or "-",
            *(metric_text(row.metrics.get(name)) or "-" for name in _others(view)),
            sparkline(curve, CURVE),
            "" if pending else clock(view.seconds(row)),
            where_text(row, view.endings.get(row.run)),
        ],
        body="dim" if pending else "",
        message=error_line(row) if row.state is TrialState.FAILED else None,
        strong=len(view.params) + 1 if best else None,
    )


def _others(view: SweepView) -> list[str]:
    """Return the objectives besides the sweep's metric; they are shown with their values now."""
    return [name for name in objectives_of(view.sweep) if name != view.sweep.metric]


def _numeric(view: SweepView, name: str) -> bool:
    values = [row.params[name] for row in view.rows if name in row.params]
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _more_lines(view: SweepView) -> list[Line]:
    more = view.planned - len(view.rows)
    if not more:
        return []
    return [[(f"{more:,} more · agil runs {short(view.sweep.id)}", "dim")]]


def _keys_line(view: SweepView) -> Line:
    if view.sweep.executor == "hydra":
        # Its jobs are forks of the app, which Ctrl-C ends.
        return [("^C ends the runs · the same command goes on with them", "dim")]
    sweep = short(view.sweep.id)
    return [(f"^C stops watching, runs go on · agil stop {sweep} ends them", "dim")]
