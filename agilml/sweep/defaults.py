"""What `sampler: auto` and `stopper: auto` stand for, and what goes with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agilml.config import Configs
from agilml.config.words import Setting
from agilml.errors import ConfigError
from agilml.sweep.expand import studies
from agilml.sweep.expand_study import Study
from agilml.sweep.grammar import Kind
from agilml.text import safe_text

FIXED_SAMPLERS = ("grid", "random", "qmc")
"""Samplers that learn nothing from results: all their trials are known when the sweep is planned."""
AUTO = "auto"
_GROUPS = ("sampler", "stopper")


def settle(configs: Configs, words: Sequence[str]) -> list[Study]:
    """Return the studies that ``words`` mean, their sampler, stopper and objectives settled.

    What becomes a search is composed by Hydra like any other word; a grid needs none of it.

    Raises:
        UsageError, ConfigError: a word cannot be read, or sampler, stopper and objectives do not
            fit together.
    """
    found = studies(configs, words)
    added = _added(found, words)
    return studies(configs, [*words, *added]) if added else found


def sampler_of(study: Study) -> str:
    """Return the name of the sampler of a settled study."""
    return str(settled_node("sampler", study.axes.base.structure.unresolved)["name"])


def settled_node(group: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the node of a sampler or stopper; what is still `auto`, or not there, is a grid or none."""
    node = config.get(group) or {"name": AUTO}
    if node.get("name") != AUTO:
        return dict(node)
    return {**node, "name": "grid"} if group == "sampler" else {"name": "none"}


def objectives_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the objectives of a composed config, by metric; the first one is the sweep's metric.

    Raises:
        ConfigError: `objectives` is no mapping from metrics to `max` or `min`.
    """
    given = config.get("objectives")
    if given is None:
        return {str(config.get("metric") or "val_acc"): str(config.get("mode") or "max")}
    if (
        not isinstance(given, Mapping)
        or not given
        or any(mode not in ("max", "min") for mode in given.values())
    ):
        raise ConfigError(
            f"`objectives` says `max` or `min` for each metric, not {safe_text(given, 60)}",
            next="objectives='{val_acc:max,size_mb:min}'",
        )
    return {str(metric): str(mode) for metric, mode in given.items()}


def _added(found: Sequence[Study], words: Sequence[str]) -> list[str]:
    """Return the words that settle what was left to choose."""
    for study in found:
        for one in study.axes.every:
            if one.name in _GROUPS and one.kind is not Kind.FIXED:
                raise ConfigError(
                    f"the runs of a sweep share one `{one.name}`",
                    next=f"say which with {one.name}=…, or make two sweeps",
                )
    config = found[0].axes.base.structure.unresolved
    objectives = objectives_of(config)
    sampler, stopper = _name(config, "sampler"), _name(config, "stopper")
    added = _metric(config, objectives, words)
    is_open = any(study.axes.open for study in found)
    if is_open and sampler in ("", AUTO):
        added.append(_option("sampler", sampler, "tpe"))
    if is_open and sampler in ("", AUTO, "tpe") and stopper in ("", AUTO) and len(objectives) == 1:
        added.append(_option("stopper", stopper, "asha"))
    if len(objectives) > 1 and stopper not in ("", AUTO, "none", "nan"):
        raise ConfigError(
            f"stopper={safe_text(stopper)} would judge by {next(iter(objectives))} alone,"
            f" and there are {len(objectives)} objectives",
            next="stopper=none",
        )
    if sampler == "gp" and stopper not in ("", AUTO, "none"):
        raise ConfigError(
            f"sampler=gp learns nothing from trials that stopper={safe_text(stopper)} ends early",
            next="stopper=none, or sampler=tpe",
        )
    return added


def _option(group: str, composed: str, chosen: str) -> str:
    """Return the word that chooses an option, also in a conf that does not have the group yet."""
    return f"{group}={chosen}" if composed else f"+{group}={chosen}"


def _metric(
    config: Mapping[str, Any], objectives: Mapping[str, str], words: Sequence[str]
) -> list[str]:
    """Return the words that make the first objective the sweep's metric.

    Raises:
        ConfigError: another metric was typed.
    """
    if config.get("objectives") is None:
        return []
    metric, mode = next(iter(objectives.items()))
    wanted = {"metric": metric, "mode": mode}
    for word in words:
        key, _, value = word.partition("=")
        if key in wanted and value.strip("'\"") != wanted[key]:
            raise ConfigError(
                f"`{safe_text(word)}`, and the first of the objectives is {safe_text(metric)} ({mode})",
                next=f"drop {key}=…, or put that metric first in objectives",
            )
    return [Setting(key, value).word for key, value in wanted.items() if key in config]


def _name(config: Mapping[str, Any], group: str) -> str:
    node = config.get(group)
    return str(node.get("name") or "") if isinstance(node, Mapping) else ""
