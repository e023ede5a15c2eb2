"""A ledger with every kind of value in it, and what an expression must mean, in plain Python."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.testing.ledgers import CONFIG, Outcome, plan_sample, run_sample, sample_clock

MISSING = object()


@dataclass(frozen=True)
class Row:
    """What is known of one run without asking the ledger."""

    id: str
    sweep: str
    config: Mapping[str, Any]
    metrics: Mapping[str, Sequence[float]] = field(default_factory=dict)
    tags: Sequence[str] = ()
    note: str | None = None
    state: str = "succeeded"
    mode: str = "max"


BASES: list[dict[str, Any]] = [
    {**CONFIG, "flag": True, "text": "plain", "lists": [2, 2], "nothing": None, "n": 1},
    # Here `loss` is a key of the configuration and a metric, and `text` a mapping.
    {**CONFIG, "mode": "min", "loss": 0.25, "text": {"inner": "deep"}, "flag": "true", "n": 1.5},
    {**CONFIG, "n": "1", "odd[name]": 3, "text": "a*b", "lists": ["é", "x"], "flag": False},
]
DELTAS: list[dict[str, Any]] = [
    {"optim.lr": 0.001, "seed": 0},
    {"optim.lr": 1e-05, "seed": 1, "n": -3},
    {"optim.lr": 1, "seed": 2, "n": None},
    {"optim.lr": "fast", "seed": 3, "flag": None},
    {"optim": {"lr": 7}, "seed": 4, "n": True},
    {"optim": None, "seed": 5, "added.key": "ä b"},
]
CURVES: list[dict[str, list[float]]] = [
    {"val_acc": [0.5, 0.97, 0.9], "loss": [1.0, 0.2]},
    {"val_acc": [0.96], "loss": [math.nan]},
    {"val_acc": [math.inf], "loss": [-math.inf], "seed": [9]},
    {"val acc": [3], "loss": [0.0, 2.0]},
    {},
]
WORDS = ["best", "a'b", "x%_y"]
NOTES = [None, "see *this* [1]", 'quoted "so"', "line\nbreak"]


def make(path: Path) -> list[Row]:
    """Write the ledger; return what is in it, the run planned first in front."""
    rows: list[Row] = []
    with sample_clock(), Ledger.open(path) as ledger:
        for number, base in enumerate(BASES):
            made = plan_sample(ledger, DELTAS, name=f"rows {number}", config=base)
            with Control.take(ledger, made.id, "host", 1).turn() as turn:
                for place, (trial, delta) in enumerate(zip(made.trials, DELTAS, strict=True)):
                    curves = CURVES[(number + place) % len(CURVES)]
                    pending = place == len(DELTAS) - 1
                    if not pending:
                        run_sample(turn, trial, Outcome({k: _stored(v) for k, v in curves.items()}))
                    rows.append(
                        Row(
                            trial,
                            made.id,
                            resolved(base, delta),
                            {} if pending else curves,
                            state="pending" if pending else "succeeded",
                            mode=base["mode"],
                        )
                    )
        return [_described(ledger, number, row) for number, row in enumerate(rows)]


def _described(ledger: Ledger, number: int, row: Row) -> Row:
    tags = WORDS[: number % 3]
    for tag in tags:
        ledger.tag(row.id, tag, on=True, by="ada")
    note = NOTES[number % len(NOTES)]
    if note is not None:
        ledger.note(row.id, note, by="ada")
    return Row(row.id, row.sweep, row.config, row.metrics, tags, note, row.state, row.mode)


def _stored(values: Sequence[float]) -> list[float | int | str]:
    return [value if math.isfinite(value) else str(value) for value in values]


def resolved(base: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a trial, not flattened."""
    config = json.loads(json.dumps(base))
    for key, value in delta.items():
        node = config
        *parents, leaf = key.split(".")
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return dict(config)


def value_of(row: Row, key: str) -> Any:
    """Return what stands at a dotted key; a group whose option was chosen is that option."""
    node: Any = row.config
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            return MISSING
        node = node[part]
    return "resnet8" if key == "model" else node


def has(row: Row, name: str) -> bool:
    return value_of(row, name) is not MISSING


def holds(row: Row, name: str, sign: str, values: Sequence[Any]) -> bool:
    """Whether the test holds; ``values`` are numbers, texts, truth values, None or NaN."""
    if name == "tag":
        return _texts(row.tags, sign, values)
    if name == "note":
        return _texts([row.note] if row.note else [], sign, values)
    if name == "state":
        return _texts([row.state], sign, values)
    if (
        name.startswith("metric.")
        or "(" in name
        or not (name.startswith("param.") or has(row, name))
    ):
        return _metric(row, name.removeprefix("metric."), sign, values)
    return _config(value_of(row, name.removeprefix("param.")), sign, values)


def _texts(found: Sequence[str], sign: str, values: Sequence[Any]) -> bool:
    if sign in ("null", "exists"):
        return bool(found) == (sign == "exists")
    if sign == "~":
        return any(_like(text, values[0]) for text in found)
    return any(text == value for text in found for value in values) or (
        None in values and not found
    )


def _metric(row: Row, name: str, sign: str, values: Sequence[Any]) -> bool:
    which, name = name.split("(") if "(" in name else ("last", name)
    points = row.metrics.get(name.rstrip(")"), ())
    if sign in ("null", "exists"):
        return bool(points) == (sign == "exists")
    if not points:
        return sign == "=" and None in values
    if sign not in ("=", "<", "<=", ">", ">="):
        return False
    finite = [value for value in points if math.isfinite(value)]
    which = {"best": "min" if row.mode == "min" else "max"}.get(which, which)
    if which == "last":
        value = points[-1]
    elif finite:
        value = min(finite) if which == "min" else max(finite)
    else:
        return False
    return any(_numbers(value, sign, wanted) for wanted in values)


def _numbers(value: float, sign: str, wanted: Any) -> bool:
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return False
    if math.isnan(wanted):
        return sign == "=" and math.isnan(value)
    return {
        "=": value == wanted,
        "<": value < wanted,
        "<=": value <= wanted,
        ">": value > wanted,
        ">=": value >= wanted,
    }[sign]


def _config(value: Any, sign: str, values: Sequence[Any]) -> bool:
    if sign == "exists":
        return value is not MISSING
    if sign == "null":
        return value is MISSING or value is None
    if isinstance(value, list | dict):
        value = json.dumps(value, separators=(",", ":"))
    if sign == "~":
        return isinstance(value, str) and _like(value, values[0])
    return any(_equal(value, sign, wanted) for wanted in values)


def _equal(value: Any, sign: str, wanted: Any) -> bool:
    if isinstance(wanted, bool) or wanted is None:
        return value is wanted or (wanted is None and value is MISSING)
    if isinstance(wanted, int | float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and _numbers(value, sign, wanted)
    return bool(value == wanted)


def _like(text: str, pattern: str) -> bool:
    if not set(pattern) & set("*?"):
        return pattern in text
    parts = {"*": "(?s:.*)", "?": "(?s:.)"}
    return bool(re.fullmatch("".join(parts.get(char) or re.escape(char) for char in pattern), text))
