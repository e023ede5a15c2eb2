"""How long a trial will take, learned from the trials that the ledger has seen end."""

from __future__ import annotations

import json
import math
import platform
import sqlite3
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from agilml.config.identity import NOT_IDENTITY
from agilml.points import leaves
from agilml.sweep.effects import Effect, Run, fit_effects, log_seconds

NEWEST = 500
"""How many runs are looked at; older ones ran on older code."""

SWEEPS = 100
"""How many sweeps of a recipe are searched for them."""

CLASS = 1.25
"""Trials whose seconds differ by less than this factor are taken to be of one length."""

HOST = "(host)"
"""The machine, among the keys of a configuration; the brackets keep it apart from them."""

_KEPT = ("executor.resources.", "executor.name")
_IGNORED = frozenset({*NOT_IDENTITY, "seed"})


@dataclass(frozen=True, slots=True)
class Durations:
    """Predicts the seconds that a trial will occupy its slot.

    Attributes:
        level: log seconds of a run in which no key has an effect; None where there were no runs.
        effects: by configuration key; only keys in which those runs differed.
        runs: how many runs there were.
        spread: typical relative error on a run that was left out; None with fewer than three runs.
        host: the machine that predictions are for.
    """

    level: float | None = None
    effects: Mapping[str, Effect] = field(default_factory=dict)
    runs: int = 0
    spread: float | None = None
    host: str = ""

    @classmethod
    def learn(cls, db: sqlite3.Connection, recipe: str, host: str | None = None) -> Self:
        """Return what the newest succeeded runs of ``recipe`` teach; ``host`` is this machine by default.

        Runs that were pruned, or that went on from a checkpoint, say little about a whole one and are
        left out.
        """
        return cls.fit(_runs(db, recipe), host or platform.node())

    @classmethod
    def fit(cls, runs: Sequence[Run], host: str = "") -> Self:
        """Return what ``runs`` teach; the seed and how a sweep is searched or judged play no part.

        Runs that all took equally long, by :data:`CLASS`, teach nothing about any key.
        """
        if not runs:
            return cls(host=host)
        logs = [log_seconds(run.seconds) for run in runs]
        if max(logs) - min(logs) < math.log(CLASS):
            return cls(statistics.fmean(logs), {}, len(runs), _spread_without_effects(logs), host)
        found = fit_effects(
            [
                Run({k: v for k, v in run.config.items() if _may_matter(k)}, run.seconds)
                for run in runs
            ]
        )
        spread = math.expm1(statistics.median(found.errors)) if len(runs) > 2 else None
        return cls(found.level, found.by_key, len(runs), spread, host)

    def forecast(self, resolved: Mapping[str, Any]) -> Forecast:
        """Return the predictions for trials of one structure, whose resolved config is ``resolved``."""
        base = {**leaves(resolved), HOST: self.host}
        own = {key: effect.of(base.get(key)) for key, effect in self.effects.items()}
        total = None if self.level is None else self.level + sum(own.values())
        return Forecast(total, own, self.effects)

    def predict(self, resolved: Mapping[str, Any], delta: Mapping[str, Any]) -> float | None:
        """Return the seconds expected for one trial, or None without evidence."""
        return self.forecast(resolved).seconds(delta)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The predictions for trials of one structure."""

    _total: float | None
    _own: Mapping[str, float]
    _effects: Mapping[str, Effect]

    def seconds(self, delta: Mapping[str, Any]) -> float | None:
        """Return the seconds expected where ``delta`` changes the structure, or None without evidence."""
        if self._total is None:
            return None
        total = self._total
        for key, value in delta.items():
            effect = self._effects.get(key)
            if effect is not None:
                total += effect.of(value) - self._own[key]
        return math.exp(min(max(total, log_seconds(0.0)), log_seconds(math.inf)))


def _runs(db: sqlite3.Connection, recipe: str) -> list[Run]:
    sweeps = db.execute(
        "SELECT id FROM sweep WHERE recipe = ? ORDER BY planned DESC LIMIT ?", (recipe, SWEEPS)
    ).fetchall()
    structures: dict[str, Mapping[str, Any]] = {}
    found: list[Run] = []
    for (sweep,) in sweeps:
        # The index on (sweep, state) gives them in the order they were leased: nothing is sorted.
        rows = db.execute(
            "SELECT a.seconds, coalesce(a.started - a.leased, 0), a.host, t.structure, t.delta"
            " FROM attempt a JOIN trial t ON t.id = a.trial"
            " WHERE a.sweep = ? AND a.state = 'succeeded' AND a.seconds > 0 AND a.resumed_from IS NULL"
            " ORDER BY a.rowid DESC LIMIT ?",
            (sweep, NEWEST - len(found)),
        )
        for seconds, wait, host, structure, delta in rows:
            if structure not in structures:
                structures[structure] = leaves(resolved_of(db, structure))
            config = {**structures[structure], **json.loads(delta), HOST: host}
            # The first ones in their slots waited for a template to warm up; later ones will not.
            found.append(Run(config, seconds - max(wait, 0.0) if wait < seconds else seconds))
        if len(found) >= NEWEST:
            break
    return found


def _spread_without_effects(logs: Sequence[float]) -> float | None:
    """Return the typical relative error of the mean of all others."""
    if len(logs) < 3:
        return None
    mean = statistics.fmean(logs)
    errors = [abs(log - mean) * len(logs) / (len(logs) - 1) for log in logs]
    return math.expm1(statistics.median(errors))


def resolved_of(db: sqlite3.Connection, structure: str) -> Mapping[str, Any]:
    """Return the resolved config of a structure."""
    (resolved,) = db.execute("SELECT resolved FROM structure WHERE id = ?", (structure,)).fetchone()
    found: Mapping[str, Any] = json.loads(resolved)
    return found


def _may_matter(key: str) -> bool:
    return key.partition(".")[0] not in _IGNORED or key.startswith(_KEPT)
