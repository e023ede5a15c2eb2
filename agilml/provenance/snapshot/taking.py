"""The bundle of a sweep that was just planned: its files read, scanned for secrets, and stored."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agilml.errors import ConfigError
from agilml.project import Project
from agilml.provenance.code import Code
from agilml.provenance.secrets import scrub
from agilml.provenance.secrets_kept import kept_values
from agilml.provenance.snapshot.bundle import pack
from agilml.provenance.snapshot.changes import Changes, changes_of
from agilml.provenance.snapshot.choosing import Choice, choose
from agilml.provenance.snapshot.manifest import File, LeftOut, Manifest, check_path
from agilml.store.blobs import Blobs

ROLE = "code"
MOST_MB = 64
"""What the files of a bundle may add up to, in MiB, unless ``[snapshot] max_mb`` says otherwise."""
LARGE = 4 << 20
"""A file larger than this that no commit and no identity covers is more likely data than code."""
_ORDER = ("code", "conf", "changed", "named", "source")


@dataclass(frozen=True, slots=True)
class Taken:
    """A stored bundle: its digest, its size in bytes, and what it says of itself."""

    sha256: str
    size: int
    manifest: Manifest

    @property
    def warnings(self) -> list[str]:
        """What a person should know of it, a line each; empty where the code is whole in it."""
        found = [f"{item.path} ({item.reason})" for item in self.manifest.left_out]
        lines = [f"the code snapshot leaves out {', '.join(found[:5])}"] if found else []
        if len(found) > 5:
            lines[0] += f" and {len(found) - 5:,} more"
        lines += [
            f"{file.path} holds what looks like a secret: the code snapshot has it without that"
            for file in self.manifest.cleaned
        ]
        return lines


def take(
    project: Project,
    code: Code,
    configs: Iterable[Mapping[str, Any]],
    git: Mapping[str, Any],
) -> Taken:
    """Store the code of a sweep as a blob of the project, and return what was stored.

    Args:
        project: where the sweep was planned.
        code: what the identities of its trials cover.
        configs: its composed configurations, for the scripts and notebooks that they name.
        git: what provenance says of the repository: its patch, scrubbed, for people to read, and the
            branch of a checkout that is on none.

    Raises:
        ConfigError: ``[snapshot] max_mb`` in ``agil.toml`` is no number.
        OSError: the blob cannot be written.
    """
    manifest, contents = gather(project, code, configs)
    manifest = replace(manifest, branch=manifest.branch or git.get("branch"))
    patch = git.get("patch")
    raw = pack(manifest, contents, patch and scrub(patch, kept_values(project.state)))
    return Taken(Blobs(project.state / "blobs").add(raw), len(raw), manifest)


def gather(
    project: Project, code: Code, configs: Iterable[Mapping[str, Any]]
) -> tuple[Manifest, dict[str, bytes]]:
    """Return the manifest of the project's code as it is now, and the bytes to store by path."""
    changes = changes_of(project.root)
    chosen = choose(project, changes, code.files, configs)
    left = _most_bytes(project)
    secrets = kept_values(project.state)
    files: list[File] = []
    left_out: list[LeftOut] = []
    contents: dict[str, bytes] = {}
    # What the trials need goes first, so that it is there whatever else is too large.
    for path, why in sorted(chosen.why.items(), key=lambda item: (_ORDER.index(item[1]), item[0])):
        made = _read(changes.top, path, why, left, secrets)
        if isinstance(made, LeftOut):
            left_out.append(made)
            continue
        file, content = made
        files.append(file)
        if content is not None:
            contents[file.path] = content
            left -= len(content)
    return _manifest(project, changes, code, chosen, files, left_out), contents


def _manifest(
    project: Project,
    changes: Changes,
    code: Code,
    chosen: Choice,
    files: Sequence[File],
    left_out: Sequence[LeftOut],
) -> Manifest:
    below = os.path.relpath(os.path.realpath(project.root), changes.top)
    planned = {path: code.files[name] for name, path in chosen.code.items()}
    drifted = [
        LeftOut(file.path, file.size, "it was edited while the sweep was being planned")
        for file in files
        if planned.get(file.path, file.sha256) != file.sha256
    ]
    return Manifest(
        project="" if below == "." else Path(below).as_posix(),
        commit=changes.commit,
        branch=changes.branch,
        remotes=tuple(changes.remotes),
        deleted=tuple(sorted(path for path in changes.deleted if _is_safe(path))),
        submodules=tuple(sorted(changes.submodules)),
        files=tuple(sorted(files)),
        left_out=tuple(sorted([*left_out, *drifted])),
        untracked=tuple(changes.untracked),
        code=code.digest,
        outside={name: sha for name, sha in code.files.items() if name not in chosen.code},
        error=changes.error,
    )


def _read(
    top: Path, path: str, why: str, room: int, secrets: Sequence[str]
) -> tuple[File, bytes | None] | LeftOut:
    """Return the file's entry and the bytes to store (None for a link), or why it is left out."""
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    if not _is_safe(path):
        return LeftOut(shown, 0, "its name is not one that every system can keep")
    try:
        status = os.lstat(top / path)
        if stat.S_ISLNK(status.st_mode) and why == "changed":
            return _link(path, os.readlink(top / path)), None
        status = os.stat(top / path)
        if not stat.S_ISREG(status.st_mode):
            return LeftOut(shown, 0, "it is no regular file")
        if status.st_size > room or (status.st_size > LARGE and why not in ("code", "changed")):
            return LeftOut(shown, status.st_size, f"{status.st_size / 2**20:.1f} MiB")
        content = (top / path).read_bytes()
    except OSError as error:
        return LeftOut(shown, 0, str(error.strerror))
    executable = bool(status.st_mode & stat.S_IXUSR)
    file = File(path, hashlib.sha256(content).hexdigest(), len(content), executable, why)
    kept = _without_secrets(content, secrets)
    if kept == content:
        return file, content
    return replace(file, stored=hashlib.sha256(kept).hexdigest()), kept


def _link(path: str, target: str) -> File:
    shown = os.fsencode(target).decode("utf-8", "backslashreplace")
    return File(
        path, hashlib.sha256(shown.encode()).hexdigest(), len(shown), False, "changed", link=shown
    )


def _without_secrets(content: bytes, secrets: Sequence[str]) -> bytes:
    """Return the bytes with what looks like a secret taken out, where they are text."""
    if b"\0" in content:
        return content
    try:
        return scrub(content.decode(), secrets).encode()
    except UnicodeDecodeError:
        # Every byte is a character of Latin-1, so that what is not a secret comes back as it was.
        return scrub(content.decode("latin-1"), secrets).encode("latin-1", "replace")


def _is_safe(path: str) -> bool:
    try:
        check_path(path)
    except (ValueError, UnicodeError):
        return False
    return True


def _most_bytes(project: Project) -> int:
    settings = project.settings.get("snapshot")
    most = settings.get("max_mb", MOST_MB) if isinstance(settings, Mapping) else MOST_MB
    if isinstance(most, bool) or not isinstance(most, int | float) or not 0 <= most <= 256:
        raise ConfigError(
            f"[snapshot] max_mb in agil.toml is a number of MiB up to 256, not {most!r}",
            next=f"edit {project.root / 'agil.toml'}",
        )
    return int(most * 2**20)
