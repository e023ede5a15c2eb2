"""What the live screen, the lines and the summary say alike."""

from __future__ import annotations

from agilml.ledger.queries_search import Ending
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import SweepState, TrialState
from agilml.report.endings import ending_mark
from agilml.report.words import SIGNS
from agilml.sweep.standing import objectives_of
from agilml.text import safe_text
from agilml.tui.layout import Line
from agilml.tui.view import SweepView

STYLES = {
    TrialState.SUCCEEDED: "green",
    TrialState.RUNNING: "cyan",
    TrialState.PENDING: "dim",
    TrialState.FAILED: "red",
    TrialState.PRUNED: "yellow",
    TrialState.CANCELLED: "yellow",
}
"""Rich styles of the signs; a word beside them says the same without colour."""

_DROP = {
    TrialState.RUNNING: 2,
    TrialState.PENDING: 3,
    TrialState.FAILED: 1,
    TrialState.SUCCEEDED: 5,
    TrialState.PRUNED: 4,
    TrialState.CANCELLED: 4,
}
"""In the order shown; those with the highest number are left out first where there is no room."""

_ALWAYS = (TrialState.RUNNING, TrialState.PENDING, TrialState.FAILED)


def state_parts(view: SweepView) -> list[tuple[int, Line]]:
    """Return the state of the sweep where it is not plainly running, and its trials by state.

    Each part comes with a number: the higher, the less it matters; 0 always matters.
    """
    parts: list[tuple[int, Line]] = []
    if view.state is SweepState.INTERRUPTED:
        parts.append((0, [("interrupted", "bold red")]))
    elif view.state.ended:
        parts.append((0, [(view.state.value, "bold")]))
    for state, drop in _DROP.items():
        count = view.counts[state]
        to_propose = view.to_propose if state is TrialState.PENDING else 0
        # Beside what is still to be proposed, none pending reads like the end.
        if count or (state in _ALWAYS and not view.state.ended and not to_propose):
            text = f"{SIGNS[state]} {count:,} {state}"
            parts.append((drop, [(text, STYLES[state] if count else "dim")]))
        if to_propose:
            text = f"{SIGNS[state]} {to_propose:,} to propose"
            parts.append((drop, [(text, STYLES[state])]))
    return parts


def best_by(sweep: SweepRow) -> str:
    """Return what is best in a sweep: ``best by val_acc (max)``, or all objectives."""
    named = objectives_of(sweep).items()
    return "best by " + ", ".join(
        f"{safe_text(metric, 40)} ({safe_text(mode, 8)})" for metric, mode in named
    )


def where_text(row: RunRow, ending: Ending | None = None) -> str:
    """Return the slot of a run and which attempt it is, or in a few words why it has none any more."""
    mark = ending_mark(row.state, ending)
    if row.kept and row.state is TrialState.SUCCEEDED:
        return "already done"
    if row.state in (TrialState.PENDING, TrialState.CANCELLED, TrialState.PRUNED):
        return f"{row.state}: {mark}" if mark else row.state.value
    if mark:
        return f"finished: {mark}"
    again = f" (attempt {row.attempts})" if row.attempts > 1 else ""
    return f"{row.slot or ''}{again}"


def error_line(row: RunRow) -> str:
    """Return why a run failed: the last line of its error, behind its cause."""
    cause = "" if row.cause in (None, "user") else f" ({safe_text(row.cause, 20)})"
    return f"failed{cause}: {last_line(row.error)}"


def last_line(error: str | None) -> str:
    """Return the last line of ``error`` that is not empty."""
    lines = [line.strip() for line in (error or "").splitlines() if line.strip()]
    return safe_text(lines[-1]) if lines else "no error was recorded"
