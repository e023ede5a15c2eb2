"""A Git repository that is read without running anything that it configures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agilml.provenance.bounded import Output, run_bounded
from agilml.text import safe_text

SECONDS = 5.0
"""How long one call of Git may take, unless more is granted."""
LISTED_BYTES = 4 << 20
"""How much of a listing is read."""

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
_FILTERS = (
    *("config", "--includes", "--null", "--name-only", "--show-scope"),
    *("--get-regexp", r"^filter\..*\.(clean|smudge|process|required)$"),
)


class Unreadable(Exception):
    """Git cannot work with the repository; ``output`` holds what it complained of."""

    def __init__(self, output: Output) -> None:
        super().__init__(complaint(output))
        self.output = output


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree with its repository.

    Attributes:
        program: path of Git.
        top: the work tree's top folder.
        env: the whole environment that Git sees.
    """

    program: str
    top: Path
    env: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path) -> Repository | None:
        """Return the repository whose work tree ``folder`` is in; None outside one, or without Git."""
        top, program = top_of(folder), shutil.which("git")
        return None if top is None or program is None else cls(program, top, _environment())

    def new(self, folder: Path, *, sha256: bool) -> Repository:
        """Return an empty repository in ``folder``, without anybody's template; its settings are its own.

        Raises:
            Unreadable: Git cannot make it.
            OSError: Git cannot be run, or the folder cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        hashes = "sha256" if sha256 else "sha1"
        words = ("init", "--quiet", "--template=", f"--object-format={hashes}", str(folder))
        made = run_bounded(
            (self.program, *_SETTINGS, *words), env=self.env, limit=4096, seconds=SECONDS
        )
        if not made.ok:
            raise Unreadable(made)
        return Repository(self.program, folder, _environment())

    def guarded(self) -> Repository:
        """Return the repository with the filters emptied that it, and not the user, configures.

        Raises:
            Unreadable: Git cannot list them.
            OSError: Git cannot be run.
        """
        listed = self.run(_FILTERS, LISTED_BYTES)
        if listed.code not in (0, 1):  # 1: there are none
            raise Unreadable(listed)
        return self._without(_foreign_filters(listed.stdout))

    def run(self, words: Sequence[str], limit: int, *, seconds: float = SECONDS) -> Output:
        """Return what Git says to these words, at most ``limit`` bytes of it.

        Raises:
            OSError: Git cannot be run.
        """
        # The work tree is the one that was found, not the one that `core.worktree` claims.
        command = (
            *(self.program, "--no-pager", *_SETTINGS),
            *("-C", str(self.top), f"--work-tree={self.top}", *words),
        )
        return run_bounded(command, env=self.env, limit=limit, seconds=seconds)

    def line(self, *words: str) -> str | None:
        """Return the one line that Git answers, or None if it answers with an error."""
        output = self.run(words, 4096)
        return text_of(output.stdout).strip() or None if output.ok else None

    def _without(self, filters: Sequence[str]) -> Repository:
        env = {"GIT_CONFIG_COUNT": str(len(filters))}
        for n, key in enumerate(filters):
            env[f"GIT_CONFIG_KEY_{n}"] = key
            # A required filter that does nothing would be an error.
            env[f"GIT_CONFIG_VALUE_{n}"] = "false" if key.endswith(".required") else ""
        return Repository(self.program, self.top, {**self.env, **env})


def top_of(folder: Path) -> Path | None:
    """Return the nearest folder upwards with a repository in it, as Git itself would look for one."""
    start = Path(os.path.realpath(folder))
    for candidate in (start, *start.parents):
        mark = candidate / ".git"
        if mark.is_file() or all((mark / part).exists() for part in ("HEAD", "objects", "refs")):
            return candidate
    return None


def complaint(output: Output) -> str:
    """Return the first line of what Git complained of, safe to show."""
    if output.late:
        return f"git took longer than {SECONDS:.0f} s"
    lines = text_of(output.stderr).strip().splitlines()
    return safe_text(lines[0]) if lines else f"git ended with {output.code}"


def text_of(raw: bytes) -> str:
    """Return bytes that Git printed as text that any encoder takes."""
    return raw.decode("utf-8", "backslashreplace")


def _environment() -> dict[str, str]:
    kept = {name: value for name in _ENVIRONMENT if (value := os.environ.get(name)) is not None}
    return {**kept, **_SAFE}


def _foreign_filters(listed: bytes) -> list[str]:
    """Return the filter settings that come from the repository and not from the user or the machine."""
    fields = [os.fsdecode(field) for field in listed.split(b"\0")]
    pairs = zip(fields[::2], fields[1::2], strict=False)
    return sorted({key for scope, key in pairs if scope not in ("global", "system")})
