"""What a plan will take, before it starts: slot-hours, hours and money, or that nobody knows yet."""

from __future__ import annotations

import heapq
import sqlite3
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from agilml.ledger.ledger import PlannedTrial
from agilml.points import Structure
from agilml.sweep.durations import Durations
from agilml.sweep.order import MANY
from agilml.text import clock, plural

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the trials of a plan are expected to take.

    Attributes:
        trials: how many there are.
        slots: how many of them run at once.
        slot_hours: of all of them together; None without evidence, like the next two.
        hours: from the first start to the last end.
        usd: slot-hours times the price of one.
        runs: how many earlier runs it rests on; 0 is no evidence.
        spread: typical relative error on one trial; 0.1 is 10 %.
    """

    trials: int
    slots: int
    slot_hours: float | None = None
    hours: float | None = None
    usd: float | None = None
    runs: int = 0
    spread: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the plain form that a dry run prints."""
        return asdict(self)


def estimate(
    db: sqlite3.Connection | None,
    recipe: str,
    trials: Sequence[PlannedTrial],
    structures: Sequence[Structure],
    *,
    slots: int,
    price: float = 0.0,
    more: int = 0,
) -> Estimate:
    """Return what ``trials`` will take if each runs once, to its end.

    Args:
        db: the ledger; None where there is none yet.
        recipe: whose earlier runs are evidence.
        trials: those that would really run.
        structures: all that the trials, and those that a sampler will choose, are made of.
        slots: how many run at once.
        price: USD per slot-hour.
        more: trials that a sampler will choose; each is taken to last as long as the structures do on
            average. What a stopper saves is not known, so it is an upper bound.
    """
    count = len(trials) + more
    durations = Durations.learn(db, recipe) if db is not None else Durations()
    if durations.level is None:
        return Estimate(count, slots)
    forecasts = {item.id: durations.forecast(item.resolved) for item in structures}
    seconds = [forecasts[structure].seconds(delta) or 0.0 for _, structure, delta, _ in trials]
    if more and forecasts:
        typical = [forecast.seconds({}) or 0.0 for forecast in forecasts.values()]
        seconds += [statistics.fmean(typical)] * more
    total = sum(seconds) / HOUR
    return Estimate(
        count,
        slots,
        slot_hours=total,
        hours=makespan(seconds, slots) / HOUR,
        usd=total * price,
        runs=durations.runs,
        spread=durations.spread,
    )


def makespan(seconds: Sequence[float], slots: int) -> float:
    """Return the seconds until the last trial ends when the longest start first.

    Above :data:`~agilml.sweep.order.MANY` trials it is the lower bound, which is as good as exact there.
    """
    if not seconds:
        return 0.0
    if len(seconds) > MANY:
        longest = max(seconds)
        return max(sum(seconds) / slots, longest)
    busy = [0.0] * slots
    for each in sorted(seconds, reverse=True):
        heapq.heapreplace(busy, busy[0] + each)
    return max(busy)


def estimate_text(found: Mapping[str, Any], *, at_most: bool = False) -> str:
    """Return one line for people from the plain form of an estimate.

    ``at_most`` says that trials may end early, which the estimate knows nothing of.
    """
    if not found["trials"]:
        return "nothing is left to run"
    if found["slot_hours"] is None:
        return "no evidence yet how long a trial takes: no run of this recipe has succeeded"
    spread = "" if found["spread"] is None else f", ±{100 * found['spread']:.0f} % a trial"
    slot_seconds, seconds = found["slot_hours"] * HOUR, found["hours"] * HOUR
    about = "at most about" if at_most else "about"
    return (
        f"{about} {clock(slot_seconds)} of slot time, {clock(seconds)} on {plural(found['slots'], 'slot')},"
        f" ${found['usd']:.2f} ({plural(found['runs'], 'run')} so far{spread})"
    )
