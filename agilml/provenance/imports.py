"""The modules that a Python file names, read from its text and never by importing it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """One module that a file may import.

    Attributes:
        level: 0 for an absolute import, else the number of leading dots.
        parts: the dotted name, split. For ``from a import b`` it is ``a.b``, since ``b`` may be a
            module; ``*`` as the last part stands for whatever the package holds.
    """

    level: int
    parts: tuple[str, ...]


def imports_of(source: bytes) -> list[Import]:
    """Return what ``source`` may import at any depth, sorted; nothing if it is not valid Python.

    A block under ``if TYPE_CHECKING:`` never runs and is left out. A module imported by a name that
    is computed at run time cannot be seen.
    """
    try:
        with warnings.catch_warnings():
            # An invalid escape in somebody's string is not ours to report.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    # Statements hold all imports but those by call, and are a tenth of the nodes.
    calls = b"import_module" in source or b"__import__" in source
    nodes = _nodes(tree, ast.iter_child_nodes if calls else _blocks)
    return sorted({found for node in nodes for found in _named(node)})


def _nodes(tree: ast.AST, children: Callable[[ast.AST], Iterable[ast.AST]]) -> Iterator[ast.AST]:
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            pending += node.orelse
        else:
            pending += children(node)


def _blocks(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        yield from getattr(node, name, ())


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _named(node: ast.AST) -> Iterator[Import]:
    match node:
        case ast.Import(names=names):
            yield from (Import(0, tuple(alias.name.split("."))) for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            parts = tuple(module.split(".")) if module else ()
            yield from (Import(level, (*parts, alias.name)) for alias in names)
        case ast.Call(
            func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
            args=[ast.Constant(value=str(name)), *_],
        ) if name and not name.startswith("."):
            yield Import(0, tuple(name.split(".")))
