"""Whole sweeps of trials that do next to nothing: what a tool costs on top of the work."""

from __future__ import annotations

from agilml import __version__
from bench import ours
from bench.case import Case, Samples, first_error, interleave, median, slope
from bench.options import Options
from bench.peers.tools import available, sweep_tools, version
from bench.result import Cell, Result, ratio

COLUMNS = (
    "tool",
    "version",
    "trials",
    "runs",
    "whole command s",
    "x AgilML",
    "ms a trial, marginal",
    "x AgilML (marginal)",
    "CPU s",
    "lines a trial",
    "files a trial",
)


def trials(options: Options) -> Result:
    """Time sweeps of trivial trials."""
    title = (
        f"{options.trials} trivial trials, two at once, from the command to results in the store"
    )
    n = options.trials
    return _compare("trials", title, n, n if options.full else min(20, n), options, torch=False)


def torch(options: Options) -> Result:
    """Time sweeps whose recipe imports torch."""
    title = f"{options.torch_trials} trials that import torch, two at once"
    n = options.torch_trials
    return _compare("torch", title, n, n if options.full else min(8, n), options, torch=True)


def _compare(
    name: str, title: str, n: int, slow_n: int, options: Options, *, torch: bool
) -> Result:
    # The marginal cost of AgilML is small against its start: it takes many more trials to see it.
    few = max(n // 5, 1)
    spread = sorted({few, slow_n, n, few + (200 if n >= 20 else n)})
    peers = [
        case
        for case in sweep_tools(n, slow_n, torch=torch)
        if options.only.lower() in case.name.lower()
    ]
    there = [case for case in peers if available(case)]
    cases = [ours.sweep(spread, torch=torch), *there]
    samples = interleave(cases, options)
    result = Result(name, title, COLUMNS)
    result.notes += [
        "`whole command`: wall time until it returned, against AgilML with as many trials.",
        "`marginal`: slope between the smallest and the largest sweep that the tool ran.",
        "`CPU s`: whole process tree, background processes included.",
    ]
    for case in cases:
        whole = n if n in case.sizes else max(case.sizes)
        result.rows.append(_row(case, whole, samples[case.name], samples[ours.NAME]))
        result.notes += _remarks(case, samples[case.name])
        error = first_error(samples[case.name])
        if error:
            result.fail(case.name, error)
    result.notes += [
        f"{c.name}: not installed (`python -m bench.peers`)" for c in peers if c not in there
    ]
    return result


def _row(case: Case, n: int, mine: Samples, agil: Samples) -> list[Cell]:
    if first_error(mine):
        return [case.name, _version(case), n, 0, "failed", *[None] * (len(COLUMNS) - 5)]
    wall, marginal = median(mine[n], "wall_s"), slope(mine, "wall_s")
    usable = not first_error(agil)
    ours_wall = median(agil[n], "wall_s") if usable and agil.get(n) else None
    ours_marginal = slope(agil, "wall_s") if usable else None
    return [
        case.name,
        _version(case),
        n,
        len(mine[n]),
        wall,
        ratio(wall, ours_wall),
        None if marginal is None else 1000 * marginal,
        ratio(marginal, ours_marginal),
        median(mine[n], "cpu_s"),
        slope(mine, "lines"),
        slope(mine, "files"),
    ]


def _version(case: Case) -> str:
    return __version__ if case.name == ours.NAME else version(case)


def _remarks(case: Case, samples: Samples) -> list[str]:
    notes = [f"{case.name}: {case.note}"] if case.note else []
    ended = max((s.ended for several in samples.values() for s in several), default=0)
    if ended:
        notes.append(f"{case.name}: left {ended} processes behind that had to be ended")
    return notes
