"""The Git state of a project, read without running anything that the repository configures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agilml.model import JSON
from agilml.provenance.bounded import Output
from agilml.provenance.repository import LISTED_BYTES, Repository, Unreadable, complaint, text_of
from agilml.provenance.secrets import scrub

PATCH_BYTES = 1 << 20
UNTRACKED_PATHS = 200

_STATUS = (
    *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal"),
    *("--ignore-submodules=all", "--no-renames", "--no-ahead-behind"),
)
_DIFF = (
    *("diff", "--patch", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames"),
    *("--ignore-submodules=all", "--submodule=short", "--unified=3"),
)


def git_state(project: Path) -> dict[str, JSON] | None:
    """Return what Git knows about the project's work tree, or None outside a work tree or without Git.

    ``commit`` and ``branch`` are None before the first commit and on a detached head. ``dirty`` says
    that the work tree holds something that the commit does not; None means that Git could not tell.
    ``patch`` is the difference of the tracked files to the commit, scrubbed of secrets and cut at
    1 MiB (``patch_truncated``); ``untracked`` lists at most 200 paths that are neither tracked nor
    ignored, a wholly untracked folder as one. ``error`` is what Git complained of, or None. Paths are
    relative to the work tree's top folder. Submodules are not looked into.
    """
    repository = Repository.of(project)
    if repository is None:
        return None
    try:
        try:
            repository = repository.guarded()
        except Unreadable as error:
            return _failed(repository, error.output)
        status = repository.run(_STATUS, LISTED_BYTES)
        if not status.ok and not status.cut:
            return _failed(repository, status)
        return _state(repository, _Status.parse(status.stdout))
    except OSError as error:
        return _record(error=f"git cannot be run: {error.strerror}")


@dataclass(slots=True)
class _Status:
    commit: str | None = None
    branch: str | None = None
    changed: bool = False
    untracked: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, porcelain: bytes) -> _Status:
        """Return what the complete records of ``git status --porcelain=v2 --branch -z`` say."""
        status = cls()
        complete, _, _ = porcelain.rpartition(b"\0")
        for record in complete.split(b"\0"):
            kind, _, rest = text_of(record).partition(" ")
            if kind == "?":
                status.untracked.append(rest)
            elif kind in ("1", "2", "u"):
                status.changed = True
            elif kind == "#":
                name, _, value = rest.partition(" ")
                if name == "branch.oid" and value != "(initial)":
                    status.commit = value
                elif name == "branch.head" and value != "(detached)":
                    status.branch = value
        return status


def _state(repository: Repository, status: _Status) -> dict[str, JSON]:
    patch, truncated, error = _patch(repository, status) if status.changed else (None, False, None)
    return _record(
        commit=status.commit,
        branch=status.branch,
        dirty=status.changed or bool(status.untracked),
        patch=patch,
        patch_truncated=truncated,
        untracked=status.untracked[:UNTRACKED_PATHS],
        error=error,
    )


def _patch(repository: Repository, status: _Status) -> tuple[str | None, bool, str | None]:
    # Before the first commit everything differs from the empty tree, whose id Git computes.
    base = status.commit or repository.line("hash-object", "-t", "tree", "--stdin")
    output = repository.run((*_DIFF, base or "HEAD", "--"), PATCH_BYTES)
    if not output.ok and not output.cut:
        return None, False, complaint(output)
    whole = output.stdout
    if output.cut:
        whole = whole[: whole.rfind(b"\n") + 1]
    return scrub(text_of(whole)) or None, output.cut, None


def _failed(repository: Repository, status: Output) -> dict[str, JSON]:
    """Return the little that can be had of a repository too big, too slow or too broken for status."""
    return _record(
        commit=repository.line("rev-parse", "--verify", "--quiet", "HEAD"),
        branch=repository.line("symbolic-ref", "--quiet", "--short", "HEAD"),
        error=complaint(status),
    )


def _record(
    *,
    commit: str | None = None,
    branch: str | None = None,
    dirty: bool | None = None,
    patch: str | None = None,
    patch_truncated: bool = False,
    untracked: Sequence[str] = (),
    error: str | None = None,
) -> dict[str, JSON]:
    return {
        "commit": commit,
        "branch": branch,
        "dirty": dirty,
        "patch": patch,
        "patch_truncated": patch_truncated,
        "untracked": list(untracked),
        "error": error,
    }
