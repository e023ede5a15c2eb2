"""A point of a sweep, stored as (structure, delta). Standard library only.

A *structure* is one full compose: a conf together with its group choices. A *point* is that structure
with some leaves changed. Ten thousand points of four structures cost four composes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Structure:
    """One composed configuration.

    Attributes:
        id: digest of ``conf``, ``choices`` and ``unresolved``.
        conf: name of the primary config, as typed after ``conf=``.
        choices: option chosen for each config group.
        unresolved: plain config with interpolations left as text; what is stored and shown.
        resolved: plain config with interpolations resolved, except ``${oc.env:…}``, which stays text
            until the trial itself reads it, so that no secret reaches the ledger.
    """

    id: str
    conf: str
    choices: Mapping[str, str]
    unresolved: Mapping[str, Any]
    resolved: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One trial-to-be.

    Attributes:
        structure: id of its structure.
        delta: dotted path to value, for every leaf that differs from ``structure.resolved``
            (dependent interpolations included).
        params: what the sweep varied and what the user overrode, by the name that was typed.
        digest: hex digest of the whole resolved config without the keys excluded from identity.
    """

    structure: str
    delta: Mapping[str, Any]
    params: Mapping[str, Any]
    digest: str


def materialise(resolved: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the full plain config of a point: ``resolved`` with ``delta`` applied, nothing shared.

    A path that ends in a list walks it by index. Missing parents are created as mappings.
    """
    config: dict[str, Any] = _copy(resolved)
    for path, value in delta.items():
        node: Any = config
        *parents, leaf = path.split(".")
        for part in parents:
            if isinstance(node, list):
                node = node[int(part)]
            else:
                node = node.setdefault(part, {})
        if isinstance(node, list):
            node[int(leaf)] = _copy(value)
        else:
            node[leaf] = _copy(value)
    return config


def overlaid(resolved: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """Return what :func:`materialise` does, sharing with both all that needs no change: read it only."""
    config = dict(resolved)
    for path, value in delta.items():
        node: Any = config
        *parents, leaf = path.split(".")
        for part in parents:
            at: Any = int(part) if isinstance(node, list) else part
            found = node[at] if isinstance(node, list) else node.get(at, {})
            node[at] = list(found) if isinstance(found, list) else dict(found)
            node = node[at]
        node[int(leaf) if isinstance(node, list) else leaf] = value
    return config


def leaves(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of a config by dotted name; an empty mapping and a list are leaves."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            found.update(leaves(value, f"{prefix}{name}."))
        else:
            found[f"{prefix}{name}"] = value
    return found


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is dict or (kind not in _LEAVES and isinstance(value, Mapping)):
        return {key: _copy(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_copy(item) for item in value]
    return value


_LEAVES = frozenset({str, int, float, bool, type(None), list, tuple})
"""Types that are told apart without asking whether they are mappings, which takes long."""
