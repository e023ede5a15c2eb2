"""The plan of one trial as it was recorded, for a project of its own."""

from __future__ import annotations

from typing import Any

from agilml.model import digest, sweep_id
from agilml.provenance.code import Code
from agilml.reproduce.recorded import Recorded
from agilml.sweep.plan import Plan

_DROPPED = frozenset(
    {"axes", "search", "ref", "price", "warm_start", "excluded", "repeats", "words"}
)


def plan_again(recorded: Recorded) -> Plan:
    """Return a sweep of the one trial, on this machine, with nothing that could end it early.

    Its slot has the CPUs and GPUs of the recorded one: the number of threads changes sums.
    """
    sweep, run = recorded.sweep, recorded.run
    spec = {name: value for name, value in sweep.spec.items() if name not in _DROPPED}
    spec |= {
        "recipe": sweep.recipe,
        "words": [],
        "axes": {},
        "excluded": 0,
        "repeats": [],
        "executor": _executor(recorded),
        "sampler": {"name": "grid"},
        "stopper": {"name": "none"},
        "budget": {"trials": None, "hours": None},
        "attempts": {**recorded.setting("attempts"), "max": 1},
    }
    return Plan(
        sweep=sweep_id(digest({"again": recorded.attempt})),
        conf=sweep.conf,
        recipe=str(recorded.config.get("recipe") or sweep.recipe),
        metric=sweep.metric,
        mode=sweep.mode,
        spec=spec,
        structures=[recorded.structure],
        trials=[(run.run, recorded.structure.id, dict(recorded.delta), dict(run.params))],
        code=Code(str(recorded.seen("code").get("digest")), dict(recorded.seen("code", "files"))),
        data=recorded.seen("data"),
    )


def _executor(recorded: Recorded) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": "local",
        "slots": 1,
        "resources": recorded.setting("executor").get("resources") or {},
    }
    if recorded.isolation in ("fork", "spawn"):
        found["isolation"] = recorded.isolation
    return found
