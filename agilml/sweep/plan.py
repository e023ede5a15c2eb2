"""A plan: every trial of a sweep with its identity, before anything starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agilml import events as e
from agilml.config import Configs
from agilml.errors import ConfigError, UsageError
from agilml.ledger.ledger import Ledger, Planned, PlannedTrial
from agilml.model import JSON, canonical, digest, sweep_id
from agilml.points import Point, Structure, materialise
from agilml.project import Project
from agilml.provenance.code import Code
from agilml.provenance.secrets import scrub_argv
from agilml.sweep.draw import draw
from agilml.sweep.expand import Expansion, expand
from agilml.sweep.identity import Identities
from agilml.sweep.settings import check_settings

SETTINGS = ("metric", "mode", "executor", "sampler", "stopper", "budget", "attempts")


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep that could start now.

    Attributes:
        sweep: its id, a digest of its trials and of how they are chosen.
        conf: what was typed after ``conf=``.
        spec: settings as they go into the ledger.
        trials: ids, structures, deltas and params, in the order they will start.
        data: digest of each data set, by name.
        axes: what varies, for people to read.
        excluded: points that an ``exclude`` rule took out.
    """

    sweep: str
    conf: str
    recipe: str
    metric: str
    mode: str
    spec: Mapping[str, Any]
    structures: Sequence[Structure]
    trials: Sequence[PlannedTrial]
    code: Code
    data: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, list[JSON]] = field(default_factory=dict)
    excluded: int = 0

    def record(
        self,
        ledger: Ledger,
        provenance: Mapping[str, Any],
        *,
        retry: bool = False,
        rerun: bool = False,
        by: str = "",
    ) -> Planned:
        """Make the plan durable; see :meth:`agilml.ledger.ledger.Ledger.plan`."""
        return ledger.plan(
            e.SweepPlanned(
                self.sweep,
                self.conf,
                self.recipe,
                self.metric,
                self.mode,
                len(self.trials),
                self.spec,
                {
                    **provenance,
                    "code": {"digest": self.code.digest, "files": self.code.files},
                    "data": dict(self.data),
                },
            ),
            [
                e.StructureComposed(
                    item.id,
                    item.conf,
                    dict(item.choices),
                    dict(item.unresolved),
                    dict(item.resolved),
                )
                for item in self.structures
            ],
            self.trials,
            retry=retry,
            rerun=rerun,
            by=by,
        )


def make_plan(project: Project, words: Sequence[str]) -> Plan:
    """Return the plan that ``words`` (everything after ``agil sweep``) describe.

    Raises:
        UsageError: the words do not make sense; nothing was started.
        RecipeError: there is no such recipe.
    """
    found = expand(Configs(project.conf), words)
    if not found.points:
        raise UsageError("the sweep has no trial left", next="agil sweep … --dry-run")
    first = found.points[0]
    config = materialise(found.structures[first.structure].resolved, first.delta)
    points = draw(found, config)
    shared = _settings(found, points)
    identities = Identities(project)
    trials: list[PlannedTrial] = []
    for point in points:
        trial = identities.trial(found.structures[point.structure], point)
        trials.append((trial, point.structure, dict(point.delta), dict(point.params)))
    spec = {
        "recipe": str(config["recipe"]),
        "words": scrub_argv(words),
        "axes": {name: list(values)[:100] for name, values in found.axes.items()},
        "excluded": found.excluded,
        **shared,
    }
    chosen_by = {name: spec[name] for name in ("sampler", "stopper", "metric", "mode")}
    ids = [trial[0] for trial in trials]
    return Plan(
        sweep=sweep_id(digest({"trials": sorted(ids), **chosen_by})),
        conf=_conf(words),
        recipe=str(spec["recipe"]),
        metric=shared["metric"],
        mode=shared["mode"],
        spec=spec,
        structures=list(found.structures.values()),
        trials=trials,
        code=identities.code,
        data=identities.data,
        axes=found.axes,
        excluded=found.excluded,
    )


def _settings(found: Expansion, points: Sequence[Point]) -> dict[str, Any]:
    """Return the settings of the sweep, which all its points must share.

    Raises:
        ConfigError: points differ in one of them, or a value makes no sense.
    """
    configs = {
        point.structure: materialise(found.structures[point.structure].resolved, point.delta)
        for point in reversed(points)
    }
    first = configs[points[0].structure]
    shared = {name: first.get(name) for name in SETTINGS}
    for name in SETTINGS:
        values = {canonical(config.get(name)) for config in configs.values()}
        if len(values) > 1:
            raise ConfigError(
                f"the runs of a sweep share one `{name}`; these have {', '.join(sorted(values))}",
                next=f"say which with {name}=…, or make two sweeps",
            )
    shared["metric"] = str(first.get("metric") or "val_acc")
    shared["mode"] = str(first.get("mode") or "max")
    check_settings(shared)
    return shared


def _conf(words: Sequence[str]) -> str:
    return next((word.partition("=")[2] for word in words if word.startswith("conf=")), "")
