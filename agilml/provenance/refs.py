"""``ref=BRANCH|TAG|COMMIT``: a project as one of its commits has it, beside whatever is being edited.

The commit is checked out once, into ``refs/<commit>`` of the project's state folder, and its configuration
and recipes are used; ledger and results stay the project's own. Data is no part of a commit: folders named
by ``[refs] links`` in ``agil.toml`` (by default ``data``) are seen through a link.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.errors import AgilError, UsageError
from agilml.project import Project, find_project
from agilml.provenance.repository import LISTED_BYTES, Repository, Unreadable, text_of
from agilml.provenance.snapshot.checkout import Store, check_out
from agilml.text import safe_text

WORD = "ref="
FOLDER = "refs"
LINKS = ("data",)
"""Folders of the project that a commit sees through a link, unless ``agil.toml`` says otherwise."""
_BRANCHES = ("refs/heads/", "refs/tags/")


@dataclass(frozen=True, slots=True)
class Ref:
    """A commit that a sweep runs instead of the work tree.

    Attributes:
        name: as it was typed.
        commit: what it was then.
        branch: the branch that it names, without its remote; None for a tag or a commit.
        project: the project's folder below the top of the repository; ``""`` where they are the same.
    """

    name: str
    commit: str
    branch: str | None
    project: str

    def as_json(self) -> dict[str, Any]:
        """Return the plain form that goes into the sweep's spec."""
        return {
            "name": self.name,
            "commit": self.commit,
            "branch": self.branch,
            "project": self.project,
        }


def take_ref(words: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the words without ``ref=…``, and what it named.

    Raises:
        UsageError: it is given twice, or names nothing.
    """
    given = [word.removeprefix(WORD) for word in words if word.startswith(WORD)]
    if len(given) > 1 or given == [""]:
        raise UsageError(
            "a sweep runs one ref" if given[1:] else "ref= names nothing",
            next="agil sweep … ref=main",
        )
    return [word for word in words if not word.startswith(WORD)], given[0] if given else None


def resolve_ref(project: Project, name: str) -> Ref:
    """Return the commit that ``name`` names in the project's repository; a branch wins over a tag.

    Raises:
        UsageError: the project is in no repository, or there is no such ref in it.
    """
    repository = _repository(project)
    below = os.path.relpath(os.path.realpath(project.root), repository.top)
    inner = "" if below == "." else Path(below).as_posix()
    for full, branch in _candidates(repository, name):
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{full}^{{commit}}")
        commit = repository.line(*words)
        if commit is not None:
            return Ref(name, commit, branch, inner)
    raise _unknown(repository, name)


def at_ref(project: Project, ref: Ref, *, refs: Path | None = None) -> tuple[Project, list[str]]:
    """Return the project as ``ref`` has it, and what of it could not be had, for people to read.

    The first time its commit is checked out; then the folder is used again.

    Args:
        project: where the ref was resolved.
        ref: what to check out.
        refs: folder of the checkouts; by default the project's own.

    Raises:
        UsageError: somebody edited the checkout, or the commit has no such project folder.
        AgilError: it cannot be checked out.
    """
    folder = (refs or project.state / FOLDER) / ref.commit
    missing: list[str] = []
    if not folder.is_dir():
        missing = _make(project, ref, folder)
    elif _is_edited(folder):
        raise UsageError(
            f"files of the checkout {folder} were edited",
            next=f"rm -r '{folder}', then again; a commit of its own keeps the edits",
        )
    root = folder / ref.project if ref.project else folder
    if not root.is_dir():
        raise UsageError(
            f"{safe_text(ref.name)} ({ref.commit[:12]}) has no folder {safe_text(ref.project)}",
            next="name a ref that has this project in it",
        )
    return Project(root, project.state, _settings(root)), missing


def project_of(project: Project, spec: Mapping[str, Any]) -> Project:
    """Return the project that a sweep with this spec runs in: ``project``, or a checkout of it.

    Raises:
        AgilError: the checkout is gone and cannot be made again.
    """
    recorded = spec.get("ref")
    if not isinstance(recorded, Mapping):
        return project
    ref = Ref(
        str(recorded["name"]),
        str(recorded["commit"]),
        recorded.get("branch"),
        str(recorded["project"]),
    )
    folder = project.state / FOLDER / ref.commit
    root = folder / ref.project if ref.project else folder
    if root.is_dir():
        return Project(root, project.state)
    return at_ref(project, ref)[0]


def _repository(project: Project) -> Repository:
    repository = Repository.of(project.root)
    if repository is None:
        raise UsageError(
            f"ref= needs a Git repository, and {project.root} is in none",
            next="git init, or leave ref= out",
        )
    try:
        return repository.guarded()
    except (Unreadable, OSError) as error:
        raise AgilError(
            f"Git cannot read {repository.top}: {error}",
            kept="nothing was started",
            next="git status",
        ) from error


def _candidates(repository: Repository, name: str) -> list[tuple[str, str | None]]:
    """Return full names that ``name`` may stand for, best first, with the branch that each is."""
    if name in ("HEAD", "@"):
        return [("HEAD", repository.line("symbolic-ref", "--quiet", "--short", "HEAD"))]
    found: list[tuple[str, str | None]] = [
        (f"refs/heads/{name}", name),
        (f"refs/tags/{name}", None),
    ]
    remotes = text_of(repository.run(("remote",), LISTED_BYTES).stdout).split()
    found += [
        (f"refs/remotes/{name}", name.removeprefix(f"{remote}/"))
        for remote in remotes
        if name.startswith(f"{remote}/")
    ]
    found += [(f"refs/remotes/{remote}/{name}", name) for remote in remotes]
    return [*found, (name, None)]


def _unknown(repository: Repository, name: str) -> UsageError:
    from agilml.config.suggest import did_you_mean

    words = ("for-each-ref", "--format=%(refname:short)", *_BRANCHES, "refs/remotes/")
    known = text_of(repository.run(words, LISTED_BYTES).stdout).split("\n")
    near = did_you_mean(name, [known_name for known_name in known if known_name])
    return UsageError(
        f"the repository has no branch, tag or commit `{safe_text(name)}`{near}",
        next="git fetch, if it is only on a remote; git branch --all lists what is here",
    )


def _make(project: Project, ref: Ref, folder: Path) -> list[str]:
    """Check the commit out, all of it or nothing; return what could not be had."""
    store = Store.of(_repository(project))
    if store is None:
        raise AgilError("Git cannot say where it keeps its objects", next="git status")
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        missing = check_out(store, ref.commit, made)
        link_data(project, made / ref.project if ref.project else made, made)
        try:
            made.rename(folder)
        except OSError:
            # Somebody else has made the same folder in the meantime.
            if not folder.is_dir():
                raise
    except OSError as error:
        raise AgilError(
            f"{folder} cannot be written: {error.strerror}",
            kept="nothing was started",
            next=f"df -h {folder.parent}",
        ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return [f"the submodule {path} is not on this machine" for path in missing]


def link_data(project: Project, root: Path, top: Path) -> None:
    """Let the copy of the project in ``root`` see its data folders through links.

    Args:
        project: the project that has the data.
        root: a folder that is the project as some commit or bundle has it.
        top: its work tree; Git is told that the links are none of its business.

    Raises:
        UsageError: ``[refs] links`` in ``agil.toml`` is no list of folders of the project.
    """
    made = ["__pycache__/"]
    for name in _links(project):
        there, here = project.root / name, root / name
        if there.exists() and not os.path.lexists(here) and here.parent.is_dir():
            here.symlink_to(os.path.abspath(there))
            made.append(f"/{here.relative_to(top).as_posix()}")
    info = top / ".git" / "info"
    if (top / ".git").is_dir():
        info.mkdir(exist_ok=True)
        (info / "exclude").write_text("".join(f"{line}\n" for line in made))


def _links(project: Project) -> Sequence[str]:
    settings = project.settings.get("refs")
    links = settings.get("links", LINKS) if isinstance(settings, Mapping) else LINKS
    if not isinstance(links, list | tuple) or not all(_is_inside(name) for name in links):
        raise UsageError(
            "[refs] links in agil.toml is a list of folders of the project",
            next=f"edit {project.root / 'agil.toml'}",
        )
    return links


def _is_inside(name: Any) -> bool:
    return isinstance(name, str) and bool(name) and not {"..", "/"} & {*Path(name).parts}


def _is_edited(folder: Path) -> bool:
    repository = Repository.of(folder)
    if repository is None or repository.top != Path(os.path.realpath(folder)):
        return False
    words = ("status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=untracked")
    status = repository.run(words, LISTED_BYTES)
    return bool(status.ok and status.stdout)


def _settings(root: Path) -> Mapping[str, Any]:
    """Return the commit's own ``agil.toml``; none where it had none."""
    found = find_project(root)
    return found.settings if found.root == root.resolve() else {}
