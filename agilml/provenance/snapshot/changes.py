"""What Git knows of a work tree that a bundle needs: the commit, and where the files differ from it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from agilml.provenance.repository import (
    LISTED_BYTES,
    Repository,
    Unreadable,
    complaint,
    text_of,
)
from agilml.provenance.snapshot.manifest import Submodule

_STATUS = (
    *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal"),
    *("--ignore-submodules=all", "--no-renames", "--no-ahead-behind"),
)
_REMOTES = ("config", "--null", "--get-regexp", r"^remote\..*\.url$")
_MODULES = (
    "config",
    "--file",
    ".gitmodules",
    "--null",
    "--get-regexp",
    r"^submodule\..*\.(path|url)$",
)
_LISTED_UNTRACKED = 200
_MOST_SUBMODULES = 100
_DEEPEST = 4
_FIELDS_BEFORE_PATH = {"1": 8, "u": 10}


@dataclass(slots=True)
class Changes:
    """A work tree's commit and what in it is not the commit's.

    Attributes:
        top: the work tree's top folder; the project's own folder where there is no Git.
        git: whether there is a repository.
        changed: paths below ``top`` of tracked files that were added or edited, as the system spells them.
        deleted: paths of tracked files that are gone.
        untracked: what is neither tracked nor ignored, at most 200 paths, an untracked folder as one.
        error: what Git complained of, or None.
    """

    top: Path
    git: bool = False
    commit: str | None = None
    branch: str | None = None
    remotes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    untracked: list[str] = field(default_factory=list)
    submodules: list[Submodule] = field(default_factory=list)
    error: str | None = None


def changes_of(folder: Path) -> Changes:
    """Return what Git says of the work tree that ``folder`` is in; nothing that it configures is run.

    A folder of which the repository tracks nothing, because it is ignored or was never added, is in none:
    no commit could bring it back.
    """
    repository = Repository.of(folder)
    here = Path(os.path.realpath(folder))
    if repository is None:
        return Changes(here)
    found = Changes(repository.top, git=True)
    try:
        repository = repository.guarded()
        if here != repository.top and not _tracks(repository, here):
            return Changes(here)
        _read(repository, found, "")
        urls = [bare_url(url) for _, url in _settings(repository, _REMOTES)]
        found.remotes = sorted(filter(None, set(urls)))
    except Unreadable as error:
        found.error = str(error)
    except OSError as error:
        found.error = f"git cannot be run: {error.strerror}"
    return found


def _tracks(repository: Repository, folder: Path) -> bool:
    below = folder.relative_to(repository.top).as_posix()
    listed = repository.run(("ls-files", "-z", "--", f":(top,literal){below}"), 1)
    # Git that cannot list its index says so at the next question too.
    return bool(listed.stdout) or not listed.ok


def bare_url(url: str) -> str:
    """Return the URL without user, password, query and fragment; ``git@host:path`` stays as it is."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _read(
    repository: Repository, found: Changes, prefix: str, url: str | None = None, depth: int = 0
) -> None:
    """Add what the repository at ``prefix`` knows, and then its submodules."""
    status = repository.run(_STATUS, LISTED_BYTES)
    if not status.ok:
        found.error = found.error or complaint(status)
        if not prefix:
            found.commit = repository.line("rev-parse", "--verify", "--quiet", "HEAD")
        return
    heads: dict[str, str] = {}
    for record in status.stdout.split(b"\0"):
        kind, _, rest = os.fsdecode(record).partition(" ")
        if kind == "#":
            name, _, heads[name] = rest.partition(" ")
        elif kind == "?" and not prefix and len(found.untracked) < _LISTED_UNTRACKED:
            found.untracked.append(text_of(os.fsencode(rest)))
        elif kind in _FIELDS_BEFORE_PATH:
            path = rest.split(" ", _FIELDS_BEFORE_PATH[kind] - 1)[-1]
            there = os.path.lexists(repository.top / path)
            (found.changed if there else found.deleted).append(prefix + path)
    commit, branch = heads.get("branch.oid"), heads.get("branch.head")
    commit = None if commit == "(initial)" else commit
    if not prefix:
        found.commit = commit
        found.branch = None if branch == "(detached)" else branch
    elif commit is not None:
        found.submodules.append(Submodule(prefix.rstrip("/"), commit, url))
    if depth < _DEEPEST:
        for path, inner_url, inner in _submodules(repository, found):
            _read(inner, found, f"{prefix}{path}/", inner_url, depth + 1)


def _submodules(
    repository: Repository, found: Changes
) -> Iterator[tuple[str, str | None, Repository]]:
    """Yield path, URL and repository of the submodules that are checked out."""
    top = repository.top
    for path, _, url in modules_of(repository):
        inner = Repository.of(top / path) if (top / path / ".git").exists() else None
        # A link, or a path with `..` in it, must not lead to somebody else's repository.
        if inner is None or inner.top != top / path or len(found.submodules) >= _MOST_SUBMODULES:
            continue
        try:
            yield path, url, inner.guarded()
        except Unreadable as error:
            found.error = found.error or f"{path}: {error}"


class Module(NamedTuple):
    """A submodule as ``.gitmodules`` describes it."""

    path: str
    name: str
    url: str | None


def modules_of(repository: Repository) -> list[Module]:
    """Return the submodules that ``.gitmodules`` in the work tree names, by path."""
    if not (repository.top / ".gitmodules").is_file():
        return []
    found: dict[str, dict[str, str]] = {}
    for key, value in _settings(repository, _MODULES):
        name, _, what = key.removeprefix("submodule.").rpartition(".")
        found.setdefault(name, {})[what] = value
    return sorted(
        Module(item["path"], name, bare_url(item["url"]) if "url" in item else None)
        for name, item in found.items()
        if "path" in item
    )


def _settings(repository: Repository, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield what ``git config --null --get-regexp`` lists; nothing where it finds nothing."""
    listed = repository.run(words, LISTED_BYTES)
    if listed.ok:
        for entry in listed.stdout.split(b"\0")[:-1]:
            key, _, value = text_of(entry).partition("\n")
            yield key, value
