"""The body of ``agil runs``; needs no typer, so that the usual forms of it can do without."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agilml.cli.screen import colours_wanted, screen_width
from agilml.errors import Exit, UsageError
from agilml.ledger import queries, queries_runs, queries_search
from agilml.model import TrialState, short
from agilml.project import find_project
from agilml.report import runs as report
from agilml.text import safe_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from agilml.ledger.queries_chosen import Chosen
    from agilml.ledger.rows import RunRow
    from agilml.project import Project

SHOWN = 30
"""Runs in a table unless told otherwise. JSON and CSV are complete unless told otherwise."""


@dataclass(slots=True)
class Listing:
    """Which runs to list, and how."""

    address: str | None = None
    limit: int | None = None
    everything: bool = False
    sort: str | None = None
    states: list[str] = field(default_factory=list)
    tag: str | None = None
    as_json: bool = False
    as_csv: bool = False
    quiet: bool = False
    pareto: bool = False
    where: str | None = None
    export: str | None = None
    points: bool = False
    force: bool = False


def list_runs(wanted: Listing) -> int:
    """Print the runs that ``wanted`` describes; no runs are no failure."""
    _check_outputs(wanted)
    project = find_project()
    if not project.ledger.exists():
        _print_none(wanted)
        return Exit.DONE
    with queries.reader(project.ledger) as db, queries.snapshot(db):
        selection = _selection(db, wanted)
        if wanted.pareto:
            _print_front(db, selection, wanted)
        elif wanted.export is not None:
            _export(db, selection, wanted)
        else:
            _print_runs(db, project, selection, wanted)
    return Exit.DONE


def _check_outputs(wanted: Listing) -> None:
    """Refuse what cannot be printed and written at once, before anything is read."""
    if wanted.export is None:
        if wanted.points or wanted.force:
            option = "--points" if wanted.points else "--force"
            raise UsageError(
                f"{option} is about --export", next=f"agil runs --export points.parquet {option}"
            )
        return
    if wanted.as_json or wanted.as_csv or wanted.pareto:
        raise UsageError(
            "--export writes a file; --json, --csv and --pareto print",
            kept="nothing was written",
            next=f"agil runs --export {safe_text(wanted.export)}",
        )
    from agilml.cli.exporting import check

    check(wanted.export, force=wanted.force)


def _export(db: sqlite3.Connection, selection: queries_runs.Selection, wanted: Listing) -> None:
    from agilml.cli.exporting import export_runs

    assert wanted.export is not None
    rows = _chosen(db, selection, wanted).rows(selection.limit)
    export_runs(db, rows, wanted.export, points=wanted.points, quiet=wanted.quiet)


def _chosen(db: sqlite3.Connection, selection: queries_runs.Selection, wanted: Listing) -> Chosen:
    from agilml.ledger.queries_chosen import choose

    if wanted.where is None:
        return choose(db, selection, None)
    from agilml.cli.where import compiled

    return choose(db, selection, compiled(db, wanted.where))


def _print_runs(
    db: sqlite3.Connection, project: Project, selection: queries_runs.Selection, wanted: Listing
) -> None:
    if wanted.where is None and wanted.sort is None:
        # In the usual order the first few are found without a look at the others.
        rows, total = queries.select_runs(db, selection), None
    elif (best := None if wanted.where is not None else _best(db, selection)) is not None:
        rows, total = best, queries_runs.count_runs(db)
    else:
        chosen = _chosen(db, selection, wanted)
        rows, total = list(chosen.rows(selection.limit)), len(chosen)
    narrowed = selection.tag is not None or wanted.where is not None
    if wanted.as_json:
        _print_json(db, rows)
    elif wanted.as_csv:
        print(report.runs_csv(rows))
    elif not rows and (selection.sweep is None or narrowed):
        _print_none(wanted)
    else:
        _print_table(db, project, selection, rows, quiet=wanted.quiet, total=total)


def _best(db: sqlite3.Connection, wanted: queries_runs.Selection) -> list[RunRow] | None:
    """Return the few best of all runs by a metric; None where only a look at all of them tells."""
    from agilml.ledger.queries_best import best_trials

    if wanted.sweep is not None or wanted.states or wanted.tag is not None or wanted.limit is None:
        return None
    if wanted.sort is None or wanted.sort in queries_runs.COLUMNS:
        return None
    trials = best_trials(db, wanted.sort, descending=wanted.descending, limit=wanted.limit)
    return None if trials is None else queries_runs.runs_by_id(db, trials)


def _selection(db: sqlite3.Connection, wanted: Listing) -> queries_runs.Selection:
    limit = wanted.limit
    complete = wanted.everything or wanted.as_json or wanted.as_csv or wanted.export is not None
    if limit is None and not complete:
        limit = SHOWN
    sort = wanted.sort
    descending = sort is not None and sort.startswith("-")
    if sort is not None:
        sort = sort.removeprefix("-")
        _check_sort(db, sort)
    sweep, tag = None, wanted.tag
    if wanted.address is not None:
        from agilml.sweep.address import one, resolve

        found = one(wanted.address, resolve(db, wanted.address))
        if found.startswith("t-"):
            raise UsageError(
                f"{short(found)} is one run",
                kept="nothing was changed",
                next=f"agil show {short(found)}",
            )
        sweep = found
    return queries_runs.Selection(sweep, _states(wanted.states), tag, sort, descending, limit)


def _states(words: Sequence[str]) -> list[TrialState]:
    states: list[TrialState] = []
    for word in (part for item in words for part in item.split(",")):
        try:
            states.append(TrialState(word))
        except ValueError:
            known = ", ".join(TrialState)
            raise UsageError(
                f"no state `{safe_text(word)}`",
                kept="nothing was changed",
                next=f"--state one of: {known}",
            ) from None
    return states


def _check_sort(db: sqlite3.Connection, sort: str) -> None:
    if sort in queries_runs.COLUMNS or queries_runs.is_metric(db, sort):
        return
    known = [*queries_runs.COLUMNS, *queries_runs.metric_names(db)]
    from agilml.config.suggest import did_you_mean, listing

    raise UsageError(
        f"nothing to sort by is called `{safe_text(sort)}`{did_you_mean(sort, known)}",
        kept="nothing was changed",
        next=f"--sort one of: {listing(known)}; a - in front turns the order round",
    )


def _print_none(wanted: Listing) -> None:
    if wanted.as_json:
        print("[]")
    elif wanted.quiet:
        return
    elif wanted.where is not None:
        print("no runs are like that · agil runs lists all", file=sys.stderr)
    elif wanted.tag is not None:
        print(f"no runs carry the tag `{safe_text(wanted.tag)}` · agil tag --list", file=sys.stderr)
    else:
        shared = find_project().settings.get("remote")
        more = ", agil sync takes those in the remote" if shared else ""
        print(f"no runs · agil sweep conf=resnet starts some{more}", file=sys.stderr)


def _print_json(db: sqlite3.Connection, rows: Sequence[RunRow]) -> None:
    from agilml.report.fields import run_fields, to_json

    endings = _endings(db, rows)
    print(to_json([run_fields(row, endings.get(row.run)) for row in rows]))


def _print_front(
    db: sqlite3.Connection, selection: queries_runs.Selection, wanted: Listing
) -> None:
    """Print the runs of a sweep's Pareto front, in its order."""
    from agilml.report.front import front_table
    from agilml.sweep.standing import objectives_of, pareto_front

    sweep = queries.sweep(db, selection.sweep) if selection.sweep else None
    if sweep is None or wanted.sort or wanted.states or wanted.tag or wanted.where is not None:
        raise UsageError(
            "--pareto lists the front of one sweep, all of it and in its own order",
            kept="nothing was changed",
            next="agil runs latest --pareto",
        )
    if len(objectives_of(sweep)) < 2:
        raise UsageError(
            f"{short(sweep.id)} has one objective, {safe_text(sweep.metric)}, and so no front",
            kept="nothing was changed",
            next=f"agil runs {short(sweep.id)}",
        )
    front = pareto_front(db, sweep)
    rows = front.runs[: wanted.limit]
    if wanted.as_json:
        _print_json(db, rows)
    elif wanted.as_csv:
        print(report.runs_csv(rows))
    else:
        print("\n".join(front_table(front, width=screen_width(), limit=selection.limit)))


def _endings(db: sqlite3.Connection, rows: Sequence[RunRow]) -> dict[str, queries_search.Ending]:
    ended = (TrialState.SUCCEEDED, TrialState.PRUNED, TrialState.CANCELLED)
    return queries_search.endings(db, [row.run for row in rows if row.state in ended])


def _print_table(
    db: sqlite3.Connection,
    project: Project,
    selection: queries_runs.Selection,
    rows: Sequence[RunRow],
    *,
    quiet: bool,
    total: int | None,
) -> None:
    width, colour = screen_width(), colours_wanted()
    if selection.sweep is None:
        lines = report.runs_table(rows, width=width, colour=colour)
    else:
        lines = [
            _sweep_line(db, project, selection.sweep),
            *report.sweep_table(rows, width=width, colour=colour, endings=_endings(db, rows)),
        ]
    print("\n".join(lines))
    total = queries_runs.count_selected(db, selection) if total is None else total
    if total > len(rows) and not quiet:
        # Only what was printed must be on standard output.
        sys.stdout.flush()
        print(f"{total - len(rows):,} more · --all or --limit N shows them", file=sys.stderr)


def _sweep_line(db: sqlite3.Connection, project: Project, sweep: str) -> str:
    from agilml.sweep.liveness import shown_state

    row = queries.sweep(db, sweep)
    assert row is not None
    state = shown_state(row, project.sweep_folder(sweep), os.uname().nodename)
    return report.sweep_line(row, state, queries.counts(db, sweep))
