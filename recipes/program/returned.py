"""The numbers in what an app's function returned, by metric name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agilml.model import parse_metric
from agilml.points import leaves


def metrics_of(value: Any, name: str) -> dict[str, float | int]:
    """Return the numbers in ``value``, which may come from numpy or torch.

    A number is ``name``; the n-th of a list or tuple ``name.n``; those of a mapping have their own (dotted)
    names. What is no number is left out.
    """
    if isinstance(value, Mapping):
        found = leaves({str(key): item for key, item in value.items()})
    elif isinstance(value, list | tuple):
        found = {f"{name}.{i}": item for i, item in enumerate(value)}
    else:
        found = {name: value}
    metrics: dict[str, float | int] = {}
    for key, item in found.items():
        try:
            metrics[key] = parse_metric(item)
        except (TypeError, ValueError, RuntimeError):
            # A text, or an array of many: not a metric.
            continue
    return metrics
