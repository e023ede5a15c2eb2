"""Candidates of a sweep with repetitions: as JSON, and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agilml.model import TrialState, short
from agilml.report.fields import strict
from agilml.report.table import Column, table
from agilml.report.words import COLOURS, SIGNS, cell_text, metric_text, params_text, short_names
from agilml.sweep.candidates import CandidateRow
from agilml.text import plural


def candidate_fields(one: CandidateRow) -> dict[str, Any]:
    """Return the JSON of a candidate; see docs/reference/json.md."""
    return {
        "params": strict(one.params),
        "runs": list(one.runs),
        "n": one.n,
        "mean": strict(one.mean),
        "sd": strict(one.sd),
        "state": one.state.value,
        "best": one.best,
        "feasible": one.feasible,
    }


def best_text(sweep: Mapping[str, Any]) -> str:
    """Return ``val_acc 0.9379 ± 0.0012, mean of 3  lr=0.05`` from the JSON of a sweep.

    Nothing where no candidate has a mean.
    """
    first = next(iter(sweep["candidates"]), None)
    if first is None or first["mean"] is None or not first["feasible"]:
        return ""
    of = f"{first['n']} of {len(first['runs'])}" if first["n"] < len(first["runs"]) else first["n"]
    value = spread_text(first["mean"], first["sd"])
    return f"{sweep['metric']} {value}, mean of {of}  {params_text(first['params'])}".rstrip()


def candidates_table(
    sweep: Mapping[str, Any], *, width: int | None, colour: bool, limit: int | None = None
) -> list[str]:
    """Return a heading and one line per candidate that keeps the constraints, best first.

    ``sweep`` is its JSON; at most ``limit`` candidates are listed.
    """
    kept = [one for one in sweep["candidates"] if one["feasible"]]
    shown = kept[:limit]
    params = [name for name in sweep["varying"] if any(name in one["params"] for one in shown)]
    names = short_names(params)
    columns = [
        Column("best run"),
        Column("state", keep=2),
        *(Column(names[name], right=True, keep=1) for name in params),
        Column(f"mean {sweep['metric']}", right=True),
        Column("± sd", right=True),
        Column("runs", right=True),
    ]
    cells = [
        [
            f"{SIGNS[TrialState(one['state'])]} {short(one['best'] or one['runs'][0])}",
            one["state"],
            *(cell_text(one["params"][name]) if name in one["params"] else "" for name in params),
            *spread_cells(one["mean"], one["sd"]),
            f"{one['n']}/{len(one['runs'])}",
        ]
        for one in shown
    ]
    colours = [COLOURS[TrialState(one["state"])] for one in shown] if colour else []
    heading = candidates_line(len(kept), len(shown), len(sweep["candidates"]) - len(kept))
    return [heading, *(table(columns, cells, width=width, colours=colours) if cells else [])]


def candidates_line(kept: int, shown: int, infeasible: int) -> str:
    """Return ``24 candidates by the mean of their runs, 10 of them here``."""
    text = f"{plural(kept, 'candidate')} by the mean of their runs"
    if kept > shown:
        text += f", {shown:,} of them here"
    if infeasible:
        text += f"; {infeasible:,} {'misses' if infeasible == 1 else 'miss'} a constraint"
    return text


def spread_text(mean: float | str, sd: float | str | None) -> str:
    """Return ``0.9379 ± 0.0012``; the mean alone where there is no deviation."""
    first, second = spread_cells(mean, sd)
    return f"{first} ± {second}" if second else first


def spread_cells(mean: float | str | None, sd: float | str | None) -> tuple[str, str]:
    """Return both as people read them, empty where there is none; infinities may be text, as in JSON."""
    return _cell(mean), _cell(sd)


def _cell(value: float | str | None) -> str:
    return metric_text(float(value) if isinstance(value, str) else value)
