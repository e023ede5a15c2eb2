"""Plain lines for a log: one per change, with an ISO time and ``key=value`` pairs to search for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from agilml.ledger.queries_search import Ending
from agilml.ledger.rows import RunRow
from agilml.model import TrialState, short
from agilml.report.endings import ending_text, method_text
from agilml.report.fields import iso_time
from agilml.report.warm_start import warm_start_fits
from agilml.report.words import short_names, value_text
from agilml.text import safe_text
from agilml.tui.view import SweepView
from agilml.tui.words import last_line

BEAT = 30.0
"""Seconds without a line after which one says that all is well."""

_KEY, _VALUE = 60, 200


class LinesReporter:
    """Writes a line for the plan, every run that ends, every limit, after silence, and for the end.

    A sweep of many thousand runs writes one line a run; retries and starts write none.
    """

    news = True
    rows = 0

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._spoke: float | None = None

    def update(self, view: SweepView) -> None:
        """Write what has changed, or that nothing has for a while."""
        sweep = short(view.sweep.id)
        if self._spoke is None:
            self._say(view, f"{sweep} plan {pairs(plan_fields(view))}")
        for row in view.news:
            self._say(view, f"{short(row.run)} {pairs(end_fields(view, row))}")
        for one in view.notices:
            told = {"name": one.name, "share": one.share, "used": one.used, "limit": one.limit}
            self._say(view, f"{sweep} budget {pairs(told)}")
        if self._spoke is None or view.now - self._spoke >= BEAT:
            self._say(view, f"{sweep} {pairs(progress_fields(view))}")

    def close(self, view: SweepView) -> None:
        """Write how the sweep stands."""
        self._say(view, f"{short(view.sweep.id)} {pairs(progress_fields(view, last=True))}")

    def _say(self, view: SweepView, text: str) -> None:
        self._spoke = view.now
        time = (iso_time(view.now) or "").partition(".")[0] + "Z"
        self._file.write(f"{time} {text}\n")
        self._file.flush()


def plan_fields(view: SweepView) -> dict[str, Any]:
    """Return what a sweep was planned to be."""
    method = method_text(view.sweep.spec).replace(" ", "")
    fits = warm_start_fits(view.sweep.spec.get("search"))
    return {
        "conf": view.sweep.conf,
        "runs": view.total_text.replace(",", ""),
        "new": view.total - view.kept,
        "kept": view.kept,
        "ended": view.ended,
        "executor": view.sweep.executor,
        **({"search": method} if method else {}),
        **({"warm_start": _fitting(fits)} if fits else {}),
        "metric": view.sweep.metric,
        "mode": view.sweep.mode,
    }


def _fitting(fits: Sequence[Mapping[str, Any]]) -> str:
    """Return how many trials of how many fit, for each sweep that a search starts from."""
    return ",".join(f"{short(one['sweep'])}:{one['fit']}/{one['trials']}" for one in fits)


def progress_fields(view: SweepView, *, last: bool = False) -> dict[str, Any]:
    """Return how far a sweep is."""
    fields: dict[str, Any] = {"state": view.state} if last else {}
    fields["ended"] = f"{view.ended}/{view.total_text.replace(',', '')}"
    fields["running"] = view.counts[TrialState.RUNNING]
    fields["pending"] = view.counts[TrialState.PENDING]
    if view.to_propose:
        fields["to_propose"] = view.to_propose
    fields["failed"] = view.counts[TrialState.FAILED]
    if view.best is not None:
        fields["best"] = view.best.best
        fields["run"] = short(view.best.run)
    if last and view.elapsed is not None:
        fields["seconds"] = round(view.elapsed, 1)
    elif view.eta is not None:
        fields["eta"] = round(view.eta)
    return fields


def end_fields(view: SweepView, row: RunRow) -> dict[str, Any]:
    """Return how a run ended, with what it differs by and where its log is."""
    fields: dict[str, Any] = {
        "state": row.state,
        **_stop_fields(row.state, view.endings.get(row.run)),
    }
    if row.state is TrialState.FAILED:
        fields |= {"cause": row.cause, "error": last_line(row.error)}
        fields["log"] = f"agil logs {short(row.run)}"
    elif row.best is not None:
        fields[row.metric] = row.best
    if row.seconds is not None:
        fields["seconds"] = round(row.seconds, 1)
    names = short_names(view.params)
    return fields | {names[name]: row.params[name] for name in view.params if name in row.params}


def _stop_fields(state: TrialState, ending: Ending | None) -> dict[str, Any]:
    """Return who ended a run before its end, and where."""
    if ending is None or not ending_text(state, ending):
        return {}
    stop = ending.stopped
    if stop is None or state is TrialState.CANCELLED:
        return {"reason": ending.reason}
    return {"by": stop.stopper} | ({} if stop.step is None else {"step": stop.step})


def pairs(fields: Mapping[str, Any]) -> str:
    """Return ``key=value`` pairs; a key or value with a space or a quote in it is quoted as in JSON."""
    return " ".join(
        f"{_word(key, _KEY)}={_word(value_text(value), _VALUE)}" for key, value in fields.items()
    )


def _word(text: str, width: int) -> str:
    shown = safe_text(text, width)
    plain = shown and not any(char in ' "=\\' for char in shown)
    return shown if plain else json.dumps(shown, ensure_ascii=False)
