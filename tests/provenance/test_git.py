from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agilml.provenance.bounded import Output, run_bounded
from agilml.provenance.git import PATCH_BYTES, git_state

Git = Callable[..., str]


def state(project: Path) -> dict[str, Any]:
    found = git_state(project)
    assert found is not None
    return found


def test_a_clean_tree_is_a_commit_and_a_branch(committed: Path, git: Git) -> None:
    assert state(committed) == {
        "commit": git("rev-parse", "HEAD"),
        "branch": "main",
        "dirty": False,
        "patch": None,
        "patch_truncated": False,
        "untracked": [],
        "error": None,
    }


def test_an_edit_is_kept_as_a_patch_that_applies(committed: Path, git: Git) -> None:
    (committed / "model.py").write_text("DEPTH = 14\n")
    (committed / "staged.py").write_text("NEW = 1\n")
    git("add", "staged.py")
    (committed / "staged.py").write_text("NEW = 2\n")
    found = state(committed)
    assert found["dirty"] is True
    git("reset", "--quiet", "--hard")
    (committed / "patch").write_text(found["patch"])
    git("apply", "patch")
    assert (committed / "model.py").read_text() == "DEPTH = 14\n"
    assert (committed / "staged.py").read_text() == "NEW = 2\n"


def test_the_patch_applies_whatever_the_user_likes_to_see(committed: Path, git: Git) -> None:
    for setting in (
        *("color.ui=always", "color.diff=always", "diff.noprefix=true", "diff.relative=true"),
        *("diff.mnemonicPrefix=true", "diff.context=0", "diff.wsErrorHighlight=all"),
    ):
        git("config", *setting.split("="))
    (committed / "model.py").write_text("DEPTH = 14\n")
    patch = state(committed)["patch"]
    git("checkout", "--quiet", "model.py")
    subprocess.run(["git", "apply"], cwd=committed, input=patch, text=True, check=True)
    assert (committed / "model.py").read_text() == "DEPTH = 14\n"


def test_a_new_module_is_named_and_an_ignored_one_is_not(committed: Path) -> None:
    (committed / "new.py").write_text("")
    (committed / "ignored.py").write_text("")
    (committed / ".git" / "info" / "exclude").write_text("ignored.py\n")
    found = state(committed)
    assert (found["dirty"], found["patch"], found["untracked"]) == (True, None, ["new.py"])


def test_a_project_below_the_top_of_its_repository_has_its_state(committed: Path) -> None:
    inner = committed / "inner"
    inner.mkdir()
    (inner / "agil.toml").write_text("")
    found = state(inner)
    assert (found["branch"], found["untracked"]) == ("main", ["inner/"])


def test_hostile_names_are_text(committed: Path) -> None:
    names = ["a\nb", "-rf", "$(touch trap)", "é", '"q"', "\x1b[2J"]
    for name in names:
        (committed / name).write_text("")
    (committed / os.fsdecode(b"\xff")).write_text("")
    assert set(state(committed)["untracked"]) == {*names, "\\xff"}


def test_a_hostile_branch_is_text(committed: Path, git: Git) -> None:
    branch = "x;touch${IFS}trap|&é"
    git("checkout", "--quiet", "-b", branch)
    assert state(committed)["branch"] == branch
    assert not (committed / "trap").exists()


def test_a_detached_head_has_no_branch(committed: Path, git: Git) -> None:
    git("checkout", "--quiet", "--detach")
    found = state(committed)
    assert (found["commit"], found["branch"]) == (git("rev-parse", "HEAD"), None)


@pytest.mark.parametrize("hashes", ["sha1", "sha256"])
def test_before_the_first_commit_everything_added_is_the_patch(tmp_path: Path, hashes: str) -> None:
    subprocess.run(
        ["git", "init", "-qb", "main", f"--object-format={hashes}", tmp_path], check=True
    )
    assert state(tmp_path)["dirty"] is False
    (tmp_path / "a.py").write_text("A = 1\n")
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    found = state(tmp_path)
    assert (found["commit"], found["branch"], found["dirty"]) == (None, "main", True)
    assert "+A = 1\n" in found["patch"]


def test_outside_git_there_is_no_state(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "gone") is None


def test_a_bare_repository_has_no_work_tree(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path], check=True)
    assert git_state(tmp_path) is None


def test_without_git_there_is_no_state(committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert git_state(committed) is None


def test_a_linked_work_tree_has_its_own_state(committed: Path, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "tree"))
    (tmp_path / "tree" / "model.py").write_text("DEPTH = 20\n")
    found = state(tmp_path / "tree")
    assert found["branch"] == "other"
    assert "+DEPTH = 20\n" in found["patch"]
    assert state(committed)["dirty"] is False


def test_submodules_are_not_looked_into(committed: Path, git: Git, tmp_path: Path) -> None:
    git("clone", "--quiet", str(committed), str(tmp_path / "sub"))
    git(
        *("-c", "protocol.file.allow=always", "submodule", "add", "--quiet"),
        *(str(tmp_path / "sub"), "sub"),
    )
    git("commit", "--quiet", "--message=sub")
    (committed / "sub" / "model.py").write_text("DEPTH = 0\n")
    assert state(committed)["dirty"] is False
    (committed / "model.py").write_text("DEPTH = 14\n")
    assert "sub" not in state(committed)["patch"]


def test_the_repository_is_not_written_to(committed: Path) -> None:
    index = committed / ".git" / "index"
    before = index.read_bytes()
    os.utime(committed / "model.py", (1, 1))
    assert state(committed)["dirty"] is False
    assert index.read_bytes() == before


def test_variables_that_a_hook_inherits_do_not_mislead(
    committed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=wrong", tmp_path], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert state(committed)["branch"] == "main"


def test_a_long_patch_is_cut_at_a_line(committed: Path) -> None:
    (committed / "model.py").write_text("x = 'a line of some length'\n" * 100_000)
    found = state(committed)
    assert found["patch_truncated"] is True
    assert PATCH_BYTES - 100 < len(found["patch"]) <= PATCH_BYTES
    assert found["patch"].endswith("length'\n")


def test_only_the_first_untracked_paths_are_listed(committed: Path) -> None:
    for n in range(250):
        (committed / f"{n:03}").write_text("")
    assert state(committed)["untracked"] == [f"{n:03}" for n in range(200)]


def test_secrets_and_foreign_bytes_in_an_edit_do_not_reach_the_patch(committed: Path) -> None:
    (committed / "model.py").write_bytes(b"api_key = 'abcdefgh12345678'\nname = '\xe9'\n")
    patch = state(committed)["patch"]
    assert "abcdefgh" not in patch
    assert "+name = '\\xe9'\n" in patch


def test_a_broken_repository_is_an_error_that_is_told(committed: Path, git: Git) -> None:
    commit = git("rev-parse", "HEAD")
    (committed / ".git" / "index").write_bytes(b"DIRC\x00\x00\x00\x63 no index")
    found = state(committed)
    assert (found["commit"], found["branch"], found["dirty"]) == (commit, "main", None)
    assert "index" in found["error"]


def test_git_that_takes_too_long_still_tells_the_commit(
    committed: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git("rev-parse", "HEAD")

    def slow(argv: Any, **limits: Any) -> Output:
        return run_bounded(argv, **{**limits, "seconds": 0.0 if "status" in argv else 5.0})

    monkeypatch.setattr("agilml.provenance.repository.run_bounded", slow)
    found = state(committed)
    assert (found["commit"], found["dirty"]) == (commit, None)
    assert found["error"] == "git took longer than 5 s"


def set_traps(project: Path, git: Git) -> str:
    """Let the repository run a program at everything that could; return that program's trace."""
    trace = project.parent / "sprung"
    program = project.parent / "trap.sh"
    program.write_text(f'#!/bin/sh\necho "$0 $1" >> "{trace}"\ncat 2>/dev/null\n')
    program.chmod(0o755)
    call = f"'{program}'"
    hooks = project / ".git" / "hooks"
    for hook in ("post-index-change", "fsmonitor-watchman"):
        (hooks / hook).symlink_to(program)
    included = project / ".git" / "included"
    included.write_text("")
    for key in ("filter.a=b.clean", 'filter.quo"te.process'):
        git("config", "--file", str(included), key, f"{call} included")
    for key, value in {
        "core.fsmonitor": str(program),
        "core.pager": call,
        "pager.status": "true",
        "pager.diff": "true",
        "diff.external": str(program),
        "diff.drv.textconv": str(program),
        "diff.drv.command": str(program),
        "filter.drv.clean": f"{call} clean",
        "filter.drv.required": "true",
        "filter.proc.process": f"{call} process",
        "include.path": str(included),
    }.items():
        git("config", key, value)
    (project / ".gitattributes").write_text(
        "*.py filter=drv diff=drv\n*.txt filter=proc\n*.md filter=a=b diff=drv\n"
    )
    return str(trace)


def test_nothing_that_a_repository_configures_is_run(committed: Path, git: Git) -> None:
    (committed / "note.txt").write_text("a")
    (committed / "note.md").write_text("a")
    git("add", ".")
    git("commit", "--quiet", "--message=second")
    trace = set_traps(committed, git)
    for name in ("model.py", "note.txt", "note.md"):
        (committed / name).write_text("changed\n")
    found = state(committed)
    assert not os.path.exists(trace), Path(trace).read_text()
    assert found["error"] is None
    assert found["patch"].count("+changed\n") == 3
    # The traps are real: Git left to itself runs into them.
    subprocess.run(["git", "diff"], cwd=committed, capture_output=True, check=False)
    assert os.path.exists(trace)


def test_filters_of_the_user_still_work(
    committed: Path, git: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text('[filter "upper"]\n\tclean = tr a-z A-Z\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    (committed / ".gitattributes").write_text("*.big filter=upper\n")
    (committed / "data.big").write_text("abc")
    git("add", ".")
    git("commit", "--quiet", "--message=big")
    os.utime(committed / "data.big", (1, 1))
    assert state(committed)["dirty"] is False


def test_a_repository_cannot_point_git_at_somebody_else_s_files(
    committed: Path, git: Git, tmp_path: Path
) -> None:
    home = tmp_path / "victim"
    home.mkdir()
    (home / "model.py").write_text("the victim's words\n")
    git("config", "core.worktree", str(home))
    found = state(committed)
    assert (found["dirty"], found["patch"]) == (False, None)


def test_a_partial_clone_fetches_nothing(committed: Path, git: Git, tmp_path: Path) -> None:
    git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--filter=blob:none", f"file://{committed}", str(clone))
    inside = ["git", "-C", str(clone)]
    (committed / "model.py").write_text("DEPTH = 14\n")
    git("commit", "--quiet", "--all", "--message=second")
    subprocess.run([*inside, "fetch", "--quiet"], check=True)
    trace = tmp_path / "sprung"
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch '{trace}'\nexit 1\n")
    program.chmod(0o755)
    for words in (
        ["config", "remote.origin.uploadpack", str(program)],
        ["config", "protocol.file.allow", "always"],
        ["reset", "--quiet", "--soft", "origin/main"],
    ):
        subprocess.run([*inside, *words], check=True, capture_output=True)
    found = state(clone)
    assert not trace.exists()
    assert found["dirty"] is True
    assert found["patch"] is None
    assert found["error"]
    subprocess.run([*inside, "diff", "HEAD"], capture_output=True, check=False)
    assert trace.exists()
