"""Two runs of one trial, metric by metric and point by point."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from agilml.model import JSON

Curve = Sequence[tuple[int | None, float]]
"""Steps and values in the order in which they were logged."""

TOLERANCE = 1e-6
"""How far two values may be apart by default: relative to the larger, absolute near zero."""

_TIMES = frozenset(
    (
        *("seconds", "second", "secs", "sec", "minutes", "hours", "ms", "us", "ns"),
        *("time", "times", "duration", "elapsed", "latency", "throughput", "fps"),
    )
)


class Verdict(StrEnum):
    """How two runs compare, the best first."""

    IDENTICAL = "bit-identical"
    TOLERANCE = "within tolerance"
    DIFFERENT = "different"

    @property
    def same(self) -> bool:
        """Whether the run counts as reproduced."""
        return self is not Verdict.DIFFERENT


@dataclass(frozen=True, slots=True)
class First:
    """The first point at which two runs of a metric are apart; None stands for a point that is not there."""

    metric: str
    step: int | None
    was: float | None
    now: float | None

    def as_json(self) -> dict[str, JSON]:
        """Return plain values; non-finite numbers as text."""
        return {
            "metric": self.metric,
            "step": self.step,
            "was": _plain(self.was),
            "is": _plain(self.now),
        }


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of both runs: how many points were compared, and where they are apart first."""

    name: str
    points: int
    verdict: Verdict
    first: First | None = None

    def as_json(self) -> dict[str, JSON]:
        """Return plain values."""
        first = None if self.first is None else self.first.as_json()
        return {
            "name": self.name,
            "points": self.points,
            "verdict": self.verdict.value,
            "first_difference": first,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All metrics of two runs.

    Attributes:
        verdict: the worst of them; ``different`` where there is nothing to compare.
        timed: metrics that measure time or speed, which no second run repeats; not compared.
    """

    verdict: Verdict
    metrics: Sequence[Metric]
    timed: Sequence[str]

    @property
    def first(self) -> First | None:
        """The first point that is not the same, by step, then by name."""
        found = [metric.first for metric in self.metrics if metric.first is not None]
        key = {item: (item.step is None, item.step or 0, item.metric) for item in found}
        return min(found, key=lambda item: key[item], default=None)


def compare(
    was: Mapping[str, Curve],
    now: Mapping[str, Curve],
    tolerance: float = TOLERANCE,
    *,
    curtailed: bool = False,
) -> Comparison:
    """Return how the metrics of two runs compare.

    Args:
        was: the recorded curves by name.
        now: those of the second run.
        tolerance: how far values may be apart.
        curtailed: the recorded run was ended early, so that points behind its last one mean nothing.
    """
    names = sorted({*was, *now})
    timed = [name for name in names if measures_time(name)]
    metrics = [
        _compare(name, was.get(name, ()), now.get(name, ()), tolerance, curtailed)
        for name in names
        if name not in timed and (name in was or not curtailed)
    ]
    order = list(Verdict)
    verdicts = [metric.verdict for metric in metrics]
    worst = max(verdicts, key=order.index, default=Verdict.DIFFERENT)
    return Comparison(worst, metrics, timed)


def measures_time(name: str) -> bool:
    """Whether a metric of this name measures time or speed: ``fit_seconds``, ``images_per_second``."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
    return bool(words) and (words[-1] in _TIMES or "per_sec" in "_".join(words))


def _compare(name: str, was: Curve, now: Curve, tolerance: float, curtailed: bool) -> Metric:
    if curtailed:
        now = now[: len(was)]
    verdict, first = Verdict.IDENTICAL, None
    for before, after in zip_longest(was, now):
        found = _verdict(before, after, tolerance)
        if found is Verdict.IDENTICAL:
            continue
        if first is None or (found is Verdict.DIFFERENT and verdict is Verdict.TOLERANCE):
            first = _first(name, before, after)
        verdict = found
        if verdict is Verdict.DIFFERENT:
            break
    return Metric(name, max(len(was), len(now)), verdict, first)


def _verdict(
    before: tuple[int | None, float] | None,
    after: tuple[int | None, float] | None,
    tolerance: float,
) -> Verdict:
    if before is None or after is None or before[0] != after[0]:
        return Verdict.DIFFERENT
    was, now = before[1], after[1]
    if struct.pack("d", was) == struct.pack("d", now) or (math.isnan(was) and math.isnan(now)):
        return Verdict.IDENTICAL
    close = math.isclose(was, now, rel_tol=tolerance, abs_tol=tolerance)
    return Verdict.TOLERANCE if close else Verdict.DIFFERENT


def _first(
    name: str, before: tuple[int | None, float] | None, after: tuple[int | None, float] | None
) -> First:
    if before is not None and after is not None and before[0] != after[0]:
        after = None
    step = (before or after or (None, 0.0))[0]
    return First(name, step, before and before[1], after and after[1])


def _plain(value: float | None) -> JSON:
    return value if value is None or math.isfinite(value) else str(value)
