"""How a state, a value and a set of parameters are written for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from agilml.model import TrialState
from agilml.text import number, safe_text

SIGNS = {
    TrialState.SUCCEEDED: "✓",
    TrialState.RUNNING: "●",
    TrialState.PENDING: "·",
    TrialState.FAILED: "✗",
    TrialState.PRUNED: "−",  # noqa: RUF001  a minus sign: as wide as the others
    TrialState.CANCELLED: "⊘",
}
COLOURS = {
    TrialState.SUCCEEDED: "32",
    TrialState.RUNNING: "36",
    TrialState.PENDING: "2",
    TrialState.FAILED: "31",
    TrialState.PRUNED: "33",
    TrialState.CANCELLED: "33",
}
"""SGR parameters of the signs; the word beside a sign says the same without colour."""


def value_text(value: Any) -> str:
    """Return a parameter's value as people type it: ``0.05``, ``true``, ``null``, ``[2,2]``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        return f"{value:g}" if value == float(f"{value:g}") else repr(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(value_text(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{value_text(item)}" for key, item in value.items()) + "}"
    return str(value)


def cell_text(value: Any) -> str:
    """Return a parameter's value for a table: a number that nobody typed, but a sampler drew, in 4 digits."""
    if isinstance(value, float) and math.isfinite(value) and value != float(f"{value:g}"):
        return f"{value:.4g}"
    return value_text(value)


def metric_text(value: float | int | None) -> str:
    """Return a metric's value in a few digits; nothing where there is none."""
    return "" if value is None else number(value)


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return the last part of each dotted name, or the whole name where two would look the same."""
    known = list(names)
    ends = Counter(name.rpartition(".")[2] for name in known)
    return {
        name: name.rpartition(".")[2] if ends[name.rpartition(".")[2]] == 1 else name
        for name in known
    }


def params_text(params: Mapping[str, Any], width: int = 48, *, exact: bool = False) -> str:
    """Return ``lr=0.05 depth=14`` with short names, cut to ``width``; numbers in all digits if ``exact``."""
    names = short_names(params)
    write = value_text if exact else cell_text
    text = " ".join(f"{names[name]}={write(value)}" for name, value in params.items())
    return safe_text(text, width)


def state_counts(counts: Mapping[TrialState, int]) -> str:
    """Return ``10 succeeded, 1 failed``: the states that occur, the good ones first."""
    order = (
        TrialState.SUCCEEDED,
        TrialState.RUNNING,
        TrialState.PENDING,
        TrialState.FAILED,
        TrialState.PRUNED,
        TrialState.CANCELLED,
    )
    return ", ".join(f"{counts[state]:,} {state}" for state in order if counts.get(state)) or "none"
