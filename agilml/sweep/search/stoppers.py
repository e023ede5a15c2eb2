"""Stoppers by name: ours, and those of plug-ins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from agilml.errors import ConfigError
from agilml.plugins import names, plugged_in
from agilml.sweep.search.base import Objective, Stopper
from agilml.sweep.search.libraries import needed_by
from agilml.sweep.search.options import Options
from agilml.sweep.search.percentile import Percentile
from agilml.sweep.search.plain_rules import Never, Patience, Target, Threshold
from agilml.sweep.search.rungs import Brackets, Rungs
from agilml.sweep.search.watch import Rule, Watch

GROUP = "agilml.stoppers"
"""Entry points of plug-ins; each names a :class:`agilml.sweep.search.base.StopperFactory`."""


def make_stopper(settings: Mapping[str, object], objective: Objective) -> Stopper:
    """Return the stopper that ``settings`` (the config node ``stopper``) name.

    Plug-ins add names; they never replace a built-in.

    Raises:
        ConfigError: nobody offers that name, a setting makes no sense, or a library is missing.
    """
    options = Options("stopper", settings)
    if options.name not in known_stoppers(plugins=False):
        factory = plugged_in(GROUP, "stopper", options.name, known_stoppers(plugins=False))
        stopper: Stopper = factory(settings, objective)
        return stopper
    with needed_by("stopper", options.name):
        stopper = _built_in(options, objective)
    options.done()
    return stopper


def known_stoppers(*, plugins: bool = True) -> list[str]:
    """Return the names that :func:`make_stopper` takes."""
    built_in = [*_RULES, "wilcoxon"]
    return names(GROUP, built_in) if plugins else built_in


def _built_in(options: Options, objective: Objective) -> Stopper:
    nan = options.name != "none" and options.flag("nan", True)
    if options.name == "wilcoxon":
        p = options.number("p", 0.1, least=0, most=1)
        startup = options.integer("startup", 2)
        # Imports Optuna, which takes a quarter of a second.
        module = import_module("agilml.sweep.search.wilcoxon")
        wilcoxon: Stopper = module.WilcoxonStopper(objective, p, startup, nan=nan)
        return wilcoxon
    return Watch(options.name, objective, _RULES[options.name](options, objective), nan=nan)


def _asha(options: Options, objective: Objective) -> Rule:
    return Rungs(
        objective, options.integer("least", 1, least=1), options.integer("factor", 3, least=2)
    )


def _hyperband(options: Options, objective: Objective) -> Rule:
    least = options.integer("least", 1, least=1)
    most = options.maybe_integer("most", least=least)
    return Brackets(objective, least, most, options.integer("factor", 3, least=2))


def _median(options: Options, objective: Objective) -> Rule:
    return _percentile(options, objective, 50.0)


def _percentile(options: Options, objective: Objective, percent: float | None = None) -> Rule:
    if percent is None:
        percent = options.number("percentile", 25.0, least=0, most=100)
    return Percentile(
        objective,
        percent,
        startup=options.integer("startup", 5),
        warmup=options.integer("warmup", 0),
        every=options.integer("every", 1, least=1),
    )


def _patience(options: Options, objective: Objective) -> Rule:
    delta = options.number("delta", 0.0, least=0)
    return Patience(objective, options.integer("steps", 5, least=1), delta)


def _target(options: Options, objective: Objective) -> Rule:
    goal = options.maybe_number("value")
    if goal is None:
        raise ConfigError("stopper `target` needs a value to reach", next="stopper.value=0.95")
    return Target(objective, goal)


def _threshold(options: Options, _objective: Objective) -> Rule:
    lower, upper = options.maybe_number("lower"), options.maybe_number("upper")
    if lower is None and upper is None:
        raise ConfigError("stopper `threshold` needs a bound", next="stopper.upper=10")
    return Threshold(lower, upper, options.integer("warmup", 0))


_RULES: Mapping[str, Callable[[Options, Objective], Rule]] = {
    "none": lambda _options, _objective: Never(),
    "nan": lambda _options, _objective: Never(),
    "median": _median,
    "percentile": _percentile,
    "asha": _asha,
    "hyperband": _hyperband,
    "patience": _patience,
    "target": _target,
    "threshold": _threshold,
}
