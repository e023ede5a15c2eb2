"""The JSON of one run and of one sweep: everything the ledger knows of it."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agilml.errors import LedgerError
from agilml.ledger import queries, queries_search, screen
from agilml.ledger.rows import AttemptRow, RunRow, SweepRow
from agilml.model import SweepState
from agilml.points import materialise
from agilml.project import Project
from agilml.report.candidates import candidate_fields
from agilml.report.fields import iso_time, run_fields, strict
from agilml.report.search_fields import budget_fields, search_fields
from agilml.report.show_sections import data_fields, hardware_fields, kept_fields, note_fields
from agilml.sweep.liveness import controller_pid, shown_state
from agilml.sweep.standing import best_run, objectives_of, pareto_front, ranked_candidates

LISTED = 200
"""At most so many files of a run are listed."""


def run_details(db: sqlite3.Connection, project: Project, run: str) -> dict[str, Any]:
    """Return everything about one run, by its full id; see docs/reference/json.md.

    Raises:
        LedgerError: there is no such run.
    """
    row = queries.run(db, run)
    sweep = queries.sweep(db, row.sweep) if row else None
    if row is None or sweep is None:
        raise LedgerError(f"no run {run}", next="agil runs")
    unresolved, resolved, delta = queries.config(db, run)
    return {
        **run_fields(row, queries_search.endings(db, [run]).get(run)),
        "config": strict(materialise(resolved, delta)),
        "config_unresolved": strict(unresolved),
        "config_delta": strict(delta),
        "provenance": strict(sweep.provenance),
        "artifacts": _files(project.state, row.folder),
        "checkpoints": [_checkpoint(item) for item in queries.checkpoints(db, run)],
        "best": _best(row),
        "metric": row.metric,
        "mode": row.mode,
        "recipe": sweep.recipe,
        "conf": sweep.conf,
        "cause": row.cause,
        "error": row.error,
        "folder": row.folder,
        "metric_details": [strict(asdict(item)) for item in _metrics(db, row)],
        "attempts_list": [_attempt(item) for item in queries.attempts(db, run)],
        "warnings": queries.warnings(db, run),
        "stored": kept_fields(
            db, project.state, [sweep.id, *(item.id for item in queries.attempts(db, run))]
        ),
        "hardware": hardware_fields(db, row.attempt),
        "data": data_fields(db, run),
    }


def sweep_details(db: sqlite3.Connection, project: Project, sweep: str) -> dict[str, Any]:
    """Return everything about one sweep, by its full id; see docs/reference/json.md.

    Raises:
        LedgerError: there is no such sweep.
    """
    row = queries.sweep(db, sweep)
    if row is None:
        raise LedgerError(f"no sweep {sweep}", next="agil runs")
    ranked = ranked_candidates(db, row)
    best = best_run(db, row, ranked)
    counts = queries.counts(db, sweep)
    state = state_of(project, row)
    several = len(objectives_of(row)) > 1
    return {
        "sweep": row.id,
        "state": state.value,
        "counts": {state.value: n for state, n in counts.items()},
        "controller": {
            "host": row.controller_host,
            "pid": row.controller_pid,
            # Of a controller of another clone nobody knows here.
            "alive": None
            if row.elsewhere
            else controller_pid(project.sweep_folder(sweep)) is not None,
        },
        "budget": budget_fields(db, row, state),
        "best": _best(best) if best else None,
        "candidates": [candidate_fields(one) for one in ranked],
        "search": search_fields(db, row),
        "pareto": [run.run for run in pareto_front(db, row).runs] if several else [],
        "total": row.total,
        "kept": queries.kept(db, sweep),
        "conf": row.conf,
        "recipe": row.recipe,
        "metric": row.metric,
        "mode": row.mode,
        "executor": row.executor,
        "planned": iso_time(row.planned),
        "started": iso_time(row.started),
        "ended": iso_time(row.ended),
        "varying": screen.differing_params(db, sweep),
        "tags": queries.tags(db, sweep),
        "spec": strict(row.spec),
        "provenance": strict(row.provenance),
        "stored": kept_fields(db, project.state, [sweep]),
        "note": note_fields(db, sweep),
    }


def state_of(project: Project, row: SweepRow) -> SweepState:
    """Return the sweep's state as people shall see it: ``interrupted`` where nobody works on open work."""
    return shown_state(row, project.sweep_folder(row.id), os.uname().nodename)


def _best(row: RunRow) -> dict[str, Any] | None:
    if row.best is None:
        return None
    return {
        "run": row.run,
        "metric": row.metric,
        "value": strict(row.best),
        "step": row.best_step,
        "params": strict(row.params),
    }


def _metrics(db: sqlite3.Connection, row: RunRow) -> list[queries.MetricRow]:
    return queries.metrics(db, row.attempt) if row.attempt else []


def _attempt(item: AttemptRow) -> dict[str, Any]:
    fields = asdict(item)
    for name in ("leased", "started", "ended"):
        fields[name] = iso_time(fields[name])
    return dict(strict(fields))


def _checkpoint(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "value": strict(item["value"]), "saved": iso_time(item["saved"])}


def _files(state: Path, folder: str | None) -> list[dict[str, Any]]:
    """Return the files of an attempt's folder, checkpoints aside; paths are relative to the state folder."""
    found: list[dict[str, Any]] = []
    if folder is None:
        return found
    for parent, folders, names in os.walk(state / folder):
        folders[:] = sorted(name for name in folders if name != "checkpoints")
        for name in sorted(names):
            path = Path(parent, name)
            if len(found) < LISTED and path.is_file() and not path.is_symlink():
                place = str(path.relative_to(state)).encode("utf-8", "backslashreplace").decode()
                found.append({"path": place, "size": path.stat().st_size})
    return found
