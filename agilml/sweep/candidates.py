"""What a sweep with repetitions is about: its candidates, each judged by the mean over its runs."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agilml.ledger.queries_candidates import Repetition, finals, proposed, repetitions
from agilml.ledger.rows import SweepRow
from agilml.model import TrialState, canonical
from agilml.sweep.search.constraints import Constraint

_OPEN = (TrialState.RUNNING, TrialState.PENDING)
_UNFINISHED = (TrialState.PRUNED, TrialState.FAILED, TrialState.CANCELLED)


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One point of a sweep with all its repetitions.

    Attributes:
        number: from 0, in the order planned.
        params: what its runs have in common: theirs without the keys that only repeat.
        runs: ids of its repetitions, in order.
        state: ``succeeded`` once all repetitions have succeeded; ``running`` or ``pending`` while any is;
            else ``pruned``, ``failed`` or ``cancelled``, the first of these that any repetition is.
        n: how many values the mean is made of: the finite best values of repetitions that succeeded.
        mean: their mean, or None where there is none.
        sd: their sample standard deviation (divided by ``n - 1``); None for fewer than two.
        best: the run with the best of these values; where there is none, the best one however it ended.
        feasible: whether all repetitions that succeeded keep the constraints of the sweep.
    """

    number: int
    params: Mapping[str, Any]
    runs: Sequence[str]
    state: TrialState
    n: int
    mean: float | None
    sd: float | None
    best: str | None
    feasible: bool

    @property
    def complete(self) -> bool:
        """Whether every repetition succeeded and counts in the mean."""
        return self.n == len(self.runs)


def repeated_keys(sweep: SweepRow) -> tuple[str, ...]:
    """Return the keys that only repeat a candidate; none where every run is a candidate of its own."""
    return tuple(str(name) for name in sweep.spec.get("repeats") or ())


def candidates_of(
    db: sqlite3.Connection, sweep: SweepRow, constraints: Sequence[Constraint] = ()
) -> list[CandidateRow]:
    """Return the candidates of ``sweep``, best first; none where its runs are no repetitions.

    Complete ones come first, then those that lack the fewest repetitions, for the mean over a few is luck;
    among equals the better mean. Behind all of them stand those without a mean, and those that miss a
    constraint.
    """
    repeats = repeated_keys(sweep)
    if not repeats:
        return []
    rows = repetitions(db, sweep)
    missed = _missed(db, sweep.id, constraints) if constraints else frozenset[str]()
    found = [
        _candidate(number, group, repeats, missed, sweep.mode)
        for number, group in enumerate(_groups(db, sweep.id, rows, repeats))
        if group
    ]
    sign = 1.0 if sweep.mode == "min" else -1.0

    def order(one: CandidateRow) -> tuple[bool, bool, int, float, int]:
        mean = 0.0 if one.mean is None else sign * one.mean
        return not one.feasible, one.mean is None, len(one.runs) - one.n, mean, one.number

    return sorted(found, key=order)


def _groups(
    db: sqlite3.Connection, sweep: str, rows: Mapping[str, Repetition], repeats: Sequence[str]
) -> Iterator[Sequence[Repetition]]:
    """Yield the repetitions of each candidate: as proposed, or in a fixed plan those of the same point."""
    searched = proposed(db, sweep)
    if searched:
        yield from ([rows[run] for run in runs if run in rows] for runs in searched)
        return
    points: dict[str, list[Repetition]] = {}
    for row in rows.values():
        points.setdefault(canonical(common_params(row.params, repeats)), []).append(row)
    yield from points.values()


def _missed(
    db: sqlite3.Connection, sweep: str, constraints: Sequence[Constraint]
) -> frozenset[str]:
    """Return the runs that have succeeded and whose final values miss a constraint."""
    found = finals(db, sweep, sorted({one.metric for one in constraints}))
    return frozenset(
        run
        for run, values in found.items()
        if any(constraint.violation(values) > 0 for constraint in constraints)
    )


def _candidate(
    number: int,
    group: Sequence[Repetition],
    repeats: Sequence[str],
    missed: frozenset[str],
    mode: str,
) -> CandidateRow:
    counted = [one for one in group if one.state is TrialState.SUCCEEDED and one.value is not None]
    values = [one.value for one in counted if one.value is not None]
    mean, sd = _spread(values)
    return CandidateRow(
        number=number,
        params=common_params(group[0].params, repeats),
        runs=[one.run for one in group],
        state=_state({one.state for one in group}),
        n=len(values),
        mean=mean,
        sd=sd,
        best=_best(counted or group, mode),
        feasible=not any(one.run in missed for one in group),
    )


def common_params(params: Mapping[str, Any], repeats: Sequence[str]) -> dict[str, Any]:
    """Return the parameters that all repetitions of a candidate share."""
    return {name: value for name, value in params.items() if name not in repeats}


def _state(states: set[TrialState]) -> TrialState:
    for state in (*_OPEN, *_UNFINISHED):
        if state in states:
            return state
    return TrialState.SUCCEEDED


def _spread(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the mean and the sample standard deviation, as far as there are values for them."""
    if not values:
        return None, None
    size = len(values)
    try:
        mean = math.fsum(values) / size
    except OverflowError:
        mean = math.fsum(value / size for value in values)
    # Equal values have no deviation, not one of a rounding error.
    mean = min(max(mean, min(values)), max(values))
    if size == 1:
        return mean, None
    return mean, math.hypot(*(value - mean for value in values)) / math.sqrt(size - 1)


def _best(group: Iterable[Repetition], mode: str) -> str | None:
    ranked = [(one.value, one.run) for one in group if one.value is not None]
    if not ranked:
        return None
    pick = min if mode == "min" else max
    return pick(ranked, key=lambda item: item[0])[1]
