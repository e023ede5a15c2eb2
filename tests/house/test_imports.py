from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

OWNERS = {
    "cmaes": ("agilml/sweep/search/",),
    "boto3": ("agilml/store/",),
    "botocore": ("agilml/store/",),
    "hydra": ("agilml/config/", "agilml/hydra_launcher/", "hydra_plugins/"),
    "omegaconf": ("agilml/config/", "agilml/hydra_launcher/", "hydra_plugins/"),
    "onnx": ("agilml/export/",),
    "optuna": ("agilml/sweep/search/",),
    "ray": ("executors/",),
    "rich": ("agilml/tui/", "agilml/report/"),
    "scipy": ("agilml/sweep/search/",),
    "sklearn": ("recipes/",),
    "sqlite_utils": (),
    "torch": ("recipes/",),
    "typer": ("agilml/cli/",),
}
"""Who may import what at module level. Everybody else does it in a function body, or not at all."""

BUDGET = frozenset(OWNERS) - {"rich", "typer"}
"""What neither importing the command nor printing its help may load, whatever imports it."""

HEAVY_FOR_HELP = frozenset({"multiprocessing", "numpy", "pydantic", "rich", "safetensors", "typer"})
"""What the fast path of `agil --help` avoids too: each costs more than the whole answer."""


def imports_at_module_level(source: str) -> Iterator[tuple[int, str]]:
    """Yield ``(line, top-level package)`` of the imports that run when the module is imported."""
    pending: list[ast.AST] = list(ast.parse(source).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]
        pending += list(ast.iter_child_nodes(node))


def sources() -> list[str]:
    folders = ("agilml", "executors", "hydra_plugins", "recipes")
    found = {path for folder in folders for path in (ROOT / folder).rglob("*.py")}
    return sorted(str(path.relative_to(ROOT)) for path in found if ".venv" not in path.parts)


def loaded_by(*command: str) -> set[str]:
    """Return the top-level packages that are loaded when Python has run the command."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('loaded:', *{m.partition('.')[0] for m in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + command[0], *command[1:]],
        capture_output=True,
        text=True,
        check=True,
    )
    _, told, names = done.stdout.rpartition("loaded:")
    assert told, "the command ended without running its exit functions"
    return set(names.split())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch.nn", ["torch"]),
        ("from hydra.core import x", ["hydra"]),
        ("try:\n    import ray\nexcept ImportError:\n    pass", ["ray"]),
        ("class A:\n    import onnx", ["onnx"]),
        ("def f():\n    import torch", []),
        ("if TYPE_CHECKING:\n    import torch", []),
        ("from . import typer", []),
    ],
)
def test_an_import_counts_where_it_runs(source: str, expected: list[str]) -> None:
    assert [name for _, name in imports_at_module_level(source)] == expected


def test_heavy_packages_are_imported_at_module_level_by_their_owners_only() -> None:
    offences = [
        f"{path}:{line} imports {package}"
        for path in sources()
        for line, package in imports_at_module_level((ROOT / path).read_text())
        if package in OWNERS and not path.startswith(OWNERS[package] or "never")
    ]
    assert not offences


def test_importing_agilml_loads_nothing_heavy() -> None:
    assert not loaded_by("import agilml") & (BUDGET | HEAVY_FOR_HELP)


def test_importing_the_command_loads_nothing_heavy() -> None:
    assert not loaded_by("import agilml.cli.main") & (BUDGET | HEAVY_FOR_HELP)


def test_help_is_answered_without_anything_heavy() -> None:
    run = "import runpy; sys.argv[0] = 'agil'; runpy.run_module('agilml', run_name='__main__')"
    assert not loaded_by(run, "--help") & (BUDGET | HEAVY_FOR_HELP)


def test_listing_runs_loads_nothing_heavy(project: Path) -> None:
    run = "import runpy; sys.argv[0] = 'agil'; runpy.run_module('agilml', run_name='__main__')"
    assert not loaded_by(run, "runs", "--json") & BUDGET
