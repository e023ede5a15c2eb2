"""What is not the same on all sides: parameters, code, Git, data, packages, machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


KINDS = ("param", "code", "git", "data", "package", "machine")


def differences(sides: Sequence[Side]) -> list[Difference]:
    """Return everything that differs between the sides, in the order of :data:`KINDS`, then by name.

    A value that varies in the same way on every side, such as the seed, does not differ.
    """
    facts = [[_facts(member) for member in side.members] for side in sides]
    names = {key for side in facts for member in side for key in member}
    found = []
    for kind, name in sorted(names, key=lambda key: (KINDS.index(key[0]), key[1])):
        values = [_distinct(side, (kind, name)) for side in facts]
        if len({canonical(value) for value in values}) > 1:
            found.append(Difference(kind, name, values))
    return found


def _distinct(members: Sequence[Mapping[tuple[str, str], Any]], key: tuple[str, str]) -> list[Any]:
    by_text = {canonical(member[key]): member[key] for member in members if key in member}
    return [by_text[text] for text in sorted(by_text)]


def _facts(member: Member) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {("param", k): v for k, v in member.config.items()}
    found.update(_recorded(member.provenance))
    if member.host is not None:
        found["machine", "host"] = member.host
    return found


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
