"""What a code bundle says of itself: every file with its digest, and what it leaves out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

from agilml.errors import AgilError
from agilml.model import canonical

FORMAT = 1
COMMIT = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, order=True)
class File:
    """One file of a bundle.

    Attributes:
        path: below the top folder, with ``/``.
        sha256: hex digest of the bytes that were run; of the target's text where it is a link.
        size: number of those bytes.
        executable: whether its owner may execute it.
        why: ``code`` (the trial's identity covers it), ``conf``, ``named`` (by the configuration),
            ``changed`` (differs from the commit) or ``source`` (a project without commits).
        stored: hex digest of the bytes in the bundle where a secret was taken out of them.
        link: what a symbolic link points to, else None.
    """

    path: str
    sha256: str
    size: int
    executable: bool = False
    why: str = "code"
    stored: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A file that belongs to the code and is not in the bundle; ``size`` in bytes."""

    path: str
    size: int
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Submodule:
    """A repository inside the repository: the commit that was checked out in it."""

    path: str
    commit: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of a bundle but its files' bytes.

    Attributes:
        project: the project's folder below the top folder; ``""`` where they are the same.
        commit: what was checked out; None outside Git and before the first commit.
        branch: the branch; None on a detached head.
        remotes: URLs of the repository, without the user part.
        deleted: tracked files that were not there.
        code: digest of the code that the trials' identities cover.
        outside: files of that code that lie outside the project, as the digest names them.
        error: what kept Git from telling all of this, or None.
    """

    project: str = ""
    commit: str | None = None
    branch: str | None = None
    remotes: Sequence[str] = ()
    deleted: Sequence[str] = ()
    submodules: Sequence[Submodule] = ()
    files: Sequence[File] = ()
    left_out: Sequence[LeftOut] = ()
    untracked: Sequence[str] = ()
    code: str = ""
    outside: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def alone(self) -> bool:
        """Whether the bundle is all there was, so that no repository is needed beside it."""
        return self.commit is None

    @property
    def cleaned(self) -> list[File]:
        """Files whose stored bytes are not those that were run, because they held a secret."""
        return [file for file in self.files if file.stored is not None]

    def encoded(self) -> bytes:
        """Return the one JSON text of the manifest; :meth:`decode` is the inverse."""
        return canonical({"format": FORMAT, **asdict(self)}).encode()

    @classmethod
    def decode(cls, raw: bytes) -> Manifest:
        """Return the manifest that ``raw`` holds.

        Raises:
            DamagedBundle: it is none, or it names a path outside the bundle.
        """
        try:
            value: dict[str, Any] = json.loads(raw)
            if value.pop("format") != FORMAT:
                raise DamagedBundle("it has a format that this AgilML does not know")
            files = tuple(File(**item) for item in value.pop("files"))
            left_out = tuple(LeftOut(**item) for item in value.pop("left_out"))
            submodules = tuple(Submodule(**item) for item in value.pop("submodules"))
            found = cls(files=files, left_out=left_out, submodules=submodules, **value)
            found.check()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedBundle(f"its manifest cannot be read: {error}") from error
        return found

    def check(self) -> None:
        """Return if every path stays inside and every commit is one.

        Raises:
            ValueError: one does not; the message names it.
        """
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths):
            raise ValueError("a path appears twice")
        for path in (*paths, *self.deleted, *(item.path for item in self.submodules)):
            check_path(path)
        if self.project:
            check_path(self.project)
        for commit in filter(None, (self.commit, *(item.commit for item in self.submodules))):
            if len(commit) not in (40, 64) or not set(commit) <= COMMIT:
                raise ValueError(f"{commit!r} is no commit")


class DamagedBundle(AgilError):
    """The bytes of a code bundle are not what was recorded."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the code bundle is damaged: {why}",
            kept="nothing was written",
            next="agil doctor, or give a clone of the repository: --repo PATH",
        )


def check_path(path: str) -> None:
    """Return if ``path`` is a plain relative path that no repository of ours or Git's lies on.

    Raises:
        ValueError: it is not.
    """
    pure = PurePosixPath(path)
    parts = path.split("/")
    if not path or pure.is_absolute() or "\0" in path or "\\" in parts[0][:1]:
        raise ValueError(f"{path!r} is no relative path")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"{path!r} leads out of its folder")
    if any(part.lower().rstrip(". ") in (".git", ".agil") for part in parts):
        raise ValueError(f"{path!r} lies where Git or AgilML keep their own files")
    path.encode()  # a name that is no UTF-8 is left out when a bundle is made
