"""A commit as a clean work tree, made from what a repository on this machine holds; nothing is fetched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from agilml.errors import AgilError
from agilml.provenance.repository import (
    LISTED_BYTES,
    Repository,
    Unreadable,
    complaint,
    text_of,
)
from agilml.provenance.snapshot.changes import Module, modules_of

CHECKOUT_SECONDS = 600.0
_DEEPEST = 4
_GITLINK = "160000 "


@dataclass(frozen=True, slots=True)
class Store:
    """Where a repository on this machine keeps what a checkout needs.

    Attributes:
        objects: its folder of objects.
        modules: where the repositories of its submodules lie, by their names.
        top: its work tree, for submodules that have a repository of their own inside.
    """

    objects: Path
    modules: Path
    top: Path

    @classmethod
    def of(cls, repository: Repository) -> Store | None:
        """Return where ``repository`` keeps things; None where Git cannot tell."""
        common = repository.line("rev-parse", "--path-format=absolute", "--git-common-dir")
        if common is None:
            return None
        return cls(Path(common) / "objects", Path(common) / "modules", repository.top)


def check_out(store: Store, commit: str, folder: Path) -> list[str]:
    """Make ``folder``, which must be new or empty, a clean work tree of ``commit``, on no branch.

    Its repository borrows the objects of ``store`` and has settings of its own: no hook and no filter of
    anybody's repository is run. Submodules are checked out too, where their commits are on this machine;
    the paths of the others are returned.

    Raises:
        AgilError: Git is not installed, does not have the commit, or cannot write it.
    """
    return sorted(_check_out(store, commit, folder, 0))


def _check_out(store: Store, commit: str, folder: Path, depth: int) -> list[str]:
    repository = _borrowing(store, commit, folder)
    _do(repository, "cat-file", "-e", f"{commit}^{{commit}}")
    _do(repository, "update-ref", "--no-deref", "HEAD", commit)
    _do(repository, "reset", "--hard", "--quiet", "--no-recurse-submodules", commit)
    missing: list[str] = []
    for module, wanted in _gitlinks(repository, commit):
        inner = _holding(store, repository, module, wanted)
        if inner is None or depth >= _DEEPEST:
            missing.append(module.path)
        else:
            below = _check_out(inner, wanted, folder / module.path, depth + 1)
            missing += [f"{module.path}/{path}" for path in below]
    return missing


def _borrowing(store: Store, commit: str, folder: Path) -> Repository:
    """Return a new repository in ``folder`` that reads the objects of ``store``."""
    source = Repository.of(store.top)
    objects = os.fsencode(store.objects)
    if source is None or b"\n" in objects:
        raise _failed("Git is not installed, or cannot read a repository at such a path")
    try:
        repository = source.new(folder, sha256=len(commit) == 64)
        info = folder / ".git" / "objects" / "info"
        info.mkdir(exist_ok=True)
        (info / "alternates").write_bytes(objects + b"\n")
    except Unreadable as error:
        raise _failed(str(error)) from error
    return repository


def _do(repository: Repository, *words: str) -> None:
    output = repository.run(words, LISTED_BYTES, seconds=CHECKOUT_SECONDS)
    if not output.ok:
        raise _failed(complaint(output))


def _failed(why: str) -> AgilError:
    return AgilError(
        f"the commit cannot be checked out: {why}",
        kept="nothing was started",
        next="git fetch in the repository, then again",
    )


def _gitlinks(repository: Repository, commit: str) -> Iterator[tuple[Module, str]]:
    """Yield every submodule of the commit, with the commit that belongs into it."""
    modules = {module.path: module for module in modules_of(repository)}
    if not modules:
        return
    words = ("ls-tree", "-z", "--full-tree", commit, "--", *sorted(modules))
    for entry in repository.run(words, LISTED_BYTES).stdout.split(b"\0"):
        about, _, path = text_of(entry).partition("\t")
        if about.startswith(_GITLINK) and path in modules:
            yield modules[path], about.split()[2]


def _holding(store: Store, repository: Repository, module: Module, wanted: str) -> Store | None:
    """Return where on this machine the commit of a submodule can be had, or None."""
    places: list[Store | None] = []
    inside = Repository.of(store.top / module.path)
    if inside is not None and inside.top == store.top / module.path:
        places.append(Store.of(inside))
    if ".." not in Path(module.name).parts:
        kept = store.modules / module.name
        places.append(Store(kept / "objects", kept / "modules", store.top))
    for place in places:
        if place is not None and place.objects.is_dir():
            env = {**repository.env, "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(place.objects)}
            if replace(repository, env=env).line("cat-file", "-t", wanted) == "commit":
                return place
    return None
