"""Refs: which commit a name names, and what its checkout is like."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agilml.errors import UsageError
from agilml.project import Project, find_project
from agilml.provenance.git import git_state
from agilml.provenance.refs import at_ref, project_of, resolve_ref, take_ref

Git = Callable[..., str]


@pytest.fixture
def here(committed: Path, git: Git) -> Project:
    """Return a project whose branch ``feature/a`` and tag ``v1`` are one commit ahead of ``main``."""
    git("checkout", "--quiet", "-b", "feature/a")
    (committed / "model.py").write_text("DEPTH = 14\n")
    (committed / "sub").mkdir()
    (committed / "sub" / "agil.toml").write_text('conf = "own"\n')
    git("add", ".")
    git("commit", "--quiet", "--message=second")
    git("tag", "--annotate", "v1", "--message=a tag of its own")
    git("checkout", "--quiet", "main")
    (committed / ".gitignore").write_text(".agil\n")
    return find_project(committed)


@pytest.mark.parametrize(
    ("name", "target", "branch"),
    [
        ("feature/a", "feature/a", "feature/a"),
        ("v1", "feature/a", None),
        ("HEAD", "main", "main"),
        ("v1~1", "main", None),
        ("far/feature/b", "feature/b", "feature/b"),
        ("feature/b", "feature/b", "feature/b"),
    ],
)
def test_a_name_is_a_commit_and_perhaps_a_branch(
    here: Project, git: Git, tmp_path: Path, name: str, target: str, branch: str | None
) -> None:
    git("branch", "feature/b", "v1")
    git("clone", "--quiet", "--bare", str(here.root), str(tmp_path / "far"))
    git("remote", "add", "far", str(tmp_path / "far"))
    git("fetch", "--quiet", "far")
    commit = git("rev-parse", f"{target}^{{commit}}")
    git("branch", "--delete", "--force", "feature/b")
    found = resolve_ref(here, name)
    assert (found.commit, found.branch, found.name) == (commit, branch, name)


def test_a_branch_wins_over_a_tag_of_its_name(here: Project, git: Git) -> None:
    git("tag", "main", "v1")
    assert resolve_ref(here, "main").commit == git("rev-parse", "refs/heads/main")


def test_a_checkout_is_clean_and_leaves_the_repository_alone(here: Project, git: Git) -> None:
    before = sorted((here.root / ".git").rglob("*"))
    (here.root / "model.py").write_text("DEPTH = 99\n")
    found, missing = at_ref(here, resolve_ref(here, "feature/a"))
    assert missing == []
    assert (found.root / "model.py").read_text() == "DEPTH = 14\n"
    assert found.state == here.state
    state = git_state(found.root)
    assert state is not None
    assert (state["dirty"], state["commit"]) == (False, git("rev-parse", "feature/a"))
    assert sorted((here.root / ".git").rglob("*")) == before


def test_a_project_below_the_top_is_found_there(here: Project, git: Git) -> None:
    git("checkout", "--quiet", "feature/a")
    inner = find_project(here.root / "sub")
    found, _ = at_ref(inner, resolve_ref(inner, "HEAD"))
    assert found.root.name == "sub"
    assert found.settings == {"conf": "own"}
    with pytest.raises(UsageError, match="no folder sub"):
        at_ref(inner, resolve_ref(inner, "main"))


def test_data_is_seen_through_a_link_that_git_does_not_see(here: Project) -> None:
    (here.root / "data").mkdir()
    (here.root / "data" / "x.csv").write_text("1\n")
    found, _ = at_ref(here, resolve_ref(here, "v1"))
    assert (found.root / "data" / "x.csv").read_text() == "1\n"
    state = git_state(found.root)
    assert state is not None
    assert state["dirty"] is False


def test_what_is_linked_is_a_setting(here: Project) -> None:
    for name in ("data", "cache"):
        (here.root / name).mkdir()
    (here.root / "agil.toml").write_text('[refs]\nlinks = ["cache"]\n')
    found, _ = at_ref(find_project(here.root), resolve_ref(here, "v1"))
    assert (found.root / "cache").is_symlink()
    assert not (found.root / "data").exists()
    (here.root / "agil.toml").write_text('[refs]\nlinks = ["../other"]\n')
    with pytest.raises(UsageError, match="links"):
        at_ref(find_project(here.root), resolve_ref(here, "main"))


def test_an_edited_checkout_is_refused(here: Project) -> None:
    ref = resolve_ref(here, "v1")
    found, _ = at_ref(here, ref)
    (found.root / "model.py").write_text("DEPTH = 15\n")
    with pytest.raises(UsageError, match="were edited"):
        at_ref(here, ref)


def test_eight_at_once_make_one_checkout(here: Project) -> None:
    ref = resolve_ref(here, "v1")
    with ThreadPoolExecutor(8) as pool:
        roots = {item[0].root for item in pool.map(lambda _: at_ref(here, ref), range(8))}
    assert len(roots) == 1
    assert [path.name for path in (here.state / "refs").iterdir()] == [ref.commit]


def test_a_sweep_finds_its_checkout_again_or_makes_it(here: Project) -> None:
    ref = resolve_ref(here, "v1")
    assert project_of(here, {}) == here
    made = project_of(here, {"ref": ref.as_json()})
    assert (made.root / "model.py").read_text() == "DEPTH = 14\n"
    assert project_of(here, {"ref": ref.as_json()}).root == made.root


def test_the_word_is_taken_off() -> None:
    assert take_ref(["conf=a", "ref=main", "reference=1"]) == (["conf=a", "reference=1"], "main")
    assert take_ref(["conf=a"]) == (["conf=a"], None)
    assert take_ref(["+ref=1"]) == (["+ref=1"], None)


def test_a_commit_that_only_a_remote_has_is_not_fetched(
    here: Project, git: Git, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git("clone", "--quiet", str(here.root), str(other))
    subprocess.run(
        ["git", "-C", other, "commit", "--quiet", "--allow-empty", "-m", "far"], check=True
    )
    head = subprocess.run(
        ["git", "-C", other, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    with pytest.raises(UsageError, match="no branch, tag or commit"):
        resolve_ref(here, head.stdout.strip())
