from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MODULE_LINES = 400
MEDIAN_MODULE_LINES = 150
FUNCTION_LINES = 80
LONG_FUNCTION_LINES = 40
LONG_FUNCTIONS_OF_A_HUNDRED = 5


def modules() -> list[Path]:
    folders = ("agilml", "executors", "recipes")
    found = {path.resolve() for folder in folders for path in (ROOT / folder).rglob("*.py")}
    return sorted(found)


def functions() -> Iterator[tuple[str, int]]:
    """Yield ``(where, lines)`` of every function, not counting decorators and the docstring."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                where = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield where, (node.end_lineno or 0) - node.lineno + 1 - docstring_lines(node)


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(node) is None:
        return 0
    first = node.body[0]
    return (first.end_lineno or 0) - first.lineno + 1


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in modules()}
    too_long = {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > MODULE_LINES}
    assert not too_long
    assert statistics.median(lengths.values()) <= MEDIAN_MODULE_LINES


def test_functions_are_short() -> None:
    lengths = dict(functions())
    assert not {where: n for where, n in lengths.items() if n > FUNCTION_LINES}
    long = {where: n for where, n in lengths.items() if n > LONG_FUNCTION_LINES}
    assert len(long) <= len(lengths) * LONG_FUNCTIONS_OF_A_HUNDRED / 100, long
