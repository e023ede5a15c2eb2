"""Samplers by name: ours, Optuna's, and those of plug-ins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from agilml.plugins import names, plugged_in
from agilml.sweep.search.base import Objective, Sampler
from agilml.sweep.search.distinct import Distinct
from agilml.sweep.search.draws import EvenDraws, RandomDraws
from agilml.sweep.search.libraries import needed_by
from agilml.sweep.search.options import Options

if TYPE_CHECKING:
    from agilml.sweep.search.space import SearchSpace

GROUP = "agilml.samplers"
"""Entry points of plug-ins; each names a :class:`agilml.sweep.search.base.SamplerFactory`."""

DRAWN = ("random", "qmc")
LEARNING = ("tpe", "gp", "cmaes", "nsga2", "nsga3")
SHARED = ("seed", "shuffle", "constraints", "enqueue", "warm_start")
"""Keys of the node that belong to the sweep, whatever the sampler."""


def make_sampler(
    settings: Mapping[str, object], space: SearchSpace, objectives: Sequence[Objective]
) -> Sampler:
    """Return the sampler that ``settings`` (the config node ``sampler``) name.

    No sampler made here proposes a candidate twice. Plug-ins add names; they never replace a built-in.

    Raises:
        ConfigError: nobody offers that name, a setting makes no sense, or a library is missing.
    """
    options = Options("sampler", settings, SHARED)
    seed = options.integer("seed", 0)
    if options.name in known_samplers(plugins=False):
        with needed_by("sampler", options.name):
            sampler = _built_in(options, space, objectives, seed)
        options.done()
    else:
        factory = plugged_in(GROUP, "sampler", options.name, known_samplers(plugins=False))
        sampler = factory(settings, space, objectives)
    return Distinct(sampler, space, seed)


def known_samplers(*, plugins: bool = True) -> list[str]:
    """Return the names that :func:`make_sampler` takes."""
    return names(GROUP, (*DRAWN, *LEARNING)) if plugins else [*DRAWN, *LEARNING]


def _built_in(
    options: Options, space: SearchSpace, objectives: Sequence[Objective], seed: int
) -> Sampler:
    if options.name == "random":
        return RandomDraws(space, seed)
    if options.name == "qmc":
        kind = options.word("kind", ("sobol", "halton"))
        return EvenDraws(space, seed, kind, scramble=options.flag("scramble", True))
    # Importing Optuna takes a quarter of a second, and only these need it.
    study = import_module("agilml.sweep.search.study")
    algorithms = import_module("agilml.sweep.search.algorithms")
    algorithm = getattr(algorithms, options.name)(options, space, objectives)
    sampler: Sampler = study.OptunaSampler(algorithm, space, objectives, seed)
    return sampler
