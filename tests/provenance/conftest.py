"""A real Git repository that is a project, and the command that works in it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]


@pytest.fixture
def git(project: Path) -> Git:
    """Return a function that runs Git in the project, which has become a repository."""

    def run(*words: str) -> str:
        command = ["git", "-C", str(project), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch=main")
    return run


@pytest.fixture
def committed(git: Git, project: Path) -> Path:
    """Return the project with one commit and nothing to add to it."""
    (project / "model.py").write_text("DEPTH = 8\n")
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    return project
