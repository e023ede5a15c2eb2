"""A bundle as a folder again: the commit from a repository where one has it, then the bundle's own files."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agilml.errors import AgilError
from agilml.provenance.repository import Repository
from agilml.provenance.snapshot.bundle import Bundle
from agilml.provenance.snapshot.checkout import Store, check_out
from agilml.provenance.snapshot.manifest import File


@dataclass(frozen=True, slots=True)
class Restored:
    """What was recreated.

    Attributes:
        folder: the top folder.
        project: the project's folder in it.
        source: the repository that had the commit; None where the bundle alone was used.
        verified: number of files whose bytes are those that were run.
        missing: what is not as it was run, by path, and why; empty where all is.
    """

    folder: Path
    project: Path
    source: Path | None
    verified: int
    missing: Sequence[tuple[str, str]]

    @property
    def whole(self) -> bool:
        """Whether everything that the bundle knows of is as it was run."""
        return not self.missing


def restore(bundle: Bundle, folder: Path, repositories: Sequence[Path]) -> Restored:
    """Recreate in ``folder``, which must be new or empty, what was run.

    Args:
        bundle: the code of a sweep.
        folder: where to.
        repositories: work trees to look for the commit in, the first that has it is used. Without one the
            bundle's own files are all there is: what the trials need as far as AgilML can see, and no more.

    Raises:
        AgilError: the folder holds something, or cannot be written.
    """
    _refuse_full(folder)
    manifest = bundle.manifest
    source = find_commit(manifest.commit, repositories)
    missing: list[tuple[str, str]] = []
    try:
        if source is not None and manifest.commit is not None:
            absent = check_out(source, manifest.commit, folder)
            missing += [(path, "the submodule is not on this machine") for path in absent]
        elif not manifest.alone:
            missing.append(("*", f"no repository here has the commit {str(manifest.commit)[:12]}"))
        folder.mkdir(parents=True, exist_ok=True)
        for path in manifest.deleted:
            _remove(folder, path)
        verified = 0
        for file in manifest.files:
            why = _place(folder, file, bundle.contents.get(file.path))
            if why is None:
                verified += 1
            else:
                missing.append((file.path, why))
    except OSError as error:
        raise AgilError(
            f"{folder} cannot be written: {error.strerror}",
            kept="the recorded run",
            next="agil reproduce RUN --folder DIR, with room for it",
        ) from error
    missing += [(item.path, f"not in the snapshot: {item.reason}") for item in manifest.left_out]
    project = folder / manifest.project if manifest.project else folder
    return Restored(folder, project, source.top if source else None, verified, missing)


def find_commit(commit: str | None, repositories: Sequence[Path]) -> Store | None:
    """Return where the commit can be had among the given work trees, or None."""
    for path in repositories if commit else ():
        repository = Repository.of(path)
        if repository is not None and repository.line("cat-file", "-t", str(commit)) == "commit":
            return Store.of(repository)
    return None


def _refuse_full(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AgilError(
            f"{folder} is not empty",
            kept="everything in it",
            next="give a folder that does not exist yet: --folder DIR",
        )


def _place(folder: Path, file: File, content: bytes | None) -> str | None:
    """Let the file be there as it was run; return why it is not, or None."""
    target = folder / file.path
    if file.link is not None:
        return _place_link(folder, target, file.link)
    if file.stored is not None and _has(target, file.sha256):
        # The commit has the file with all that the bundle must not hold.
        return None
    if content is None:
        return "it is not in the bundle"
    _make_way(folder, target)
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
    target.chmod(0o755 if file.executable else 0o644)
    if file.stored is not None:
        return "what looked like a secret was taken out of it"
    return None if _has(target, file.sha256) else "it could not be written as it was"


def _place_link(folder: Path, target: Path, points_to: str) -> str | None:
    reached = Path(os.path.normpath(target.parent / points_to))
    if os.path.isabs(points_to) or not reached.is_relative_to(folder):
        return f"it is a link that leads out of the folder, to {points_to}"
    _make_way(folder, target)
    target.symlink_to(points_to)
    return None


def _make_way(folder: Path, target: Path) -> None:
    """Make the folders above ``target`` real ones, so that nothing is written through a link."""
    for parent in reversed([p for p in target.parents if p != folder and p.is_relative_to(folder)]):
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            parent.unlink()
        parent.mkdir(exist_ok=True)
    _unlink(target)


def _remove(folder: Path, path: str) -> None:
    """Remove a file that the commit has and the work tree had not; never through a link."""
    target = folder / path
    above = [parent for parent in target.parents if parent.is_relative_to(folder)]
    if not any(parent.is_symlink() for parent in above if parent != folder):
        _unlink(target)


def _unlink(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def _has(path: Path, sha256: str) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256
