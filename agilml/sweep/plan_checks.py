"""What can be told of a plan's sampler and stopper before the controller meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agilml.errors import ConfigError
from agilml.sweep.search.base import Objective
from agilml.sweep.search.making import Made


def check_search(made: Made, shared: Mapping[str, Any]) -> None:
    """Return if sampler and stopper can be made; the controller would find out too late."""
    from agilml.sweep.search.constraints import parse
    from agilml.sweep.search.samplers import make_sampler

    objectives = [Objective(*pair) for pair in shared["objectives"].items()]
    parse(shared["sampler"].get("constraints") or ())
    make_sampler(shared["sampler"], made.plan.space, objectives)
    check_stopper(shared, made.repeated)
    if "seed" in {one.name for one in made.plan.space.dimensions}:
        raise ConfigError(
            "`seed` is an axis, and a search would look for the luckiest one",
            next="seed=repeat(3): every candidate is repeated, and judged by the mean",
        )


def check_stopper(shared: Mapping[str, Any], repeats: Sequence[str]) -> None:
    """Return if the stopper can be made and can ever decide; the controller would find out too late."""
    name = shared["stopper"]["name"]
    if name == "none":
        return
    if name == "wilcoxon" and not repeats:
        raise ConfigError(
            "stopper `wilcoxon` compares repetitions, and this sweep has none",
            next="add 'seed=repeat(6)', or stopper=median",
        )
    from agilml.sweep.search.stoppers import make_stopper

    make_stopper(shared["stopper"], Objective(shared["metric"], shared["mode"]))
