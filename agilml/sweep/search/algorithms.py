"""Which of Optuna's samplers a name stands for, with which settings."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optuna.distributions import BaseDistribution
from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    TPESampler,
)
from optuna.study import Study
from optuna.trial import FrozenTrial

from agilml.errors import ConfigError
from agilml.sweep.search.base import Objective
from agilml.sweep.search.options import Options
from agilml.sweep.search.space import Range
from agilml.sweep.search.study import Algorithm, Generations

if TYPE_CHECKING:
    from agilml.sweep.search.space import SearchSpace


def tpe(options: Options, space: SearchSpace, objectives: Sequence[Objective]) -> Algorithm:
    """Return the tree-structured Parzen estimator (doi:10.48550/arXiv.2304.11127)."""
    conditional = any(dimension.when is not None for dimension in space.dimensions)
    multivariate = options.flag("multivariate", len(objectives) == 1)
    group = options.flag("group", conditional and multivariate)
    if group and not multivariate:
        raise ConfigError(
            "sampler.group needs sampler.multivariate", next="sampler.multivariate=true"
        )
    startup = options.integer("startup", 10)
    candidates = options.integer("candidates", 24, least=1)

    def make(seed: int, _number: int) -> BaseSampler:
        return TPESampler(
            seed=seed,
            n_startup_trials=startup,
            n_ei_candidates=candidates,
            multivariate=multivariate,
            group=group,
            constant_liar=True,
        )

    return Algorithm(make)


def gp(options: Options, _space: SearchSpace, _objectives: Sequence[Objective]) -> Algorithm:
    """Return Bayesian optimisation with a Gaussian process."""
    import scipy
    import torch

    del scipy, torch  # Optuna imports them when it first needs them; missing ones show up here
    startup = options.integer("startup", 10)
    deterministic = options.flag("deterministic", False)

    def make(seed: int, _number: int) -> BaseSampler:
        return GPSampler(seed=seed, n_startup_trials=startup, deterministic_objective=deterministic)

    return Algorithm(make)


def cmaes(options: Options, space: SearchSpace, objectives: Sequence[Objective]) -> Algorithm:
    """Return covariance matrix adaptation; rows, which have no order, are drawn at random beside it."""
    import cmaes as library

    del library  # as above
    if len(objectives) > 1:
        raise ConfigError("sampler `cmaes` has one objective", next="sampler=nsga2")
    if not any(isinstance(dimension, Range) for dimension in space.dimensions):
        raise ConfigError(
            "sampler `cmaes` needs an open dimension such as lr=interval(1e-4,1e-1)",
            next="sampler=tpe",
        )
    startup = options.integer("startup", 1)
    population = options.maybe_integer("population", least=2)

    def make(seed: int, number: int) -> BaseSampler:
        return _NumberedCmaEs(number, seed, startup, population)

    return Algorithm(make, Generations.OWN, constraints=False)


def nsga2(options: Options, _space: SearchSpace, _objectives: Sequence[Objective]) -> Algorithm:
    """Return the genetic algorithm NSGA-II (doi:10.1109/4235.996017)."""
    settings = _genetic(options)
    return Algorithm(lambda seed, _: NSGAIISampler(seed=seed, **settings), Generations.ALL)


def nsga3(options: Options, _space: SearchSpace, _objectives: Sequence[Objective]) -> Algorithm:
    """Return NSGA-III, for three objectives and more (doi:10.1109/TEVC.2013.2281535)."""
    settings = _genetic(options)
    return Algorithm(lambda seed, _: NSGAIIISampler(seed=seed, **settings), Generations.ALL)


def _genetic(options: Options) -> dict[str, Any]:
    return {
        "population_size": options.integer("population", 50, least=2),
        "mutation_prob": options.maybe_number("mutation", least=0, most=1),
        "crossover_prob": options.number("crossover", 0.9, least=0, most=1),
    }


class _NumberedCmaEs(CmaEsSampler):
    """CMA-ES that draws by the number of the candidate.

    Optuna adds the trial's number to the seed. In our studies that number also counts questions, which a
    replay does not repeat.
    """

    def __init__(self, number: int, seed: int, startup: int, population: int | None) -> None:
        super().__init__(
            seed=seed,
            n_startup_trials=startup,
            popsize=population,
            warn_independent_sampling=False,
        )
        self._candidate = number

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return what CMA-ES suggests for the candidate."""
        numbered = copy.copy(trial)
        numbered.number = self._candidate
        return super().sample_relative(study, numbered, search_space)
