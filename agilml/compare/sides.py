"""The sides of a comparison: each a run, or several that were trained alike but for a seed or more."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agilml.errors import UsageError
from agilml.ledger import queries
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import TrialState, canonical, short


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a side, with all that it can differ by.

    Attributes:
        config: leaves of the resolved config by dotted name.
        provenance: what was recorded of code, data, packages and machine.
        host: where its latest attempt ran; None while it has none.
    """

    run: str
    sweep: str
    state: TrialState
    metric: str
    mode: str
    config: Mapping[str, Any]
    metrics: Mapping[str, float | int]
    provenance: Mapping[str, Any]
    host: str | None


@dataclass(frozen=True, slots=True)
class Side:
    """One side: the runs that count for it.

    Attributes:
        label: what to call it in a heading.
        members: the runs whose values count: one run as it is, of several those that succeeded.
        left_out: the other ones.
        picked_of: of how many runs this one was picked as the best, or 0.
    """

    label: str
    members: Sequence[Member]
    left_out: Sequence[Member] = ()
    picked_of: int = 0

    @property
    def total(self) -> int:
        """How many runs there are, those that do not count included."""
        return len(self.members) + len(self.left_out)


class Loader:
    """Reads members from a ledger; structures and sweeps are read once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._sweeps: dict[str, SweepRow] = {}
        self._configs = queries.Configs(db)

    def side(self, address: str, targets: Sequence[str]) -> Side:
        """Return the side that full ids stand for; ``address`` is what a person typed for them."""
        label = _label(address, targets)
        if len(targets) == 1 and targets[0].startswith("t-"):
            row = self._run(targets[0])
            picked = 0
            if address.startswith("best@"):
                picked = sum(queries.counts(self._db, row.sweep).values())
            return Side(label, [self._member(row)], picked_of=picked)
        rows = {row.run: row for target in targets for row in self._rows(target)}
        return _side(label, [self._member(row) for row in rows.values()])

    def _rows(self, target: str) -> list[RunRow]:
        if target.startswith("s-"):
            return queries.runs_of_sweep(self._db, target)
        return [self._run(target)]

    def _run(self, run: str) -> RunRow:
        row = queries.run(self._db, run)
        assert row is not None
        return row

    def _member(self, row: RunRow) -> Member:
        sweep = self._sweep(row.sweep)
        return Member(
            run=row.run,
            sweep=row.sweep,
            state=row.state,
            metric=row.metric,
            mode=row.mode,
            config=self._configs.leaves(row.run),
            metrics=row.metrics,
            provenance=sweep.provenance,
            host=queries.host(self._db, row.attempt),
        )

    def _sweep(self, sweep: str) -> SweepRow:
        if sweep not in self._sweeps:
            row = queries.sweep(self._db, sweep)
            assert row is not None
            self._sweeps[sweep] = row
        return self._sweeps[sweep]


def split(sides: Sequence[Side], key: str) -> list[Side]:
    """Return one side per value of the config key ``key`` among the runs of ``sides``.

    Raises:
        UsageError: no run has that key.
    """
    names = sorted({name for side in sides for member in side.members for name in member.config})
    full = _full_name(key, names)
    groups: dict[str, list[Member]] = {}
    values: dict[str, Any] = {}
    for side in sides:
        for member in (*side.members, *side.left_out):
            value = member.config.get(full)
            groups.setdefault(canonical(value), []).append(member)
            values[canonical(value)] = value
    ordered = sorted(groups, key=lambda text: _rank(values[text]))
    return [_side(f"{key}={text}", groups[text]) for text in ordered]


def _side(label: str, members: Sequence[Member]) -> Side:
    good = [member for member in members if member.state == TrialState.SUCCEEDED]
    rest = [member for member in members if member.state != TrialState.SUCCEEDED]
    return Side(label, good, rest)


def _label(address: str, targets: Sequence[str]) -> str:
    if len(targets) != 1:
        return address
    name = short(targets[0])
    return name if address.startswith(("s-", "t-")) else f"{address} ({name})"


def _full_name(key: str, names: Sequence[str]) -> str:
    if key in names:
        return key
    ends = [name for name in names if name.endswith(f".{key}")]
    if len(ends) == 1:
        return ends[0]
    from agilml.config.suggest import did_you_mean

    raise UsageError(
        f"no run has a key `{key}`{did_you_mean(key, names)}"
        if not ends
        else f"`{key}` could be {ends}",
        kept="nothing was changed",
        next="--by a key of the config, such as optim.lr",
    )


def _rank(value: Any) -> tuple[bool, float, str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (not is_number, float(value) if is_number else 0.0, str(value))
