"""The dimensions of one conf: those typed, and those of its ``sweep:`` that were not replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agilml.config.words import Setting
from agilml.errors import ConfigError
from agilml.model import JSON
from agilml.sweep.expand_structures import Block, Blocks, Groups
from agilml.sweep.grammar import Dimension, Kind, Row, constant, dimension, listed
from agilml.sweep.grammar_condition import Condition, condition
from agilml.text import safe_text

_EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class Axes:
    """What a sweep over one conf goes through.

    Attributes:
        every: all dimensions, in the order of the conf and the words.
        exclude: points for which one of these holds are left out.
        base: the conf with the fixed choices of groups, before any sweep.
    """

    every: tuple[Dimension, ...]
    exclude: tuple[Condition, ...]
    base: Block

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The factors of the product, in order; the last one varies fastest."""
        return tuple(one for one in self.every if one.kind is not Kind.OPEN)

    @property
    def open(self) -> tuple[Dimension, ...]:
        """The intervals."""
        return tuple(one for one in self.every if one.kind is Kind.OPEN)


def axes(blocks: Blocks, words: Sequence[str], exclude: Sequence[str] | None) -> Axes:
    """Return the axes of the conf that ``blocks`` composes.

    Raises:
        UsageError, ConfigError: a word or an axis of ``sweep:`` makes no sense.
    """
    groups = blocks.groups
    typed = _last_of_each([dimension(word, groups.options) for word in words])
    base = blocks.get(_fixed_choices(typed, groups))
    written = base.structure.unresolved.get("sweep") or {}
    if not isinstance(written, Mapping):
        raise ConfigError(
            "`sweep:` is a mapping from key to values", next="sweep: {optim.lr: '0.1,0.2'}"
        )
    texts = exclude if exclude is not None else _exclude_texts(written.get(_EXCLUDE))
    found = [*_not_replaced(_configured(written, groups), typed), *typed]
    _check_conflicts(found)
    for one in found:
        if one.kind is Kind.ROWS:
            _check_name(one, base, groups)
    return Axes(
        tuple(_repeated(one, base) for one in found),
        tuple(condition(text) for text in texts),
        base,
    )


def keys_of(one: Dimension) -> set[str]:
    """Return the keys that a dimension sets."""
    return {setting.key for row in one.rows for setting in row.settings} or {one.name}


def _last_of_each(dimensions: Sequence[Dimension]) -> list[Dimension]:
    """Keep the last of the words for a key, as Hydra does; conditional ones add up."""
    last = {one.name: n for n, one in enumerate(dimensions) if _replaceable(one)}
    return [one for n, one in enumerate(dimensions) if not _replaceable(one) or last[one.name] == n]


def _replaceable(one: Dimension) -> bool:
    return one.when is None and not any(setting.op for row in one.rows for setting in row.settings)


def _fixed_choices(dimensions: Sequence[Dimension], groups: Groups) -> list[Setting]:
    return [
        setting
        for one in dimensions
        if one.kind is Kind.FIXED
        for setting in one.rows[0].settings
        if groups.needs_compose(setting)
    ]


def _exclude_texts(node: Any) -> list[str]:
    texts = node if isinstance(node, list) else [node] if node is not None else []
    if not all(isinstance(text, str) for text in texts):
        raise ConfigError(
            "`sweep.exclude` is an expression or a list of them", next="exclude: optim.lr > 0.1"
        )
    return texts


def _configured(node: Mapping[str, Any], groups: Groups, prefix: str = "") -> Iterator[Dimension]:
    for name, value in node.items():
        key = prefix + name
        if key == _EXCLUDE:
            continue
        if isinstance(value, Mapping):
            yield from _configured(value, groups, f"{key}.")
        elif isinstance(value, list):
            yield listed(key, value)
        elif isinstance(value, str):
            yield dimension(f"{key}={value}", groups.options)
        else:
            yield constant(key, value)


def _not_replaced(configured: Iterator[Dimension], typed: Sequence[Dimension]) -> list[Dimension]:
    names = {one.name for one in typed}
    keys = set[str]().union(*(keys_of(one) for one in typed)) | names
    kept = []
    for one in configured:
        if one.name in names or (one.kind is not Kind.ROWS and one.name in keys):
            continue
        shared = keys_of(one) & keys
        if shared:
            key, name = safe_text(min(shared)), safe_text(one.name)
            raise ConfigError(
                f"`{key}` is typed, and `sweep.{name}` sets it together with other keys",
                next=f"drop that axis with ~sweep.{name}, or type {name}=… anew",
            )
        kept.append(one)
    return kept


def _check_conflicts(dimensions: Sequence[Dimension]) -> None:
    owner: dict[str, Dimension] = {}
    for one in dimensions:
        for key in keys_of(one):
            other = owner.setdefault(key, one)
            deliberate = (one.when and other.when) or any(
                s.op for row in one.rows for s in row.settings
            )
            if other is not one and not deliberate:
                raise ConfigError(
                    f"`{safe_text(key)}` is set twice, by `{safe_text(other.name)}` and by "
                    f"`{safe_text(one.name)}`",
                    next="set every key in one place",
                )


def _check_name(one: Dimension, base: Block, groups: Groups) -> None:
    taken = (
        one.name.split(".")[0] in base.structure.unresolved or groups.options(one.name) is not None
    )
    if taken and keys_of(one) != {one.name}:
        raise ConfigError(
            f"`{safe_text(one.name)}` names a group of keys and is a key itself",
            next="choose a name that is no key of the conf",
        )


def _repeated(one: Dimension, base: Block) -> Dimension:
    """Return a repeat with its rows: the base value and those that follow it."""
    if one.kind is not Kind.REPEAT:
        return one
    try:
        start = base.lookup(one.name)
    except KeyError:
        start = 0
    if not isinstance(start, int) or isinstance(start, bool):
        raise ConfigError(
            f"`{safe_text(one.name)}=repeat(…)` needs a whole number as base, not {safe_text(start, 40)}",
            next=f"set {one.name} to a whole number in the conf file",
        )
    rows = tuple(Row((Setting(one.name, start + n),)) for n in range(one.repeats))
    return replace(one, rows=rows)


def shown(one: Dimension, base: Block) -> list[JSON]:
    """Return the values of a dimension for a reader: plain values, or one mapping per row."""
    values: list[JSON] = []
    for row in one.rows:
        try:
            pairs = base.patches[row].params
        except ConfigError:
            # The key exists with another choice of group only; the value is shown as typed.
            pairs = tuple((setting.name, setting.value) for setting in row.settings)
        values.append(dict(pairs) if one.kind is Kind.ROWS else pairs[0][1])
    return values
