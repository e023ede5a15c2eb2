"""A search plan made from the words of a sweep."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agilml.config import NOT_IDENTITY, Configs
from agilml.config.words import top_of
from agilml.errors import ConfigError, UsageError
from agilml.model import JSON
from agilml.points import materialise
from agilml.project import Project
from agilml.sweep.address import LATEST, find_sweep
from agilml.sweep.expand import check_names
from agilml.sweep.expand_assembly import Combination, fitted
from agilml.sweep.expand_axes import shown
from agilml.sweep.expand_patch import Patch
from agilml.sweep.expand_study import Study
from agilml.sweep.expand_verify import verify_point
from agilml.sweep.grammar import Dimension, Kind
from agilml.sweep.identity import CODE_KEYS, DATA_KEYS, Identities
from agilml.sweep.search.base import Choice
from agilml.sweep.search.choosing import enqueued
from agilml.sweep.search.draws import at_random
from agilml.sweep.search.place import Ground
from agilml.sweep.search.plan import Excluded, SearchPlan
from agilml.sweep.search.search import completed
from agilml.sweep.search.space import Choices, Range, SearchSpace
from agilml.sweep.search.space import Dimension as Searched
from agilml.sweep.search.survey import survey
from agilml.text import safe_text

_VERIFIED = 3
_TRIES = 200
_MOST_LOOKED_AT = 2_000


@dataclass(frozen=True, slots=True)
class Made:
    """A search plan, and what was seen while it was made.

    Attributes:
        configs: one whole config for each structure.
        examples: ids of trials that, with the space, tell this search from any other.
    """

    plan: SearchPlan
    configs: Sequence[Mapping[str, Any]]
    examples: Sequence[str]

    @property
    def recipe(self) -> str:
        """The recipe; its code is part of every trial's id."""
        return str(self.configs[0]["recipe"])

    @property
    def axes(self) -> dict[str, list[JSON]]:
        """What varies, for people to read: at most 100 values each."""
        return {one.name: _axis(one) for one in self.plan.space.dimensions}

    @property
    def repeated(self) -> list[str]:
        """The keys that only repeat a candidate."""
        return self.plan.repeated


def make_search(project: Project, configs: Configs, study: Study) -> Made:
    """Return the plan of a search over ``study``, with what its sampler's settings say to start from.

    Raises:
        UsageError, ConfigError: the study is nothing to search over, or one of its values makes no sense.
    """
    ground = survey(study)
    check_names([study])
    space = SearchSpace(_dimensions(study, ground), ground.reads)
    _check_keys(study)
    plan = SearchPlan(ground, space, Identities(project.root))
    looked = _look_at(plan, ground)
    _verify(configs, plan, ground)
    sampler = looked.configs[0].get("sampler") or {}
    first = [
        _placeable(plan, enqueued(ground, space, point), point)
        for point in _listed(sampler.get("enqueue"))
    ]
    earlier = [_sweep(project, str(one)) for one in _listed(sampler.get("warm_start"))]
    return replace(looked, plan=SearchPlan(ground, space, plan.identities, first, earlier))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _placeable(plan: SearchPlan, first: Choice, point: Any) -> Choice:
    """Return ``first`` unless it leaves nothing open and is excluded.

    Raises:
        ConfigError: it is.
    """
    wholes = list(completed(plan.space, first, {}, 0))
    if any(whole != wholes[0] for whole in wholes):
        return first
    try:
        plan.place(wholes[0])
    except Excluded:
        pass
    else:
        return first
    raise ConfigError(
        f"`sampler.enqueue` wants {safe_text(point, 60)}, which `exclude` leaves out",
        next="enqueue another point, or loosen exclude=…",
    )


def _sweep(project: Project, address: str) -> str:
    if address == LATEST or address.startswith(("@", "best@")):
        # The sweep is part of what a search is: typed again, the line would mean another search.
        raise UsageError(
            f"`sampler.warm_start={safe_text(address, 60)}` names another sweep tomorrow",
            kept="nothing was started",
            next="name a sweep: s-… or a tag (agil tag latest first-look)",
        )
    if not project.ledger.exists():
        raise UsageError(
            f"`sampler.warm_start={safe_text(address)}`: there is no sweep yet to learn from",
            next="sampler.warm_start=null",
        )
    return find_sweep(project, address)


def _axis(one: Searched) -> list[JSON]:
    if isinstance(one, Choices):
        return list(one.labels)[:100]
    kind = "log" if one.log else ""
    return [f"{kind}[{one.low:g}, {one.high:g}]"]


def _dimensions(study: Study, ground: Ground) -> list[Searched]:
    """Return the dimensions in the order in which a candidate is put together."""
    found: list[Searched] = []
    for one, name in zip(ground.dimensions, ground.names, strict=True):
        if name is None:
            continue
        if one.kind is Kind.OPEN:
            found.append(_range(one, name, ground))
        else:
            found.append(Choices(name, tuple(shown(one, study.axes.base)), one.when))
    if not found:
        raise UsageError(
            "there is nothing to search over: no key has several values",
            next="sampler=grid, or an axis: lr=tag(log,interval(1e-4,1e-1))",
        )
    return sorted(found, key=lambda one: one.when is not None)


def _range(one: Dimension, name: str, ground: Ground) -> Range:
    assert one.interval is not None
    low, high = one.interval.low, one.interval.high
    log = "log" in one.interval.tags
    if log and low <= 0:
        raise ConfigError(
            f"`{safe_text(name)}`: a logarithmic range begins above 0, not at {low:g}",
            next=f"{name}=tag(log,interval(1e-5,{high:g}))",
        )
    ends = _typed_ends(one, ground)
    integer = one.interval.integer or all(type(end) is int for end in ends)
    return Range(name, low, high, log, integer, one.when)


def _typed_ends(one: Dimension, ground: Ground) -> list[Any]:
    """Return the ends in the type of the base, as the first structure that has the key says."""
    assert one.interval is not None
    problem: ConfigError | None = None
    for block in ground.blocks.values():
        try:
            return [
                block.typed_value(one.name, end) for end in (one.interval.low, one.interval.high)
            ]
        except ConfigError as error:
            problem = problem or error
    assert problem is not None
    raise problem


def _check_keys(study: Study) -> None:
    """Refuse what cannot be searched over, and a condition on what only repeats a candidate."""
    repeated = {one.name for one in study.axes.dimensions if one.kind is Kind.REPEAT}
    for one in study.axes.every:
        name = safe_text(one.name)
        if one.when is not None and one.when.names & repeated:
            raise ConfigError(
                f"`{name}` depends on `{safe_text(min(one.when.names & repeated))}`, "
                "which only repeats a candidate",
                next="give that key values in place of repeat()",
            )
        if one.kind is not Kind.FIXED and top_of(one.name) in NOT_IDENTITY:
            raise ConfigError(
                f"`{name}` says how a sweep is run, and makes no other trial", next=f"{name}=VALUE"
            )


def _look_at(plan: SearchPlan, ground: Ground) -> Made:
    """Look up code and data for every choice that they depend on, so that the record has them.

    Raises what makes such a candidate useless too: an open `???`, a recipe that does not exist.
    """
    configs: dict[str, Mapping[str, Any]] = {}
    examples: dict[str, None] = {}
    for count, choice in enumerate(_choices(plan.space, _mattering(ground))):
        if count >= _MOST_LOOKED_AT:
            raise ConfigError(
                f"groups, recipe, argv, data and what conditions read have more than "
                f"{_MOST_LOOKED_AT:,} combinations in this search",
                next="fewer values for them, or a sweep for each",
            )
        for rows in ground.repetitions(choice):
            assembly, point = ground.put(rows)
            structure = assembly.structure
            examples.setdefault(plan.identities.trial(structure, point))
            if structure.id not in configs:
                configs[structure.id] = materialise(structure.resolved, point.delta)
    return Made(plan, list(configs.values()), list(examples))


def _mattering(ground: Ground) -> set[str]:
    """Return the names of the closed dimensions that structures, code or data depend on.

    Those that a condition of one of them reads are among them.
    """
    closed = {
        name: (n, one)
        for n, (one, name) in enumerate(zip(ground.dimensions, ground.names, strict=True))
        if name is not None and one.kind is not Kind.OPEN
    }
    keys = {
        name: {s.name for row in one.rows for s in row.settings}
        for name, (_, one) in closed.items()
    }
    found = {
        name
        for name, (n, _) in closed.items()
        if n in ground.structural or _changes_files(keys[name], ground)
    }
    while True:
        read = {key for name in found if (when := closed[name][1].when) for key in when.names}
        grown = found | {name for name in closed if keys[name] & read}
        if grown == found:
            return found
        found = grown


def _changes_files(keys: set[str], ground: Ground) -> bool:
    for block in ground.blocks.values():
        reached = set(keys)
        if block.leaves.follow(keys):
            reached |= {path for path, _ in block.leaves.affected(keys)}
        if any(path.partition(".")[0] in CODE_KEYS or path in DATA_KEYS for path in reached):
            return True
    return False


def _choices(space: SearchSpace, free: set[str]) -> Iterator[Choice]:
    """Yield every candidate in the dimensions of ``free``, the others at their first row or low end."""

    def grow(n: int, made: dict[str, float | int]) -> Iterator[Choice]:
        if n == len(space.dimensions):
            yield made
            return
        one = space.dimensions[n]
        if not space.applies(one, made):
            yield from grow(n + 1, made)
        elif isinstance(one, Range):
            yield from grow(n + 1, {**made, one.name: one.low})
        else:
            for index in range(len(one.labels) if one.name in free else 1):
                yield from grow(n + 1, {**made, one.name: index})

    return grow(0, {})


def _verify(configs: Configs, plan: SearchPlan, ground: Ground) -> None:
    """Compose some random candidates in full and return if each equals its patched form.

    Raises:
        ConfigError: one does not, or all candidates that were tried are excluded.
    """
    checked = 0
    for _ in range(_TRIES):
        choice = at_random(plan.space, random.getrandbits(48))
        try:
            plan.place(choice)
        except Excluded:
            continue
        for rows in list(ground.repetitions(choice))[:1]:
            assembly, point = ground.put(rows)
            patches = ground.patches(assembly.block, rows)
            verify_point(configs, assembly, point, _words(ground, rows, patches))
        checked += 1
        if checked == _VERIFIED:
            return
    if not checked:
        raise ConfigError(
            f"{_TRIES} random candidates are excluded, every one", next="loosen exclude=…"
        )


def _words(ground: Ground, rows: Combination, patches: Sequence[Patch]) -> list[str]:
    words = [setting.word for setting in fitted(rows, patches)]
    added = {one.name: one.op for one in ground.dimensions if one.op}
    return [f"{added.get(word.partition('=')[0], '')}{word}" for word in words]
