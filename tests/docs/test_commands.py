"""Every command in the documentation is typed, page by page, in a folder of its own.

A page's ``console`` blocks are run in order: lines that begin with ``$``. A comment ``# exit 2`` behind a
command says how it ends; without one it ends with 0. A block with ``title=PATH`` behind its language is a
file, written where the commands before it have led. Other blocks are not run.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+# exit (\d+)\s*$")


@dataclass(frozen=True)
class Command:
    """A line to type, and how it must end."""

    line: str
    code: int


@dataclass(frozen=True)
class File:
    """A file to write before going on."""

    path: str
    content: str


def pages() -> list[Path]:
    found = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    return [page for page in found if any(isinstance(item, Command) for item in steps(page))]


def steps(page: Path) -> list[Command | File]:
    """Return what a reader of the page does, in order."""
    found: list[Command | File] = []
    for language, path, text in BLOCK.findall(page.read_text()):
        if path:
            found.append(File(path, text))
        elif language == "console":
            typed = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
            found += [Command(EXIT.sub("", line), _code(line)) for line in typed]
    return found


def _code(line: str) -> int:
    match = EXIT.search(line)
    return int(match.group(1)) if match else 0


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Return a folder with `agil`, `sqlite-utils` and `python` as this Python would run them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, module in (("agil", "agilml"), ("sqlite-utils", "sqlite_utils")):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"\n')
        script.chmod(0o755)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_does_what_it_says(page: Path, tmp_path: Path, tools: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    for step in steps(page):
        if isinstance(step, File):
            (folder / step.path).write_text(step.content)
            continue
        # `cd` must reach the commands behind it, so the shell says where it ended up.
        script = f"{step.line}\ncode=$?\npwd > {shlex.quote(str(tmp_path / 'pwd'))}\nexit $code\n"
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
        said = f"$ {step.line}\n{done.stdout}{done.stderr}"
        assert step.code == done.returncode, said
        folder = Path((tmp_path / "pwd").read_text().strip())


def test_there_are_commands_to_run() -> None:
    assert len(pages()) >= 3
