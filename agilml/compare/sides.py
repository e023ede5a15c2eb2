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
from agilml.points import materialise


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
        members: the runs whose values count; for a sweep those that succeeded.
        total: how many runs there are, those that do not count included.
        picked_of: of how many runs this one was picked as the best, or 0.
    """

    label: str
    members: Sequence[Member]
    total: int
    picked_of: int = 0


class Loader:
    """Reads members from a ledger; structures and sweeps are read once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._sweeps: dict[str, SweepRow] = {}

    def side(self, address: str, target: str) -> Side:
        """Return the side that a full id stands for; ``address`` is what a person typed for it."""
        if target.startswith("s-"):
            rows = queries.runs_of_sweep(self._db, target)
            good = [row for row in rows if row.state == TrialState.SUCCEEDED]
            return Side(_label(address, target), [self._member(row) for row in good], len(rows))
        row = queries.run(self._db, target)
        assert row is not None
        picked = 0
        if address.startswith("best@"):
            picked = sum(queries.counts(self._db, row.sweep).values())
        return Side(_label(address, target), [self._member(row)], 1, picked)

    def _member(self, row: RunRow) -> Member:
        sweep = self._sweep(row.sweep)
        _, resolved, delta = queries.config(self._db, row.run)
        attempts = queries.attempts(self._db, row.run)
        return Member(
            run=row.run,
            sweep=row.sweep,
            state=row.state,
            metric=row.metric,
            mode=row.mode,
            config=leaves(materialise(resolved, delta)),
            metrics=row.metrics,
            provenance=sweep.provenance,
            host=attempts[-1].host if attempts else None,
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
        for member in side.members:
            value = member.config.get(full)
            groups.setdefault(canonical(value), []).append(member)
            values[canonical(value)] = value
    ordered = sorted(groups, key=lambda text: _rank(values[text]))
    return [Side(f"{key}={text}", groups[text], len(groups[text])) for text in ordered]


def leaves(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of a config by dotted name; an empty mapping and a list are leaves."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            found.update(leaves(value, f"{prefix}{name}."))
        else:
            found[f"{prefix}{name}"] = value
    return found


def _label(address: str, target: str) -> str:
    name = short(target)
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
