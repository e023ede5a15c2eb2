"""The code of a sweep as a bundle, and back: whole, the same bytes, and nobody's programs run."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agilml.errors import AgilError, ConfigError
from agilml.project import find_project
from agilml.provenance.code import Code, code_of
from agilml.provenance.git import git_state
from agilml.provenance.snapshot.bundle import Bundle, pack, unpack
from agilml.provenance.snapshot.manifest import DamagedBundle, File, Manifest
from agilml.provenance.snapshot.restoring import Restored, restore
from agilml.provenance.snapshot.taking import Taken, gather, take
from agilml.store.blobs import Blobs

Git = Callable[..., str]

SECRET = "sk-proj-abcdefghij0123456789klmn"


def snapshot(project: Path, *configs: dict[str, Any]) -> Taken:
    """Take the code of the recipe ``toy``."""
    here = find_project(project)
    code = code_of(project / "recipes" / "toy.py", project)
    return take(here, code, configs, git_state(project) or {})


def read(project: Path, taken: Taken) -> Bundle:
    return unpack(Blobs(project / ".agil" / "blobs").path(taken.sha256))


def back(project: Path, taken: Taken, to: Path, *repositories: Path) -> Restored:
    return restore(read(project, taken), to, repositories)


def tree(folder: Path) -> dict[str, str]:
    """Return the digest of every file below ``folder`` that is nobody's state."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not {".git", ".agil"} & set(path.relative_to(folder).parts)
    }


@pytest.fixture
def toy(project: Path) -> Path:
    """Return a project with a recipe, a module of its own, a conf, and a script that nothing imports."""
    (project / "recipes" / "toy.py").write_text("import model\n\n\ndef train(cfg, run): ...\n")
    (project / "model.py").write_text("DEPTH = 8\n")
    (project / "conf" / "toy.yaml").write_text("recipe: toy\n")
    (project / "prepare.py").write_text("print('hello')\n")
    return project


@pytest.fixture
def repo(toy: Path, git: Git) -> Path:
    """Return that project with everything in one commit."""
    (toy / ".gitignore").write_text(".agil/\n")
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    return toy


def test_a_clean_commit_is_restored_from_the_repository(
    repo: Path, git: Git, tmp_path: Path
) -> None:
    taken = snapshot(repo)
    found = back(repo, taken, tmp_path / "out", repo)
    assert (found.whole, found.source) == (True, repo)
    assert tree(tmp_path / "out") == tree(repo)
    state = git_state(tmp_path / "out")
    assert state is not None
    assert (state["commit"], state["dirty"]) == (git("rev-parse", "HEAD"), False)


def test_edits_additions_and_deletions_come_back(repo: Path, git: Git, tmp_path: Path) -> None:
    (repo / "model.py").write_bytes(b"import late\nDEPTH = 14\r\n# \xff\n")
    (repo / "late.py").write_text("NEVER_ADDED = 1\n")
    (repo / "prepare.py").unlink()
    (repo / "run.sh").write_text("#!/bin/sh\n")
    (repo / "run.sh").chmod(0o755)
    git("add", "run.sh")
    taken = snapshot(repo)
    found = back(repo, taken, tmp_path / "out", repo)
    assert found.whole
    assert tree(tmp_path / "out") == tree(repo)
    assert os.access(tmp_path / "out" / "run.sh", os.X_OK)
    assert "+DEPTH = 14" in str(read(repo, taken).patch)


def test_the_bundle_alone_holds_what_a_trial_needs(repo: Path, tmp_path: Path) -> None:
    (repo / "model.py").write_text("DEPTH = 14\n")
    found = back(repo, snapshot(repo), tmp_path / "out")
    assert set(tree(tmp_path / "out")) == {
        *("agil.toml", "conf/toy.yaml", "model.py", "recipes/toy.py")
    }
    assert [path for path, _ in found.missing] == ["*"]


def test_without_git_the_bundle_is_whole(toy: Path, tmp_path: Path) -> None:
    (toy / "data.csv").write_text("1,2\n")
    (toy / "venv").mkdir()
    (toy / "venv" / "pyvenv.cfg").write_text("")
    (toy / "venv" / "other.py").write_text("")
    found = back(toy, snapshot(toy), tmp_path / "out")
    assert found.whole
    assert set(tree(tmp_path / "out")) == set(tree(toy)) - {
        *("data.csv", "venv/pyvenv.cfg", "venv/other.py")
    }


def test_before_the_first_commit_the_bundle_is_whole(toy: Path, git: Git, tmp_path: Path) -> None:
    taken = snapshot(toy)
    assert taken.manifest.commit is None
    assert taken.manifest.branch == "main"
    assert back(toy, taken, tmp_path / "out", toy).whole
    assert tree(tmp_path / "out") == tree(toy)


def test_the_same_state_gives_the_same_bytes(repo: Path) -> None:
    (repo / "model.py").write_text("DEPTH = 14\n")
    first = snapshot(repo)
    os.utime(repo / "model.py", (1, 1))
    os.utime(repo / "conf" / "toy.yaml", (2, 2))
    assert snapshot(repo).sha256 == first.sha256
    (repo / "model.py").write_text("DEPTH = 15\n")
    assert snapshot(repo).sha256 != first.sha256


def test_scripts_and_notebooks_that_the_config_names_are_in_it(repo: Path, tmp_path: Path) -> None:
    names = ["explore.ipynb", "tools/plot.py", "train.sh"]
    (repo / "tools").mkdir()
    for name in names:
        (repo / name).write_text("{}\n")
    (repo / "other.ipynb").write_text("{}\n")
    (tmp_path / "far.py").write_text("")
    config = {
        "notebook": "explore.ipynb",
        "argv": ["bash", "train.sh"],
        "after": "python tools/plot.py --all",
        "far": ["../far.py", "/etc/hosts", str(tmp_path / "far.py"), "no\0thing.py", "x" * 5000],
    }
    taken = snapshot(repo, config)
    named = {file.path for file in taken.manifest.files if file.why == "named"}
    assert named == set(names)


def test_the_project_may_lie_below_the_top_of_its_repository(
    git: Git, toy: Path, tmp_path: Path
) -> None:
    inner = toy / "inner"
    (inner / "recipes").mkdir(parents=True)
    (inner / "agil.toml").write_text("")
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    (inner / "recipes" / "toy.py").write_text("def train(cfg, run): ...\n")
    (toy / "model.py").write_text("DEPTH = 14\n")
    taken = snapshot(inner)
    found = restore(read(inner, taken), tmp_path / "out", [inner])
    assert found.project == tmp_path / "out" / "inner"
    assert (found.project / "recipes" / "toy.py").is_file()
    assert (tmp_path / "out" / "model.py").read_text() == "DEPTH = 14\n"


@pytest.mark.parametrize("ignored", [True, False])
def test_a_project_that_the_repository_around_it_does_not_track_is_in_no_repository(
    repo: Path, git: Git, tmp_path: Path, ignored: bool
) -> None:
    inner = repo / "scratch"
    (inner / "recipes").mkdir(parents=True)
    (inner / "agil.toml").write_text("")
    (inner / "recipes" / "toy.py").write_text("def train(cfg, run): ...\n")
    (inner / "later.py").write_text("")
    (repo / ".gitignore").write_text("scratch/\n" if ignored else "")
    taken = snapshot(inner)
    assert (taken.manifest.commit, taken.manifest.project) == (None, "")
    assert restore(read(inner, taken), tmp_path / "out", [inner]).whole
    assert tree(tmp_path / "out") == tree(inner)


def test_code_behind_a_link_is_not_written_through_the_link(
    toy: Path, git: Git, tmp_path: Path
) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "layers.py").write_text("A = 1\n")
    (toy / "library").symlink_to(tmp_path / "library")
    (toy / "recipes" / "toy.py").write_text("import library.layers\n")
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    taken = snapshot(toy)
    (tmp_path / "library" / "layers.py").write_text("A = 2\n")
    found = back(toy, taken, tmp_path / "out", toy)
    assert found.whole
    assert (tmp_path / "out" / "library" / "layers.py").read_text() == "A = 1\n"
    assert (tmp_path / "library" / "layers.py").read_text() == "A = 2\n"


def test_links_come_back_if_they_stay_inside(repo: Path, git: Git, tmp_path: Path) -> None:
    (repo / "here").symlink_to("model.py")
    (repo / "away").symlink_to("/etc")
    git("add", "here", "away")
    found = back(repo, snapshot(repo), tmp_path / "out", repo)
    assert os.readlink(tmp_path / "out" / "here") == "model.py"
    assert not os.path.lexists(tmp_path / "out" / "away")
    assert [path for path, _ in found.missing] == ["away"]


def test_a_secret_is_not_in_the_bundle_and_the_bundle_says_so(
    repo: Path, git: Git, tmp_path: Path
) -> None:
    (repo / "model.py").write_text(f"import key\nOPENAI_API_KEY = '{SECRET}'\n")
    (repo / "key.py").write_text(f"token = '{SECRET}'\n")
    git("remote", "add", "origin", "https://ada:hunter2@example.org/x.git?token=hunter2")
    taken = snapshot(repo)
    raw = Blobs(repo / ".agil" / "blobs").path(taken.sha256).read_bytes()
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    assert SECRET.encode() not in plain
    assert b"hunter2" not in plain
    assert taken.manifest.remotes == ("https://example.org/x.git",)
    assert [file.path for file in taken.manifest.cleaned] == ["key.py", "model.py"]
    assert "key.py" in taken.warnings[0]
    found = back(repo, taken, tmp_path / "out", repo)
    assert sorted(path for path, _ in found.missing) == ["key.py", "model.py"]
    # What a commit holds is not taken out of the commit.
    git("commit", "--quiet", "--all", "--message=oh no")
    found = back(repo, snapshot(repo), tmp_path / "again", repo)
    assert [path for path, _ in found.missing] == ["key.py"]


def test_large_files_are_left_out_and_named(toy: Path) -> None:
    (toy / "agil.toml").write_text("[snapshot]\nmax_mb = 1\n")
    (toy / "big.json").write_text("1" * (5 << 20))
    (toy / "medium.py").write_text("#" * (3 << 19))
    taken = snapshot(toy)
    assert [item.path for item in taken.manifest.left_out] == ["big.json", "medium.py"]
    assert "big.json (5.0 MiB)" in taken.warnings[0]
    (toy / "agil.toml").write_text("[snapshot]\nmax_mb = 'much'\n")
    with pytest.raises(ConfigError, match="max_mb"):
        snapshot(toy)


def test_an_edit_between_plan_and_snapshot_is_told(repo: Path) -> None:
    code = code_of(repo / "recipes" / "toy.py", repo)
    (repo / "model.py").write_text("DEPTH = 14\n")
    manifest, _ = gather(find_project(repo), code, [])
    assert [item.path for item in manifest.left_out] == ["model.py"]


def test_names_that_no_other_system_takes_are_named(repo: Path, git: Git) -> None:
    odd = os.fsdecode(b"\xff.py")
    (repo / odd).write_text("")
    (repo / 'a\n"b.py').write_text("")
    git("add", "--all")
    manifest = snapshot(repo).manifest
    assert [item.path for item in manifest.left_out] == ["\\xff.py"]
    assert 'a\n"b.py' in {file.path for file in manifest.files}


def test_a_broken_repository_still_gives_the_code(repo: Path) -> None:
    (repo / ".git" / "index").write_bytes(b"DIRC\x00\x00\x00\x63 no index")
    manifest = snapshot(repo).manifest
    assert manifest.error is not None
    assert manifest.commit is not None
    assert "model.py" in {file.path for file in manifest.files}


def test_without_the_program_git_the_code_is_there(
    repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    taken = snapshot(repo)
    assert taken.manifest.commit is None
    assert back(repo, taken, tmp_path / "out").whole


@pytest.fixture
def with_submodule(repo: Path, git: Git, tmp_path: Path) -> Path:
    """Return the repository with a submodule ``library`` that the recipe imports."""
    library = tmp_path / "library of others"
    library.mkdir()
    (library / "layers.py").write_text("A = 1\n")
    (library / "more.py").write_text("B = 1\n")
    for words in (["init", "-qb", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run(["git", "-C", library, *words], check=True)
    git(
        *("-c", "protocol.file.allow=always", "submodule", "add", "--quiet"),
        *(str(library), "library"),
    )
    (repo / "recipes" / "toy.py").write_text("import library.layers\n")
    git("add", "--all")
    git("commit", "--quiet", "--message=submodule")
    return repo


def test_submodules_come_back_with_their_edits(
    with_submodule: Path, git: Git, tmp_path: Path
) -> None:
    (with_submodule / "library" / "more.py").write_text("B = 2\n")
    taken = snapshot(with_submodule)
    (module,) = taken.manifest.submodules
    assert (module.path, module.url) == ("library", str(tmp_path / "library of others"))
    found = back(with_submodule, taken, tmp_path / "out", with_submodule)
    assert found.whole
    assert tree(tmp_path / "out") == tree(with_submodule)
    assert (tmp_path / "out" / "library" / "more.py").read_text() == "B = 2\n"


def test_a_submodule_that_is_not_here_is_named(
    with_submodule: Path, git: Git, tmp_path: Path
) -> None:
    taken = snapshot(with_submodule)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", with_submodule, clone], check=True)
    found = back(with_submodule, taken, tmp_path / "out", clone)
    assert [path for path, _ in found.missing] == ["library"]
    assert (tmp_path / "out" / "library" / "layers.py").is_file()


def test_a_submodule_cannot_lead_to_another_repository(
    repo: Path, git: Git, tmp_path: Path
) -> None:
    (repo / ".gitmodules").write_text(
        '[submodule "a"]\n\tpath = ../../..\n\turl = x\n[submodule "../../b"]\n\tpath = recipes\n'
    )
    git("add", "--all")
    git("commit", "--quiet", "--message=odd")
    taken = snapshot(repo)
    assert taken.manifest.submodules == ()
    assert back(repo, taken, tmp_path / "out", repo).whole


def test_nothing_that_a_repository_configures_is_run(repo: Path, git: Git, tmp_path: Path) -> None:
    trace = tmp_path / "sprung"
    program = tmp_path / "trap.sh"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{trace}"\ncat 2>/dev/null\n')
    program.chmod(0o755)
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "post-merge"):
        (repo / ".git" / "hooks" / hook).symlink_to(program)
    for key in ("core.fsmonitor", "core.hooksPath", "filter.drv.smudge", "filter.drv.clean"):
        git("config", key, str(program.parent if "Path" in key else program))
    (repo / ".gitattributes").write_text("*.py filter=drv\n")
    subprocess.run(["git", "-C", repo, "add", "."], check=True, capture_output=True)
    subprocess.run(["git", "-C", repo, "commit", "-qm", "trap"], check=True, capture_output=True)
    trace.unlink(missing_ok=True)
    (repo / "model.py").write_text("DEPTH = 14\n")
    taken = snapshot(repo)
    assert back(repo, taken, tmp_path / "out", repo).whole
    assert not trace.exists(), trace.read_text()
    # The traps are real: Git left to itself runs into them.
    subprocess.run(["git", "-C", repo, "checkout", "model.py"], capture_output=True, check=False)
    assert trace.exists()


def test_a_restored_folder_does_not_depend_on_the_user_s_index(
    repo: Path, git: Git, tmp_path: Path
) -> None:
    taken = snapshot(repo)
    before = sorted((repo / ".git").rglob("*"))
    back(repo, taken, tmp_path / "out", repo)
    assert sorted((repo / ".git").rglob("*")) == before


def test_nothing_is_written_over(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    with pytest.raises(AgilError, match="not empty"):
        back(repo, snapshot(repo), tmp_path / "out", repo)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8)
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=64), max_size=6
)


@pytest.mark.slow
@given(TREES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tree_comes_back_or_what_does_not_is_named(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        root, out = Path(folder, "in"), Path(folder, "out")
        root.mkdir()
        made = {}
        for name, content in files.items():
            with contextlib.suppress(OSError):  # a name that is a folder by now, or too long
                (root / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
                (root / f"{name}.py").write_bytes(content)
                made[f"{name}.py"] = content
        taken = take(find_project(root), Code("d", dict.fromkeys(made, "")), [], {})
        found = back(root, taken, out)
        named = {path for path, _ in found.missing}
        kept = {file.path for file in taken.manifest.files}
        for path in kept - named:
            assert (out / path).read_bytes() == (root / path).read_bytes()
        assert len(kept | named) >= len({os.path.normpath(name) for name in made})


# ---- bundles from outside ----


def small() -> tuple[Manifest, dict[str, bytes]]:
    content = b"A = 1\n"
    file = File("a.py", hashlib.sha256(content).hexdigest(), len(content))
    return Manifest(files=(file,)), {"a.py": content}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../a",
            "/a",
            "a/../../b",
            "",
            ".",
            "a//b",
            ".git/hooks/x",
            "a/.GIT/config",
            "a/.git. /x",
        ),
        *(".agil/ledger.db", "a\0b", "\\server"),
    ],
)
def test_a_manifest_cannot_name_a_path_outside(path: str) -> None:
    content = b"x"
    sha256 = hashlib.sha256(content).hexdigest()
    for manifest in (
        Manifest(files=(File(path, sha256, 1),)),
        Manifest(deleted=(path,)),
        Manifest(project=path or ".."),
    ):
        with pytest.raises(DamagedBundle):
            Manifest.decode(manifest.encoded())


def test_every_change_to_the_bytes_is_noticed(tmp_path: Path) -> None:
    manifest, contents = small()
    raw = pack(manifest, contents, "a patch")
    chance = random.Random(0)
    path = tmp_path / "bundle"
    noticed = 0
    for _ in range(300):
        at = chance.randrange(len(raw))
        damaged = bytearray(raw)
        damaged[at] ^= 1 << chance.randrange(8)
        path.write_bytes(chance.choice([bytes(damaged), raw[:at]]))
        try:
            found = unpack(path)
        except DamagedBundle:
            noticed += 1
        else:
            assert found.contents == contents
    assert noticed > 290


def tar_of(*members: tuple[str, bytes, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content), "/etc/passwd"
            tar.addfile(member, io.BytesIO(content))
    return zstandard.ZstdCompressor().compress(raw.getvalue())


@pytest.mark.parametrize(
    "members",
    [
        [("../../evil", tarfile.REGTYPE, b"A = 1\n")],
        [("files/a.py", tarfile.SYMTYPE, b"")],
        [("files/a.py", tarfile.LNKTYPE, b"")],
        [("files/a.py", tarfile.CHRTYPE, b"")],
        [("files/a.py", tarfile.REGTYPE, b"A = 2\n")],
        [("files/b.py", tarfile.REGTYPE, b"A = 1\n")],
        [],
    ],
)
def test_a_tar_with_more_or_less_than_its_manifest_is_refused(
    members: list[tuple[str, bytes, bytes]], tmp_path: Path
) -> None:
    manifest, _ = small()
    path = tmp_path / "bundle"
    path.write_bytes(tar_of(("manifest.json", tarfile.REGTYPE, manifest.encoded()), *members))
    with pytest.raises(DamagedBundle):
        unpack(path)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agilml.provenance.snapshot.bundle.MOST_BYTES", 1 << 20)
    manifest, _ = small()
    path = tmp_path / "bundle"
    bomb = ("files/a.py", tarfile.REGTYPE, bytes(4 << 20))
    path.write_bytes(tar_of(("manifest.json", tarfile.REGTYPE, manifest.encoded()), bomb))
    assert path.stat().st_size < 10_000
    with pytest.raises(DamagedBundle, match="more than 1 MiB"):
        unpack(path)


def test_code_outside_the_project_is_named(repo: Path) -> None:
    code = Code("d", {"outside/0123456789ab/x.py": "ab", "agilml/recipes/dry.py": "cd"})
    manifest, _ = gather(find_project(repo), code, [])
    assert manifest.outside == code.files


@pytest.mark.skipif(sys.platform != "linux", reason="a pipe is a file there only")
def test_a_pipe_with_the_name_of_a_script_stops_nobody(repo: Path) -> None:
    os.mkfifo(repo / "pipe.sh")
    manifest = snapshot(repo, {"argv": "bash pipe.sh"}).manifest
    assert "pipe.sh" not in {file.path for file in manifest.files}
