"""A comparison: sides, what they differ by, and their metrics with a verdict on the one that counts."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from agilml.compare.differences import Difference, differences
from agilml.compare.pairs import Pairing, pair
from agilml.compare.sides import Member, Side
from agilml.compare.signflip import interval
from agilml.compare.verdict import Judgement, Verdict, judge
from agilml.errors import UsageError
from agilml.text import plural

ALPHA = 0.05
"""Probability of a wrong verdict in one comparison, all its sides taken together."""


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One metric of the first side against that of another.

    Attributes:
        side: index of the other side.
        values: mean of the first side and of the other, over pairs where there are any.
        delta: the other minus the first.
        low, high: bounds of the mean difference; None where there are too few pairs.
        pairs: pairs with a finite value on both sides.
        judgement: the verdict; None for metrics that are only shown.
    """

    name: str
    side: int
    values: tuple[float | None, float | None]
    delta: float | None
    low: float | None
    high: float | None
    pairs: int
    judgement: Judgement | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All sides against the first one."""

    sides: Sequence[Side]
    metric: str
    mode: str
    alpha: float
    margin: float
    differs: Sequence[Difference]
    pairings: Sequence[Pairing]
    metrics: Sequence[MetricComparison]
    notes: Sequence[str] = field(default_factory=list)


def compare(
    sides: Sequence[Side],
    *,
    metric: str | None = None,
    mode: str | None = None,
    margin: float = 0.0,
) -> Comparison:
    """Compare every side with the first.

    Only one metric is judged (the sweeps' own, or ``metric``), at a level that all the other sides share,
    so that looking at more numbers does not make a wrong verdict more likely.

    Raises:
        UsageError: there is nothing to compare with, or the sides count by different metrics.
    """
    if len(sides) < 2:
        raise UsageError(
            "compare wants two runs or sweeps, or one sweep and --by KEY",
            kept="nothing was changed",
            next="agil compare A B, or agil compare latest --by optim.lr",
        )
    for side in sides:
        if not side.members:
            raise UsageError(
                f"{side.label} has no run that succeeded",
                kept="nothing was changed",
                next="agil runs",
            )
    name, best = _judged(sides, metric, mode)
    alpha = ALPHA / (len(sides) - 1)
    pairings = [pair(sides[0], side) for side in sides[1:]]
    metrics = [
        _compare_metric(
            sides, i + 1, pairing, shown, best if shown == name else None, alpha, margin
        )
        for shown in _names(sides, name)
        for i, pairing in enumerate(pairings)
    ]
    return Comparison(
        sides,
        name,
        best,
        alpha,
        margin,
        differences(sides),
        pairings,
        metrics,
        list(_notes(sides, pairings)),
    )


def _judged(sides: Sequence[Side], metric: str | None, mode: str | None) -> tuple[str, str]:
    """Return the metric to judge by and what is best of it."""
    first = sides[0].members[0]
    own = {(member.metric, member.mode) for side in sides for member in side.members}
    if metric is None and len(own) > 1:
        names = ", ".join(sorted(f"{name} ({how})" for name, how in own))
        raise UsageError(
            f"these count by different metrics: {names}",
            kept="nothing was changed",
            next="agil compare … --metric NAME",
        )
    name = metric or first.metric
    known = {shown for side in sides for member in side.members for shown in member.metrics}
    if metric is not None and metric not in known:
        from agilml.config.suggest import did_you_mean, listing

        raise UsageError(
            f"no run has logged `{metric}`{did_you_mean(metric, known)}",
            kept="nothing was changed",
            next=f"--metric one of: {listing(known)}",
        )
    modes = {how for shown, how in own if shown == name}
    return name, mode or (modes.pop() if len(modes) == 1 else _usual_mode(name))


_LOWER_IS_BETTER = (
    "loss",
    "error",
    "err",
    "mse",
    "rmse",
    "mae",
    "perplexity",
    "latency",
    "seconds",
)


def _usual_mode(name: str) -> str:
    words = name.lower().replace("/", "_").replace("-", "_").replace(".", "_").split("_")
    return "min" if any(word in _LOWER_IS_BETTER for word in words) else "max"


def _names(sides: Sequence[Side], judged: str) -> list[str]:
    known = {name for side in sides for member in side.members for name in member.metrics}
    return sorted({*known, judged}, key=lambda name: (name != judged, name))


def _compare_metric(
    sides: Sequence[Side],
    index: int,
    pairing: Pairing,
    name: str,
    mode: str | None,
    alpha: float,
    margin: float,
) -> MetricComparison:
    both = [(_value(a, name), _value(b, name)) for a, b in pairing.pairs]
    finite = [(a, b) for a, b in both if a is not None and b is not None]
    values = _means(finite) or (
        _mean(sides[0].members, name),
        _mean(sides[index].members, name),
    )
    changes = [b - a for a, b in finite]
    judgement = None
    if mode is not None:
        judgement = _judge(changes, len(both) - len(finite), pairing, mode, alpha, margin)
        low, high = judgement.low, judgement.high
    else:
        found = interval(changes, alpha)
        low, high = (found.low, found.high) if found else (None, None)
    before, after = values
    delta = after - before if before is not None and after is not None else None
    return MetricComparison(name, index, values, delta, low, high, len(finite), judgement)


def _judge(
    changes: Sequence[float], missing: int, pairing: Pairing, mode: str, alpha: float, margin: float
) -> Judgement:
    """Return the verdict; runs without a finite value close it, because leaving them out flatters."""
    if missing:
        reason = f"{missing} of {missing + len(changes)} pairs have no finite value"
        return Judgement(Verdict.NOT_ENOUGH, None, None, None, reason)
    by = ", ".join(pairing.keys)
    if not changes:
        return Judgement(
            Verdict.NOT_ENOUGH,
            None,
            None,
            None,
            f"no two runs agree in {by}, so none can be paired",
        )
    return judge(changes, mode=mode, alpha=alpha, margin=margin, paired_by=by)


def _notes(sides: Sequence[Side], pairings: Sequence[Pairing]) -> list[str]:
    notes = []
    for side in sides:
        if side.picked_of > 1:
            notes.append(
                f"{side.label} was picked as the best of {side.picked_of:,} runs, so its value flatters it:"
                " train it again with fresh seeds before you believe the difference"
            )
        if side.left_out:
            notes.append(
                f"{side.label}: {len(side.left_out):,} of {side.total:,} runs did not succeed"
            )
    for side, pairing in zip(sides[1:], pairings, strict=True):
        if pairing.pairs and pairing.unpaired:
            runs = plural(pairing.unpaired, "run")
            notes.append(f"{runs} of {sides[0].label} and {side.label} without a partner")
    return notes


def _value(member: Member, name: str) -> float | None:
    value = member.metrics.get(name)
    return float(value) if value is not None and math.isfinite(value) else None


def _mean(members: Sequence[Member], name: str) -> float | None:
    values = [value for member in members if (value := _value(member, name)) is not None]
    return statistics.fmean(values) if values else None


def _means(pairs: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    if not pairs:
        return None
    return statistics.fmean(a for a, _ in pairs), statistics.fmean(b for _, b in pairs)
