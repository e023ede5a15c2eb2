"""What is not the same on all sides: parameters, code, Git, data, packages, machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from agilml.compare.sides import Member, Side
from agilml.model import canonical


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Attributes:
        kind: ``param code git data package machine``.
        name: the config key, the file, the package …
        values: per side the distinct values of its runs; empty where it has none.
    """

    kind: str
    name: str
    values: Sequence[Sequence[Any]]


_Key: TypeAlias = tuple[str, str]
_PLAIN = frozenset({str, int, float, bool, type(None)})

KINDS = ("param", "code", "git", "data", "package", "machine")


def differences(sides: Sequence[Side]) -> list[Difference]:
    """Return everything that differs between the sides, in the order of :data:`KINDS`, then by name.

    A value that varies in the same way on every side, such as the seed, does not differ.
    """
    facts = [_by_key(side.members) for side in sides]
    names = {key for side in facts for key in side}
    found = []
    for kind, name in sorted(names, key=lambda key: (KINDS.index(key[0]), key[1])):
        values = [_distinct(side.get((kind, name), ())) for side in facts]
        if len({canonical(value) for value in values}) > 1:
            found.append(Difference(kind, name, values))
    return found


def _distinct(values: Iterable[Any]) -> list[Any]:
    by_text = {canonical(value): value for value in values}
    return [by_text[text] for text in sorted(by_text)]


def _by_key(members: Sequence[Member]) -> dict[_Key, list[Any]]:
    """Return the values of all members by what they are values of; equal numbers and texts once."""
    found: dict[_Key, dict[Any, Any]] = {}
    provenances = {id(member.provenance): member.provenance for member in members}
    for key, value in chain.from_iterable(_recorded(seen) for seen in provenances.values()):
        _note(found, key, value)
    for member in members:
        for name, value in member.config.items():
            _note(found, ("param", name), value)
        if member.host is not None:
            _note(found, ("machine", "host"), member.host)
    return {key: list(values.values()) for key, values in found.items()}


def _note(found: dict[_Key, dict[Any, Any]], key: _Key, value: Any) -> None:
    # Ten thousand runs have few values of most keys, and a text of each takes long to make.
    kind = type(value)
    token = (kind, value) if kind in _PLAIN else canonical(value)
    found.setdefault(key, {}).setdefault(token, value)


def _recorded(seen: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield what provenance tells, each thing under the kind that a person looks for it in."""
    for path, digest in _mapping(seen.get("code"), "files").items():
        yield ("code", str(path)), str(digest)[:12]
    git = _mapping(seen, "git")
    for name in ("commit", "branch", "dirty"):
        if git.get(name) is not None:
            yield ("git", name), git[name]
    if git.get("patch"):
        text = str(git["patch"]).encode("utf-8", "surrogatepass")
        yield ("git", "uncommitted changes"), hashlib.sha256(text).hexdigest()[:12]
    data = seen.get("data")
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield ("data", str(name)), value
    elif data is not None:
        yield ("data", "digest"), data
    for name, version in _mapping(seen, "packages").items():
        yield ("package", str(name)), version
    for name in ("agilml", "python"):
        if seen.get(name) is not None:
            yield ("package", name), seen[name]
    for name in ("platform", "cpus", "gpus", "memory_gb"):
        if seen.get(name) is not None:
            yield ("machine", name), seen[name]


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}
