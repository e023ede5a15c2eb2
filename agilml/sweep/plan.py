"""A plan: every trial of a sweep with its identity, or the space that a sampler will take them from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from agilml import events as e
from agilml.config import Configs
from agilml.data.conf_path import take_conf_path
from agilml.errors import ConfigError, UsageError
from agilml.ledger import queries
from agilml.ledger.ledger import Ledger, Planned, PlannedTrial
from agilml.model import JSON, canonical, digest, sweep_id
from agilml.points import Structure, materialise
from agilml.project import Project
from agilml.provenance.code import Code
from agilml.provenance.refs import Ref
from agilml.provenance.secrets import environment_secrets, scrub_argv
from agilml.provenance.secrets_kept import KeptSecrets, scrub_provenance
from agilml.sweep.defaults import FIXED_SAMPLERS, objectives_of, sampler_of, settle, settled_node
from agilml.sweep.draw import drawn, ordered, shuffled_alike
from agilml.sweep.expand import expand_studies
from agilml.sweep.expand_study import Study
from agilml.sweep.identity import Identities
from agilml.sweep.plan_checks import check_search, check_stopper
from agilml.sweep.search.base import Objective
from agilml.sweep.search.earlier import fits
from agilml.sweep.search.making import Made, make_search
from agilml.sweep.search.plan import SearchPlan
from agilml.sweep.settings import check_settings

SETTINGS = (
    "metric",
    "mode",
    "objectives",
    "executor",
    "sampler",
    "stopper",
    "budget",
    "attempts",
)
CHOSEN_BY = ("sampler", "stopper", "metric", "mode", "objectives")
DEFAULT_CANDIDATES = 64
"""What a search tries where no limit of any kind is given."""
LARGE = 20_000
"""A shuffled grid of more trials starts in the order of their ids."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep that could start now.

    Attributes:
        sweep: its id, a digest of its trials (or of its space) and of how they are chosen.
        conf: what was typed after ``conf=``.
        spec: settings as they go into the ledger.
        trials: ids, structures, deltas and params, in the order they will start; none yet where a sampler
            learns as it goes.
        data: digest of each data set, by name.
        axes: what varies, for people to read.
        excluded: points that an ``exclude`` rule took out.
        search: the space of a sampler that learns as it goes, else None.
        assumed: what nobody said and was taken for granted, for people to read.
        kept: the secrets that its words and its confs held.
        conf_path: the layer of configuration that came from elsewhere, if one did.
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
    search: SearchPlan | None = None
    assumed: Sequence[str] = ()
    kept: KeptSecrets | None = None
    conf_path: Mapping[str, JSON] | None = None

    @property
    def total(self) -> int | None:
        """How many trials there will be at most; None where only time or money ends the search."""
        if self.search is None:
            return len(self.trials)
        limit = (self.spec["budget"] or {}).get("trials")
        return None if limit is None else int(limit) * self.search.repeats

    @property
    def unpruned(self) -> bool:
        """Whether every trial is to run to its end, those that an earlier sweep ended early among them."""
        return str((self.spec["stopper"] or {}).get("name", "none")) == "none"

    def _secrets(self) -> tuple[str, ...]:
        return (*environment_secrets(), *(self.kept.values if self.kept is not None else ()))

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
        if self.kept is not None:
            self.kept.save()
        return ledger.plan(
            e.SweepPlanned(
                self.sweep,
                self.conf,
                self.recipe,
                self.metric,
                self.mode,
                self.total or 0,
                self.spec,
                {
                    **scrub_provenance(provenance, self._secrets()),
                    "code": {"digest": self.code.digest, "files": self.code.files},
                    "data": dict(self.data),
                    **({"conf_path": self.conf_path} if self.conf_path else {}),
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
            unpruned=self.unpruned,
            by=by,
        )


def make_plan(project: Project, words: Sequence[str], ref: Ref | None = None) -> Plan:
    """Return the plan that ``words`` (everything after ``agil sweep``) describe.

    With a ``ref``, ``project`` is its checkout, and the sweep one of its own: the same trials planned from
    the work tree are another sweep, because they run in another folder.

    Raises:
        UsageError: the words do not make sense; nothing was started.
        RecipeError: there is no such recipe.
    """
    words, layer = take_conf_path(project, words)
    kept = KeptSecrets(project.state)
    configs = Configs(project.conf, kept.config, (layer.folder,) if layer else ())
    plan = replace(_plan(project, configs, kept.words(words)), kept=kept)
    if layer is not None:
        plan = replace(plan, spec={**plan.spec, **layer.spec(plan.spec)}, conf_path=layer.as_json())
    return plan if ref is None else _of_ref(plan, ref)


def _of_ref(plan: Plan, ref: Ref) -> Plan:
    words = [*plan.spec["words"], f"ref={ref.name}"]
    return replace(
        plan,
        sweep=sweep_id(digest({"sweep": plan.sweep, "commit": ref.commit})),
        spec={**plan.spec, "words": words, "ref": ref.as_json()},
    )


def _plan(project: Project, configs: Configs, words: Sequence[str]) -> Plan:
    found = settle(configs, words)
    sampler = sampler_of(found[0])
    open_space = any(study.axes.open for study in found)
    if sampler == "grid" or (sampler == "random" and not open_space):
        return _grid(project, configs, found, words)
    if len(found) > 1:
        raise ConfigError(
            f"sampler={sampler} searches in one conf, and these are {len(found)}",
            next="one sweep for each conf, or sampler=grid",
        )
    made = make_search(project, configs, found[0])
    if sampler in FIXED_SAMPLERS:
        return _drawn(made, words)
    return _warmed(project, _adaptive(made, words))


def _warmed(project: Project, plan: Plan) -> Plan:
    """Return the plan of a search with how many trials of the sweeps that it starts from fit into it."""
    if plan.search is None or not plan.search.warm_start:
        return plan
    with queries.reader(project.ledger) as db:
        found = fits(db, plan.sweep, plan.search)
    return replace(
        plan, spec={**plan.spec, "search": {**plan.spec["search"], "warm_start_fit": found}}
    )


def _grid(project: Project, configs: Configs, found: Sequence[Study], words: Sequence[str]) -> Plan:
    every = expand_studies(configs, found)
    first = every.points[0]
    config = materialise(every.structures[first.structure].resolved, first.delta)
    sampler = settled_node("sampler", config)
    points = ordered(every, sampler, (config.get("budget") or {}).get("trials"))
    shared = shared_settings(
        [
            materialise(every.structures[point.structure].resolved, point.delta)
            for point in {point.structure: point for point in reversed(points)}.values()
        ]
    )
    identities = Identities(project.root)
    trials: list[PlannedTrial] = []
    for point in points:
        trial = identities.trial(every.structures[point.structure], point)
        trials.append((trial, point.structure, dict(point.delta), dict(point.params)))
    if len(trials) > LARGE and shuffled_alike(sampler):
        # An id is a digest, so that its order is a shuffle too; and the indexes of the ledger are
        # filled from one end to the other instead of all over, which costs half as much.
        trials.sort(key=itemgetter(0))
    check_stopper(shared, every.repeats)
    spec = {
        "axes": {name: list(values)[:100] for name, values in every.axes.items()},
        "excluded": every.excluded,
        "repeats": list(every.repeats),
        **shared,
    }
    return _fixed(
        words, str(config["recipe"]), spec, list(every.structures.values()), trials, identities
    )


def _drawn(made: Made, words: Sequence[str]) -> Plan:
    """Return the fixed plan of candidates that a sampler draws without learning from results."""
    shared = shared_settings(made.configs)
    check_stopper(shared, made.repeated)
    budget = _limited(shared["budget"], made.plan.size)
    if budget["trials"] is None:
        raise UsageError(
            f"how many candidates sampler={shared['sampler']['name']} is to draw is not said",
            next="add budget.trials=20",
        )
    objectives = [Objective(*pair) for pair in shared["objectives"].items()]
    trials = drawn(made.plan, shared["sampler"], objectives, int(budget["trials"]))
    if not trials:
        raise UsageError("the sweep has no trial left", next="agil sweep … --dry-run")
    used = {trial[1] for trial in trials}
    structures = [item for name, item in made.plan.structures.items() if name in used]
    spec = {
        "axes": made.axes,
        "excluded": 0,
        "repeats": made.repeated,
        **shared,
        "budget": budget,
    }
    plan = _fixed(words, made.recipe, spec, structures, trials, made.plan.identities)
    return replace(plan, assumed=_assumed(shared["budget"], budget))


def _fixed(
    words: Sequence[str],
    recipe: str,
    spec: Mapping[str, Any],
    structures: Sequence[Structure],
    trials: Sequence[PlannedTrial],
    identities: Identities,
) -> Plan:
    chosen_by = {name: spec[name] for name in ("sampler", "stopper", "metric", "mode")}
    ids = sorted(trial[0] for trial in trials)
    return Plan(
        sweep=sweep_id(digest({"trials": ids, **chosen_by})),
        conf=_conf(words),
        recipe=recipe,
        metric=spec["metric"],
        mode=spec["mode"],
        spec={"recipe": recipe, "words": scrub_argv(words), **spec, "pins": identities.pins},
        structures=structures,
        trials=trials,
        code=identities.code,
        data=identities.data,
        axes=spec["axes"],
        excluded=spec["excluded"],
    )


def _adaptive(made: Made, words: Sequence[str]) -> Plan:
    """Return the plan of a search whose candidates depend on results.

    Its id leaves the budget out: the same words with a larger one are the same sweep, carried on.
    """
    shared = shared_settings(made.configs)
    check_search(made, shared)
    plan = made.plan
    recorded, budget = plan.as_json(), _limited(shared["budget"], plan.size)
    identity = {
        "space": recorded["space"],
        "exclude": recorded["exclude"],
        "enqueue": recorded["enqueue"],
        "warm_start": recorded["warm_start"],
        "trials": sorted(made.examples),
        **{name: shared[name] for name in CHOSEN_BY},
    }
    spec = {
        "recipe": made.recipe,
        "words": scrub_argv(words),
        "axes": made.axes,
        "excluded": 0,
        "repeats": made.repeated,
        **shared,
        "budget": budget,
        "search": recorded,
        "pins": plan.identities.pins,
    }
    return Plan(
        sweep=sweep_id(digest(identity)),
        conf=_conf(words),
        recipe=made.recipe,
        metric=shared["metric"],
        mode=shared["mode"],
        spec=spec,
        structures=list(plan.structures.values()),
        trials=(),
        code=plan.identities.code,
        data=plan.identities.data,
        axes=made.axes,
        search=plan,
        assumed=_assumed(shared["budget"], budget),
    )


def _limited(budget: Mapping[str, Any] | None, size: int | None) -> dict[str, Any]:
    """Return the budget with a limit on candidates where there is no limit at all."""
    found = {"trials": None, **(budget or {})}
    # A target may be out of reach, so it is no limit.
    if all(value is None for name, value in found.items() if name != "target"):
        found["trials"] = DEFAULT_CANDIDATES
    if size is not None:
        found["trials"] = min(size, found["trials"] or size)
    return found


def _assumed(given: Mapping[str, Any] | None, budget: Mapping[str, Any]) -> list[str]:
    said = any(value is not None for name, value in (given or {}).items() if name != "target")
    return [] if said else [f"budget.trials={budget['trials']}: no limit was given"]


def shared_settings(configs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings of the sweep, which all its points must share.

    Raises:
        ConfigError: points differ in one of them, or a value makes no sense.
    """
    shared = {name: configs[0].get(name) for name in SETTINGS}
    for name in SETTINGS:
        values = {canonical(config.get(name)) for config in configs}
        if len(values) > 1:
            raise ConfigError(
                f"the runs of a sweep share one `{name}`; these have {', '.join(sorted(values))}",
                next=f"say which with {name}=…, or make two sweeps",
            )
    objectives = objectives_of(configs[0])
    metric, mode = next(iter(objectives.items()))
    shared |= {"metric": metric, "mode": mode, "objectives": objectives}
    shared |= {group: settled_node(group, configs[0]) for group in ("sampler", "stopper")}
    check_settings(shared)
    return shared


def _conf(words: Sequence[str]) -> str:
    return next((word.partition("=")[2] for word in words if word.startswith("conf=")), "")
