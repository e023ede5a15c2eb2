"""A structure with some leaves changed: what changes with them, and the digest of the whole.

A plan is made once for a structure and a set of changed keys. It finds the interpolated leaves that
depend on these keys, compiles them, and writes down the canonical JSON of all other leaves, so that
the digest of a point costs one join and one sha256.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agilml.config.fit import MISSING
from agilml.config.identity import digest_of_text, excluded_keys, flatten, is_excluded, value_text
from agilml.config.interpolation import (
    Items,
    Program,
    Text,
    compile_leaf,
    has_interpolation,
    is_constant,
)
from agilml.config.suggest import listing
from agilml.errors import ConfigError
from agilml.points import Structure


@dataclass(frozen=True, eq=False, slots=True)
class Patch:
    """What one row does to one structure.

    Attributes:
        params: name and value of every setting, values in the type of the base.
        labels: those of ``params`` that say what is run, not how it is run, searched or judged.
        keys: leaves it changes.
        values: their new values.
        texts: canonical JSON of the new values.
        opaque: whether only a full compose can tell what the row does.
    """

    params: tuple[tuple[str, Any], ...]
    keys: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    texts: tuple[str, ...] = ()
    opaque: bool = False
    labels: tuple[tuple[str, Any], ...] = ()


class Opaque(Exception):
    """The effect of a change cannot be compiled; compose the point in full."""


class Leaves:
    """The leaves of a structure, and what is asked about them."""

    def __init__(self, structure: Structure) -> None:
        self.unresolved = dict(flatten(structure.unresolved))
        self.resolved = dict(flatten(structure.resolved))
        self.excluded = excluded_keys(structure.resolved)
        self.programs: dict[str, Program | None] = {
            path: compile_leaf(path, value)
            for path, value in self.unresolved.items()
            if has_interpolation(value) and not is_constant(value)
        }

    def is_interpolated(self, key: str) -> bool:
        """Return whether the value at ``key`` comes from an interpolation there or above."""
        return any(key == path or key.startswith(f"{path}.") for path in self.programs)

    def affected(self, changed: Iterable[str]) -> list[tuple[str, Program]]:
        """Return the interpolated leaves that depend on ``changed``, each after those it reads.

        Raises:
            Opaque: one of them cannot be compiled.
        """
        touched = set(changed)
        waiting = {path: program for path, program in self.programs.items() if path not in touched}
        found: dict[str, Program] = {}
        grew = bool(touched)
        while grew:
            grew = False
            for path, program in list(waiting.items()):
                if self._reads(program, touched):
                    assert program is not None
                    found[path] = waiting.pop(path) or program
                    touched.add(path)
                    grew = True
        return _ordered(found)

    def follow(self, changed: Iterable[str]) -> bool:
        """Return whether everything that depends on ``changed`` can be compiled."""
        touched = set(changed)
        try:
            found = self.affected(touched)
        except Opaque:
            return False
        made = {path for path, _ in found} | touched
        read = {path for _, program in found for path in program.references}
        return read - made <= self.resolved.keys()

    def _reads(self, program: Program | None, touched: set[str]) -> bool:
        """Return whether ``program`` reads a touched leaf."""
        if program is None:
            raise Opaque
        hit = False
        for reference in program.references:
            if reference in touched:
                hit = True
                self._check_text(program, reference)
            elif any(_related(reference, path) for path in touched):
                raise Opaque
        return hit

    def _check_text(self, program: Program, reference: str) -> None:
        """Leave a list inside a text to OmegaConf: it writes the list's interpolations as text."""
        if isinstance(program, Text | Items) and isinstance(self.unresolved.get(reference), list):
            raise Opaque


def _related(a: str, b: str) -> bool:
    return a.startswith(f"{b}.") or b.startswith(f"{a}.")


def _ordered(found: Mapping[str, Program]) -> list[tuple[str, Program]]:
    order: list[tuple[str, Program]] = []
    waiting = dict(found)
    while waiting:
        ready = [
            path
            for path, program in waiting.items()
            if not any(reference in waiting for reference in program.references)
        ]
        if not ready:
            raise Opaque
        order += [(path, waiting.pop(path)) for path in ready]
    return order


class Plan:
    """How points of one structure are made that all change the same keys.

    Args:
        structure: the structure to patch.
        leaves: its leaves.
        pattern: changed keys, one tuple for each patch of a point.

    Raises:
        Opaque: the change cannot be compiled.
        ConfigError: a value that must be given is not.
    """

    def __init__(
        self, structure: Structure, leaves: Leaves, pattern: Sequence[tuple[str, ...]]
    ) -> None:
        self.structure = structure
        self._resolved = leaves.resolved
        self._changed = {key for keys in pattern for key in keys}
        self._programs = leaves.affected(self._changed)
        self._check_given(structure.conf)
        self._constants = self._read_constants()
        self._parts: list[str] = []
        self._slots: list[tuple[int, int, int]] = []
        self._runs: list[tuple[str, Callable[[Mapping[str, Any]], Any], int | None]] = []
        self._inputs = self._read_inputs(pattern)
        self._write_template(leaves, pattern)

    def _check_given(self, conf: str) -> None:
        blank = [p for p, v in self._resolved.items() if v == MISSING and p not in self._changed]
        if blank:
            raise ConfigError(
                f"conf={conf} leaves open what must be given (`???`): {listing(blank)}",
                next=f"{blank[0]}=…",
            )

    def _read_constants(self) -> dict[str, Any]:
        """Return the values that programs read and points do not change."""
        made = {path for path, _ in self._programs} | self._changed
        read = {path for _, program in self._programs for path in program.references} - made
        missing = read - self._resolved.keys()
        if missing:
            raise Opaque
        return {path: self._resolved[path] for path in read}

    def _read_inputs(self, pattern: Sequence[tuple[str, ...]]) -> list[tuple[int, int, str]]:
        """Return where, in the patches of a point, the changed keys are that programs read."""
        read = {path for _, program in self._programs for path in program.references}
        return [
            (n, m, key)
            for n, keys in enumerate(pattern)
            for m, key in enumerate(keys)
            if key in read
        ]

    def _write_template(self, leaves: Leaves, pattern: Sequence[tuple[str, ...]]) -> None:
        """Write the canonical JSON of all leaves, with a gap for each that varies."""
        varying = self._changed | {path for path, _ in self._programs}
        paths = sorted(
            p for p in self._resolved.keys() | varying if not is_excluded(p, leaves.excluded)
        )
        gaps: dict[str, int] = {}
        text = "{"
        for n, path in enumerate(paths):
            text += ("," if n else "") + value_text(path) + ":"
            if path in varying:
                gaps[path] = len(self._parts) + 1
                self._parts += [text, ""]
                text = ""
            else:
                text += value_text(self._resolved[path])
        self._parts.append(text + "}")
        self._slots = [
            (n, m, gaps[key])
            for n, keys in enumerate(pattern)
            for m, key in enumerate(keys)
            if key in gaps
        ]
        self._runs = [(path, program.run, gaps.get(path)) for path, program in self._programs]

    def digest(self, patches: Sequence[Patch]) -> bytes:
        """Return the 32-byte digest of the structure with ``patches``."""
        parts = self._parts
        for n, m, gap in self._slots:
            parts[gap] = patches[n].texts[m]
        if self._programs:
            values = self._constants.copy()
            for n, m, key in self._inputs:
                values[key] = patches[n].values[m]
            for path, run, at in self._runs:
                value = values[path] = run(values)
                if at is not None:
                    parts[at] = value_text(value)
        return digest_of_text("".join(parts))

    def delta(self, patches: Sequence[Patch]) -> dict[str, Any]:
        """Return every leaf that ends up different from the structure, by dotted path."""
        changed: dict[str, Any] = {}
        for patch in patches:
            changed.update(zip(patch.keys, patch.values, strict=True))
        values = {**self._constants, **changed}
        for path, program in self._programs:
            values[path] = changed[path] = program.run(values)
        known = self._resolved
        return {
            path: value
            for path, value in changed.items()
            if path not in known or value_text(known[path]) != value_text(value)
        }
