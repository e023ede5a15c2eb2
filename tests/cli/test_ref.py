"""`ref=` typed as a person types it: a branch runs beside whatever is being edited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Git = Callable[..., str]
Agil = Callable[..., "subprocess.CompletedProcess[str]"]

TOY = """
from pathlib import Path
def train(cfg, run):
    run.log(step=0, val_acc=cfg.x + {plus}, here=float(Path("data/here").exists()))
"""
CONF = "defaults: [_base, _self_]\nrecipe: toy\nmetric: val_acc\nmode: max\nseed: 0\nx: 0.0\n"


@pytest.fixture
def repo(project: Path) -> Path:
    """Return a project whose branch ``other`` adds 10 where ``main`` adds 0, and that has data."""
    (project / "recipes" / "toy.py").write_text(TOY.format(plus=0))
    (project / "conf" / "toy.yaml").write_text(CONF)
    (project / ".gitignore").write_text("/data/\n.agil/\n__pycache__/\n")
    (project / "data").mkdir()
    (project / "data" / "here").write_text("")
    git = git_in(project)
    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    git("checkout", "--quiet", "-b", "other")
    (project / "recipes" / "toy.py").write_text(TOY.format(plus=10))
    (project / "conf" / "toy.yaml").write_text(f"{CONF}only_other: 1\n")
    git("commit", "--quiet", "--all", "--message=second")
    git("tag", "v1")
    git("checkout", "--quiet", "main")
    return project


def git_in(folder: Path) -> Git:
    def run(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    return run


@pytest.fixture
def agil(repo: Path) -> Agil:
    """Return a function that types `agil …` in the project."""

    def type_it(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "agilml", *words],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ},
            cwd=cwd,
            timeout=120,
            check=False,
        )

    return type_it


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_branch_runs_beside_edits_and_is_addressed_by_its_name(agil: Agil, repo: Path) -> None:
    (repo / "recipes" / "toy.py").write_text("an edit in the middle of a word")
    done = agil("sweep", "conf=toy", "x=1,2", "only_other=1,2", "ref=other", "--quiet")
    assert done.returncode == 0, done.stderr
    runs = answer(agil("runs", "@other", "--json"))
    assert sorted(run["metrics"]["val_acc"] for run in runs) == [11, 11, 12, 12]
    assert all(run["metrics"]["here"] == 1 for run in runs)
    shown = answer(agil("show", runs[0]["run"], "--json"))
    git = shown["provenance"]["git"]
    commit = git_in(repo)("rev-parse", "other")
    assert (git["branch"], git["commit"], git["ref"]) == ("other", commit, "other")
    assert git["dirty"] is False
    assert (repo / "recipes" / "toy.py").read_text() == "an edit in the middle of a word"
    assert git_in(repo)("status", "--porcelain") == "M recipes/toy.py"


@pytest.mark.slow
def test_the_same_commit_is_checked_out_once_and_finished_trials_are_kept(
    agil: Agil, repo: Path
) -> None:
    first = agil("sweep", "conf=toy", "x=1,2", "ref=other", "--quiet")
    assert first.returncode == 0, first.stderr
    commit = git_in(repo)("rev-parse", "other")
    folder = repo / ".agil" / "refs" / commit
    before = folder.stat().st_ino
    plan = answer(agil("sweep", "conf=toy", "x=1,2,3", "ref=v1", "--dry-run", "--json"))
    assert (plan["kept"], plan["to_run"]) == (2, 1)
    assert agil("run", "conf=toy", "x=3", f"ref={commit[:10]}", "-q").returncode == 0
    assert folder.stat().st_ino == before
    assert [path.name for path in folder.parent.iterdir()] == [commit]
    # The work tree itself, at the same commit, has the same trials.
    git_in(repo)("checkout", "--quiet", "other")
    plan = answer(agil("sweep", "conf=toy", "x=1,2,3", "--dry-run", "--json"))
    assert plan["kept"] == 3


@pytest.mark.slow
def test_a_sweep_of_a_ref_is_resumed_in_its_checkout(agil: Agil, repo: Path) -> None:
    import shutil

    (repo / "recipes" / "toy.py").write_text(TOY.format(plus="1 / 0"))
    git_in(repo)("commit", "--quiet", "--all", "--message=broken")
    done = agil("sweep", "conf=toy", "x=1", "ref=main", "--quiet")
    assert done.returncode == 4
    shutil.rmtree(repo / ".agil" / "refs")
    (repo / "recipes" / "toy.py").write_text(TOY.format(plus=0))
    assert agil("resume", "--retry", "--quiet").returncode == 4
    assert "division by zero" in agil("logs", "latest").stdout + agil("show", "latest").stdout


def test_an_unknown_ref_names_the_closest(agil: Agil, repo: Path) -> None:
    done = agil("sweep", "conf=toy", "x=1", "ref=othr")
    assert done.returncode == 2
    assert "did you mean `other`?" in done.stderr
    assert not (repo / ".agil" / "ledger.db").exists()


@pytest.mark.parametrize(
    "words", [["ref="], ["ref=main", "ref=other"], ["ref=--help"], ["ref=main:conf"], ["ref=x\ny"]]
)
def test_a_ref_that_is_none_is_refused(agil: Agil, words: list[str]) -> None:
    done = agil("sweep", "conf=toy", *words)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")


@pytest.mark.slow
def test_a_dry_run_of_a_ref_leaves_nothing_behind(agil: Agil, repo: Path) -> None:
    plan = answer(agil("sweep", "conf=toy", "x=1,2", "ref=other", "--dry-run", "--json"))
    assert plan["to_run"] == 2
    assert not (repo / ".agil").exists()


def test_outside_git_a_ref_is_refused(agil: Agil, repo: Path) -> None:
    (repo / ".git").rename(repo.parent / "no.git")
    done = agil("sweep", "conf=toy", "ref=main")
    assert (done.returncode, "Git repository" in done.stderr) == (2, True)
