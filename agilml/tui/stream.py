"""JSON lines: what programs read while a sweep runs; documented in docs/reference/json.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TextIO

from agilml.ledger.queries_search import Ending, NoticeRow
from agilml.ledger.rows import RunRow
from agilml.report.fields import iso_time, run_fields, strict
from agilml.report.warm_start import warm_start_fits
from agilml.tui.lines import BEAT
from agilml.tui.view import SweepView


class JsonReporter:
    """Writes an object per line: ``plan``, ``started``, ``ended``, ``budget``, ``beat``, ``sweep`` last.

    ``run`` is null where the line is about the whole sweep. ``started`` and ``ended`` hold the fields of
    ``agil runs --json``. A run that started and ended between two looks at the ledger has both lines.
    """

    news = True
    rows = 0

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._spoke: float | None = None
        self._started: set[str] = set()

    def update(self, view: SweepView) -> None:
        """Write what has changed, or that nothing has for a while."""
        if self._spoke is None:
            fits = warm_start_fits(view.sweep.spec.get("search"))
            self._say(view, "plan", {**_sweep_fields(view), "warm_start_fit": strict(fits)})
        for row in view.news:
            self._start(view, row)
            self._say(view, "ended", _run_fields(row, view.endings.get(row.run)))
        for notice in view.notices:
            self._say(view, "budget", _notice_fields(view, notice))
        for row in view.running:
            self._start(view, row)
        if self._spoke is None or view.now - self._spoke >= BEAT:
            self._say(view, "beat", _sweep_fields(view))

    def close(self, view: SweepView) -> None:
        """Write how the sweep stands."""
        self._say(view, "sweep", _sweep_fields(view))

    def _start(self, view: SweepView, row: RunRow) -> None:
        """Tell the start of an attempt once; a run that never had one has none."""
        if row.attempt is not None and row.attempt not in self._started:
            self._started.add(row.attempt)
            fields = {**run_fields(row), "slot": row.slot, "attempt": row.attempt}
            if row.state.ended:
                # It was over before it was seen; say what was so at its start.
                fields |= {"state": "running", "metrics": {}, "ended": None, "seconds": None}
            self._say(view, "started", fields)

    def _say(self, view: SweepView, event: str, fields: Mapping[str, Any]) -> None:
        self._spoke = view.now
        line = {"event": event, "time": iso_time(view.now), **fields}
        self._file.write(json.dumps(line, allow_nan=False) + "\n")
        self._file.flush()


def _run_fields(row: RunRow, ending: Ending | None) -> dict[str, Any]:
    best = {"name": row.metric, "value": row.best, "step": row.best_step}
    return {
        **run_fields(row, ending),
        "best": None if row.best is None else strict(best),
        "attempt": row.attempt,
        "cause": row.cause,
        "error": row.error,
    }


def _notice_fields(view: SweepView, notice: NoticeRow) -> dict[str, Any]:
    told = {name: value for name, value in asdict(notice).items() if name != "at"}
    return {"run": None, "sweep": view.sweep.id, **strict(told)}


def _sweep_fields(view: SweepView) -> dict[str, Any]:
    best = view.best
    return {
        "run": None,
        "sweep": view.sweep.id,
        "state": view.state.value,
        "conf": view.sweep.conf,
        "executor": view.sweep.executor,
        "metric": view.sweep.metric,
        "mode": view.sweep.mode,
        "sampler": (view.sweep.spec.get("sampler") or {}).get("name"),
        "stopper": (view.sweep.spec.get("stopper") or {}).get("name"),
        "total": view.total,
        "kept": view.kept,
        "counts": {state.value: count for state, count in view.counts.items()},
        "best": None if best is None else strict({"run": best.run, "value": best.best}),
        "seconds": view.elapsed,
        "eta": view.eta,
    }
