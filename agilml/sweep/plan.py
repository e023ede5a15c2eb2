"""A plan: every trial of a sweep with its identity, before anything starts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agilml import events as e
from agilml.config import Configs
from agilml.errors import ConfigError, UsageError
from agilml.ledger.ledger import Ledger, Planned, PlannedTrial
from agilml.model import JSON, digest, sweep_id, trial_id
from agilml.points import Point, Structure, materialise
from agilml.project import Project
from agilml.provenance.code import Code, code_of
from agilml.provenance.secrets import scrub_argv
from agilml.sweep.draw import draw
from agilml.sweep.expand import Expansion, expand
from agilml.worker import recipe

SETTINGS = ("executor", "sampler", "stopper", "budget", "attempts")


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
    first = materialise(found.structures[found.points[0].structure].resolved, found.points[0].delta)
    points = draw(found, first)
    reference = str(first.get("recipe") or "")
    if not reference:
        raise ConfigError("the config names no recipe", next="add `recipe: NAME` to the conf")
    metric, mode = str(first.get("metric") or "val_acc"), str(first.get("mode") or "max")
    if mode not in ("max", "min"):
        raise ConfigError(f"mode is `max` or `min`, not `{mode}`", next="agil sweep … mode=max")
    code = code_of(
        recipe.source_file(reference, project.root), project.root, _named_files(first, project)
    )
    data_of = _DataDigests(project.root)
    trials = _trials(found, points, code, data_of)
    spec = {
        "recipe": reference,
        "metric": metric,
        "mode": mode,
        "words": scrub_argv(words),
        "axes": {name: list(values)[:100] for name, values in found.axes.items()},
        "excluded": found.excluded,
        **{name: first.get(name) for name in SETTINGS},
    }
    chosen_by = {name: spec[name] for name in ("sampler", "stopper")}
    ids = [trial[0] for trial in trials]
    return Plan(
        sweep=sweep_id(
            digest({"trials": sorted(ids), "metric": metric, "mode": mode, **chosen_by})
        ),
        conf=_conf(words),
        recipe=reference,
        metric=metric,
        mode=mode,
        spec=spec,
        structures=list(found.structures.values()),
        trials=trials,
        code=code,
        data=data_of.known,
        axes=found.axes,
        excluded=found.excluded,
    )


def _trials(
    found: Expansion, points: Sequence[Point], code: Code, data_of: _DataDigests
) -> list[PlannedTrial]:
    trials: list[PlannedTrial] = []
    for point in points:
        data = data_of(found.structures[point.structure], point.delta)
        identity = digest({"config": point.digest, "code": code.digest, "data": data})
        trials.append((trial_id(identity), point.structure, dict(point.delta), dict(point.params)))
    return trials


class _DataDigests:
    """The digest of the data of each point, computed once per distinct ``data`` node."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_structure: dict[str, str | None] = {}
        self._by_node: dict[str, str | None] = {}
        self.known: dict[str, str] = {}

    def __call__(self, structure: Structure, delta: Mapping[str, Any]) -> str | None:
        changed = any(path == "data" or path.startswith("data.") for path in delta)
        if not changed and structure.id in self._by_structure:
            return self._by_structure[structure.id]
        node = materialise(structure.resolved, delta if changed else {}).get("data")
        found = self._of(node)
        if not changed:
            self._by_structure[structure.id] = found
        return found

    def _of(self, node: Any) -> str | None:
        if not isinstance(node, dict):
            return None
        key = digest(node)
        if key not in self._by_node:
            from agilml.recipes.data import digest as data_digest

            # A relative path means the project's folder, where the trial will run.
            with contextlib.chdir(self._root):
                self._by_node[key] = found = data_digest(node)
            if found is not None:
                self.known.setdefault(str(node.get("name") or len(self.known)), found)
        return self._by_node[key]


def _named_files(config: Mapping[str, Any], project: Project) -> list[Path]:
    """Return project files that a command names, so that editing a script makes new trials."""
    argv = config.get("argv")
    words = argv if isinstance(argv, list) else str(argv or "").split()
    named = [os.path.join(project.root, str(word)) for word in words]
    # os.path.isfile answers false where Path.is_file raises: for words too long to be a path.
    return [
        Path(name)
        for name in named
        if "\0" not in name and os.path.isfile(name) and _inside(name, project)
    ]


def _inside(name: str, project: Project) -> bool:
    return Path(name).resolve().is_relative_to(project.root)


def _conf(words: Sequence[str]) -> str:
    return next((word.partition("=")[2] for word in words if word.startswith("conf=")), "")
