"""Interpolations of the plain kind, compiled once so that a point can be patched without OmegaConf.

Plain means text with ``${a.b}`` or relative ``${.b}`` in it. Everything else (nested
interpolations, resolvers other than the environment's, brackets, escapes) is *opaque*: its value is
OmegaConf's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

_PLAIN = re.compile(r"\$\{(\.*)([A-Za-z_]\w*(?:\.\w+)*)\}")
_ENVIRONMENT = re.compile(r"\$\{(?:oc\.env|agil\.secret):[^${}]*\}")
_WHOLE_ENVIRONMENT = re.compile(r"\$\{oc\.decode:\$\{(?:oc\.env|agil\.secret):[^${}]*\}\}")


class Program(Protocol):
    """How the value of one interpolated leaf is made."""

    @property
    def references(self) -> list[str]:
        """The absolute paths it reads."""

    def run(self, values: Mapping[str, Any]) -> Any:
        """Return the value of the leaf, given the values of its references."""


@dataclass(frozen=True, slots=True)
class Copy:
    """``${a.b}`` and nothing else: the value itself, whatever its type."""

    path: str

    @property
    def references(self) -> list[str]:
        """The one path."""
        return [self.path]

    def run(self, values: Mapping[str, Any]) -> Any:
        """Return the value itself."""
        return values[self.path]


class Text:
    """Text around references, as a ``%s`` template: one C call for every point of a sweep.

    Args:
        parts: literal texts at even places, paths at odd ones.
    """

    __slots__ = ("_read", "_template", "references")

    def __init__(self, parts: Sequence[str]) -> None:
        self.references = list(parts[1::2])
        self._template = "%s".join(part.replace("%", "%%") for part in parts[::2])
        self._read = itemgetter(*self.references)

    def run(self, values: Mapping[str, Any]) -> str:
        """Return the text, values written as Python writes them, which is what OmegaConf does."""
        return str(self._template % self._read(values))


@dataclass(frozen=True, slots=True)
class Items:
    """A list with interpolated texts in it; other elements stand as they are."""

    items: tuple[tuple[Program | None, Any], ...]

    @property
    def references(self) -> list[str]:
        """The paths that any element reads."""
        return [path for program, _ in self.items if program for path in program.references]

    def run(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the list, its texts interpolated."""
        return [program.run(values) if program else item for program, item in self.items]


def has_interpolation(value: Any) -> bool:
    """Return whether ``value``, or anything inside it, is text with an interpolation."""
    if isinstance(value, str):
        return "${" in value
    if isinstance(value, Mapping):
        return any(has_interpolation(item) for item in value.values())
    return isinstance(value, list) and any(has_interpolation(item) for item in value)


def is_constant(value: Any) -> bool:
    """Return whether no other leaf can change ``value``: it reads the environment at most."""
    if isinstance(value, str):
        text = _ENVIRONMENT.sub("", _WHOLE_ENVIRONMENT.sub("", value))
        return "${" not in text and not ("${" in value and "\\" in value)
    if isinstance(value, Mapping):
        return all(is_constant(item) for item in value.values())
    return not isinstance(value, list) or all(is_constant(item) for item in value)


def compile_leaf(path: str, value: Any) -> Program | None:
    """Return the program for the interpolated leaf at ``path``, or None where it is opaque."""
    if isinstance(value, list):
        return _compile_list(value)
    if not isinstance(value, str) or "\\" in value or "\\" in path:
        return None
    return _compile_text(value, path.split(".")[:-1])


def _compile_list(items: list[Any]) -> Items | None:
    """Compile the elements; a relative reference inside a list stays opaque."""
    compiled: list[tuple[Program | None, Any]] = []
    for item in items:
        program = None
        if not is_constant(item):
            program = (
                _compile_text(item, None) if isinstance(item, str) and "\\" not in item else None
            )
            if program is None:
                return None
        compiled.append((program, item))
    return Items(tuple(compiled))


def _compile_text(text: str, parents: list[str] | None) -> Program | None:
    parts: list[str] = []
    at = 0
    for found in _PLAIN.finditer(text):
        reference = _absolute(parents, len(found.group(1)), found.group(2))
        if reference is None:
            return None
        parts += [text[at : found.start()], reference]
        at = found.end()
    parts.append(text[at:])
    if len(parts) == 1 or not all(is_constant(literal) for literal in parts[::2]):
        return None
    return Copy(parts[1]) if parts[::2] == ["", ""] else Text(parts)


def _absolute(parents: list[str] | None, dots: int, name: str) -> str | None:
    """Return the absolute path of a reference: one dot is the leaf's mapping, each more one up."""
    if dots == 0:
        return name
    if parents is None or dots - 1 > len(parents):
        return None
    return ".".join([*parents[: len(parents) - dots + 1], name])
