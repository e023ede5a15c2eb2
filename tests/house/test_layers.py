from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_imports_point_down() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


def test_an_upward_import_behind_a_link_is_noticed(tmp_path: Path) -> None:
    for name in ("agilml", "executors", "conf", "recipes"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "executors" / "planted.py").write_text(
        "import agilml.sweep.controller\nimport typer\n"
    )
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert "agilml.executors.planted -> agilml.sweep.controller" in done.stdout
    assert "agilml.executors.planted -> typer" in done.stdout
