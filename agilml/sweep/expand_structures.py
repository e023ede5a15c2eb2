"""Structures of one conf, each composed by Hydra once, and what rows do to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from agilml.config import Configs
from agilml.config.configs import structure, unknown_key
from agilml.config.fit import MISSING, fit
from agilml.config.identity import NOT_IDENTITY, value_text
from agilml.config.interpolation import has_interpolation
from agilml.config.session import Composed
from agilml.config.suggest import did_you_mean, listing
from agilml.config.words import Setting, top_of
from agilml.errors import ConfigError
from agilml.points import Structure
from agilml.sweep.expand_patch import Leaves, Opaque, Patch, Plan
from agilml.sweep.grammar import Row
from agilml.text import safe_text

_COMPOSED = ("hydra", "identity")
"""Top-level keys never patched: Hydra reads the first itself, the second decides what digests cover."""


class Groups:
    """The config groups, and which settings choose from them."""

    def __init__(self, options: Mapping[str, Sequence[str]]) -> None:
        self._options = options
        self._met: set[str] = set()

    def meet(self, choices: Iterable[str]) -> None:
        """Take note of groups that a defaults list chose from.

        Hydra finds groups on a ``hydra.searchpath`` of the conf too, which no folder listing shows.
        """
        self._met.update(choices)

    def options(self, key: str) -> Sequence[str] | None:
        """Return the options of the group that ``key`` chooses from, or None."""
        return self._options.get(key.partition("@")[0])

    def chooses(self, setting: Setting) -> bool:
        """Return whether ``setting`` picks an option of a group rather than a value."""
        return self._is_group(setting.key) and not isinstance(setting.value, dict)

    def _is_group(self, key: str) -> bool:
        return self.options(key) is not None or key in self._met

    def needs_compose(self, setting: Setting) -> bool:
        """Return whether only Hydra can apply ``setting``: all but a plain value, a plain key."""
        key, value = setting.key, setting.value
        return (
            bool(setting.op)
            or "@" in key
            or "/" in key
            or key.partition(".")[0] in _COMPOSED
            or isinstance(value, dict)
            or has_interpolation(value)
            or value == MISSING
            or self._is_group(key)
        )

    def check(self, setting: Setting) -> None:
        """Return if the option exists.

        Raises:
            ConfigError: it does not; the message lists those that do.
        """
        group = setting.key.partition("@")[0]
        if setting.op == "~" or not self.chooses(setting) or group not in self._options:
            return
        chosen = setting.value if isinstance(setting.value, list) else [setting.value]
        for option in chosen:
            if option is not None and not self._exists(group, str(option)):
                options = self._options[group]
                raise ConfigError(
                    f"no {safe_text(group)} `{safe_text(option)}`"
                    + did_you_mean(str(option), options),
                    next=f"{safe_text(group)}= one of: {listing(options)}",
                )

    def _exists(self, group: str, option: str) -> bool:
        folder, _, name = f"{group}/{option}".rpartition("/")
        return name.removesuffix(".yaml") in self._options.get(folder, ())


class Patches(dict[Row, Patch]):
    """The patches of a block by row, made when first asked for."""

    def __init__(self, make: Callable[[Row], Patch]) -> None:
        self._make = make

    def __missing__(self, row: Row) -> Patch:
        patch = self[row] = self._make(row)
        return patch


class Block:
    """One structure, ready to be patched.

    Args:
        settings: what was composed into it.
        whole: keys among them whose value is not patched again: the composed one stands.
        stand_ins: keys among them with a value that only stands in for those to come.

    Attributes:
        structure: what Hydra composed.
        settings: as given.
        problem: why its interpolations do not resolve, or None.
        patches: what a row does to it beyond the settings composed into it, by row. Looking one up
            raises ConfigError where a key does not exist here or a value does not fit.
    """

    def __init__(
        self,
        structure: Structure,
        settings: Sequence[Setting],
        groups: Groups,
        problem: ConfigError | None = None,
        *,
        whole: frozenset[str] = frozenset(),
        stand_ins: frozenset[str] = frozenset(),
    ) -> None:
        self.structure = structure
        self.problem = problem
        self._groups = groups
        self.settings = settings
        self._whole = whole
        self._stand_ins = stand_ins
        self._written = {s.key for s in settings if not groups.chooses(s)}
        self.leaves = Leaves(self.structure)
        self.patches = Patches(self.make)
        self._plans: dict[tuple[tuple[str, ...], ...], Plan | None] = {}
        self._patchable: dict[tuple[str, ...], bool] = {}

    def plan(self, pattern: tuple[tuple[str, ...], ...]) -> Plan | None:
        """Return the plan for points that change the keys of ``pattern``; None: compose them."""
        if pattern not in self._plans:
            try:
                plan = None if self.problem and any(pattern) else self._plan(pattern)
            except Opaque:
                plan = None
            self._plans[pattern] = plan
        return self._plans[pattern]

    def _plan(self, pattern: tuple[tuple[str, ...], ...]) -> Plan:
        if self.problem:
            raise self.problem
        return Plan(self.structure, self.leaves, pattern)

    def make(self, row: Row) -> Patch:
        """Return the patch of ``row``, not kept: for a row that will not be asked for again."""
        params: list[tuple[str, Any]] = []
        changes: list[tuple[str, Any]] = []
        opaque = False
        for setting in row.settings:
            if self._groups.needs_compose(setting):
                params.append((setting.name, setting.value))
                continue
            value = self._fitted(setting)
            params.append((setting.name, value))
            if setting.key in self._whole:
                continue
            changes.append((setting.key, value))
            opaque = opaque or self._is_opaque(setting.key)
        keys, values = tuple(key for key, _ in changes), tuple(value for _, value in changes)
        labels = tuple(pair for pair in params if top_of(pair[0].lstrip("~")) not in NOT_IDENTITY)
        return Patch(tuple(params), keys, values, tuple(map(value_text, values)), opaque, labels)

    def _is_opaque(self, key: str) -> bool:
        """Whether ``key`` is no plain leaf, or a composed setting wrote at, above or below it."""
        if key not in self.leaves.unresolved or isinstance(self.leaves.unresolved[key], dict):
            return True
        if key not in self.leaves.resolved or isinstance(self.leaves.resolved[key], dict):
            return True
        written = self._written - {key} if key in self._stand_ins else self._written
        return any(
            key == other or key.startswith(f"{other}.") or other.startswith(f"{key}.")
            for other in written
        )

    def patchable(self, patch: Patch) -> bool:
        """Return whether the effect of ``patch`` is known without composing."""
        if patch.opaque or (self.problem and patch.keys):
            return False
        if patch.keys not in self._patchable:
            self._patchable[patch.keys] = self.leaves.follow(patch.keys)
        return self._patchable[patch.keys]

    def _fitted(self, setting: Setting) -> Any:
        node: Any = self.structure.unresolved
        for part in setting.key.split("."):
            if not isinstance(node, Mapping):
                # Inside a list, or behind an interpolation: Hydra knows if there is such a key.
                return setting.value
            if part not in node:
                raise self._unknown(setting.key)
            node = node[part]
        if has_interpolation(node):
            node = self._resolved_at(setting.key)
        return fit(setting.key, node, setting.value)

    def _resolved_at(self, key: str) -> Any:
        node: Any = self.structure.resolved
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return node

    def _unknown(self, key: str) -> ConfigError:
        known = [*self.leaves.unresolved, *self.structure.choices]
        where = "".join(
            f" {safe_text(s.key)}={safe_text(s.value, 40)}"
            for s in self.settings
            if self._groups.chooses(s)
        )
        return unknown_key(key, f"{self.structure.conf}{where}", known)

    def chooses(self, setting: Setting) -> bool:
        """Return whether ``setting`` picks an option of a group here."""
        return self._groups.chooses(setting)

    def lookup(self, key: str) -> Any:
        """Return the option or resolved value of ``key`` before any patch.

        Raises:
            KeyError: there is none.
        """
        if key in self.structure.choices:
            return self.structure.choices[key]
        node: Any = self.structure.resolved or self.structure.unresolved
        for part in key.split("."):
            if not isinstance(node, Mapping):
                raise KeyError(key)
            node = node[part]
        return node

    def typed_value(self, key: str, value: Any) -> Any:
        """Return ``value`` in the type of ``key``'s base.

        Raises:
            ConfigError: the key does not exist, or the value does not fit.
        """
        return self._fitted(Setting(key, value))


class Blocks:
    """All structures of one conf met so far; equal settings are composed once."""

    def __init__(self, configs: Configs, conf: str, groups: Groups) -> None:
        self.groups = groups
        self._configs = configs
        self._conf = conf
        self._known: dict[tuple[str, ...], Block] = {}

    def __iter__(self) -> Iterator[Block]:
        return iter(self._known.values())

    def get(self, settings: Sequence[Setting]) -> Block:
        """Return the block with ``settings`` composed into it, in this order."""
        words = tuple(setting.word for setting in settings)
        block = self._known.get(words) or self._same_choices(words, settings)
        if block is None:
            composed = self._read(words, settings)
            found = structure(self._conf, composed)
            block = Block(found, settings, self.groups, composed.problem)
            self.groups.meet(found.choices)
        self._known[words] = block
        return block

    def check_shapes(self, settings: Sequence[Setting]) -> None:
        """Return if no mapping or list that Hydra is to compose would stand where a scalar stood.

        Raises:
            ConfigError: one would.
        """
        shaped = [
            s
            for s in settings
            if isinstance(s.value, dict | list) and not s.op and not self.groups.chooses(s)
        ]
        if shaped:
            base = self.get([s for s in settings if s not in shaped])
            for setting in shaped:
                base.typed_value(setting.key, setting.value)

    def _read(self, words: tuple[str, ...], settings: Sequence[Setting]) -> Composed:
        try:
            return self._configs.read(self._conf, words)
        except ConfigError:
            for setting in settings:
                self.groups.check(setting)
            raise

    def _same_choices(self, words: tuple[str, ...], settings: Sequence[Setting]) -> Block | None:
        """Return a block to which ``settings`` only add choices that are its own anyway."""
        for known, block in self._known.items():
            choices = block.structure.choices
            added = [s for s, word in zip(settings, words, strict=True) if word not in known]
            if set(known) <= set(words) and all(
                not s.op and s.value is not None and choices.get(s.key) == s.value for s in added
            ):
                return block
        return None
