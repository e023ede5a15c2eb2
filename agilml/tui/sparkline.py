"""A curve in a few cells of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

BARS = "▁▂▃▄▅▆▇█"
GAP = "·"


def sparkline(values: Sequence[float], cells: int) -> str:
    """Return ``values`` as at most ``cells`` bars between their own lowest and highest.

    Where there are more values than cells, a bar is the mean of its share of them. A share without a finite
    value is a dot.
    """
    shares = _shares(values, cells)
    # Divided first: the sum of the largest floats is no float.
    means = [sum(value / len(share) for value in share) if share else math.nan for share in shares]
    finite = [mean for mean in means if math.isfinite(mean)]
    if not finite:
        return GAP * len(means)
    low, high = min(finite), max(finite)
    return "".join(_bar(mean, low, high) if math.isfinite(mean) else GAP for mean in means)


def _shares(values: Sequence[float], cells: int) -> list[list[float]]:
    count = min(cells, len(values))
    cuts = [len(values) * i // count for i in range(count + 1)] if count else [0]
    return [
        [value for value in values[start:end] if math.isfinite(value)]
        for start, end in pairwise(cuts)
    ]


def _bar(value: float, low: float, high: float) -> str:
    # Halved first, for the same reason.
    span = high / 2 - low / 2
    share = (value / 2 - low / 2) / span if span > 0 else 0.5
    return BARS[min(len(BARS) - 1, int(share * len(BARS)))]
