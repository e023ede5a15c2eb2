"""The Git state of a project, read without running anything that the repository configures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agilml.model import JSON
from agilml.provenance.bounded import Output, run_bounded
from agilml.provenance.secrets import scrub
from agilml.text import safe_text

PATCH_BYTES = 1 << 20
UNTRACKED_PATHS = 200
_STATUS_BYTES = 4 << 20
_SECONDS = 5.0

_ENVIRONMENT = (
    *("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "LD_LIBRARY_PATH"),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES"),
)
"""What Git may see of our environment. GIT_DIR and its kin are set in hooks and would mislead it."""

_SAFE = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # A partial clone fetches what it lacks, through commands that its configuration names.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
}
_SETTINGS = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.safecrlf=false"),
    *("-c", "diff.noprefix=false"),
    *("-c", "diff.mnemonicPrefix=false"),
    *("-c", f"diff.orderFile={os.devnull}"),
)
_STATUS = (
    *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal"),
    *("--ignore-submodules=all", "--no-renames", "--no-ahead-behind"),
)
_DIFF = (
    *("diff", "--patch", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames"),
    *("--ignore-submodules=all", "--submodule=short", "--unified=3"),
)
_FILTERS = (
    *("config", "--includes", "--null", "--name-only", "--show-scope"),
    *("--get-regexp", r"^filter\..*\.(clean|process|required)$"),
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
    top = _top(project)
    program = shutil.which("git")
    if top is None or program is None:
        return None
    try:
        repository = _Repository(program, top, _environment())
        filters = repository.run(_FILTERS, _STATUS_BYTES)
        if filters.code not in (0, 1):  # 1: there are none
            return _failed(repository, filters)
        repository = repository.without(_foreign_filters(filters.stdout))
        status = repository.run(_STATUS, _STATUS_BYTES)
        if not status.ok and not status.cut:
            return _failed(repository, status)
        return _state(repository, _Status.parse(status.stdout))
    except OSError as error:
        return _record(error=f"git cannot be run: {error.strerror}")


@dataclass(frozen=True, slots=True)
class _Repository:
    program: str
    top: Path
    env: Mapping[str, str]

    def run(self, words: Sequence[str], limit: int) -> Output:
        # The work tree is the one that was found, not the one that `core.worktree` claims.
        command = (
            *(self.program, "--no-pager", *_SETTINGS),
            *("-C", str(self.top), f"--work-tree={self.top}", *words),
        )
        return run_bounded(command, env=self.env, limit=limit, seconds=_SECONDS)

    def line(self, *words: str) -> str | None:
        """Return the one line that Git answers, or None if it answers with an error."""
        output = self.run(words, 4096)
        return _text(output.stdout).strip() or None if output.ok else None

    def without(self, filters: Sequence[str]) -> _Repository:
        """Return the repository with these settings emptied."""
        env = {"GIT_CONFIG_COUNT": str(len(filters))}
        for n, key in enumerate(filters):
            env[f"GIT_CONFIG_KEY_{n}"] = key
            # A required filter that does nothing would be an error.
            env[f"GIT_CONFIG_VALUE_{n}"] = "false" if key.endswith(".required") else ""
        return _Repository(self.program, self.top, {**self.env, **env})


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
            kind, _, rest = _text(record).partition(" ")
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


def _state(repository: _Repository, status: _Status) -> dict[str, JSON]:
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


def _patch(repository: _Repository, status: _Status) -> tuple[str | None, bool, str | None]:
    # Before the first commit everything differs from the empty tree, whose id Git computes.
    base = status.commit or repository.line("hash-object", "-t", "tree", "--stdin")
    output = repository.run((*_DIFF, base or "HEAD", "--"), PATCH_BYTES)
    if not output.ok and not output.cut:
        return None, False, _complaint(output)
    whole = output.stdout
    if output.cut:
        whole = whole[: whole.rfind(b"\n") + 1]
    return scrub(_text(whole)) or None, output.cut, None


def _failed(repository: _Repository, status: Output) -> dict[str, JSON]:
    """Return the little that can be had of a repository too big, too slow or too broken for status."""
    return _record(
        commit=repository.line("rev-parse", "--verify", "--quiet", "HEAD"),
        branch=repository.line("symbolic-ref", "--quiet", "--short", "HEAD"),
        error=_complaint(status),
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


def _top(project: Path) -> Path | None:
    """Return the nearest folder upwards with a repository in it, as Git itself would look for one."""
    start = Path(os.path.realpath(project))
    for folder in (start, *start.parents):
        mark = folder / ".git"
        if mark.is_file() or all((mark / part).exists() for part in ("HEAD", "objects", "refs")):
            return folder
    return None


def _environment() -> dict[str, str]:
    kept = {name: value for name in _ENVIRONMENT if (value := os.environ.get(name)) is not None}
    return {**kept, **_SAFE}


def _foreign_filters(listed: bytes) -> list[str]:
    """Return the filter settings that come from the repository and not from the user or the machine."""
    fields = [os.fsdecode(field) for field in listed.split(b"\0")]
    pairs = zip(fields[::2], fields[1::2], strict=False)
    return sorted({key for scope, key in pairs if scope not in ("global", "system")})


def _complaint(output: Output) -> str:
    if output.late:
        return f"git took longer than {_SECONDS:.0f} s"
    lines = _text(output.stderr).strip().splitlines()
    return safe_text(lines[0]) if lines else f"git ended with {output.code}"


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
