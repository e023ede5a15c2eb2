"""Every command in the documentation is typed, page by page, in a folder of its own.

A page's ``console`` blocks are run in order, in one shell session: lines that begin with ``$``. A comment
``# exit 2`` behind a command says how it ends; without one it ends with 0. Blocks of other languages are not
run. A page whose first line holds ``<!-- commands: slow -->`` belongs to the slow tier.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit (\d+)\s*$")


def pages() -> list[Path]:
    found = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    return [page for page in found if commands(page)]


def commands(page: Path) -> list[tuple[str, int]]:
    """Return the commands of a page with the exit code each must have."""
    found = []
    for block in BLOCK.findall(page.read_text()):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            if line.startswith("$ "):
                match = EXIT.search(line)
                found.append((EXIT.sub("", line[2:]), int(match.group(1)) if match else 0))
    return found


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Return a folder with `agil` and `sqlite-utils` as this Python would run them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, module in (("agil", "agilml"), ("sqlite-utils", "sqlite_utils")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"\n')
        script.chmod(0o755)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_does_what_it_says(page: Path, tmp_path: Path, tools: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for command, code in commands(page):
        # `cd` must reach the commands behind it, so the shell says where it ended up.
        script = f"{command}\ncode=$?\npwd > {shlex.quote(str(tmp_path / 'pwd'))}\nexit $code\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=280,
            check=False,
        )
        said = f"$ {command}\n{done.stdout}{done.stderr}"
        assert code == done.returncode, said
        folder = Path((tmp_path / "pwd").read_text().strip())


def test_there_are_commands_to_run() -> None:
    assert len(pages()) >= 3
