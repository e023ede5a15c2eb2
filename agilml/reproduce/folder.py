"""Where a run is run again: a fresh folder with its code, links to its data, and a ledger of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agilml.errors import AgilError
from agilml.model import short
from agilml.project import STATE, Project, find_project
from agilml.provenance.refs import link_data
from agilml.provenance.secrets_kept import FILE as SECRETS
from agilml.provenance.snapshot.bundle import PATCH, Bundle
from agilml.provenance.snapshot.restoring import Restored, restore
from agilml.reproduce.recorded import Recorded

FOLDER = "reproduce"


@dataclass(frozen=True, slots=True)
class Place:
    """A project made for one run, and what of its code could be restored."""

    project: Project
    restored: Restored


def prepare(
    project: Project,
    recorded: Recorded,
    bundle: Bundle,
    folder: Path | None,
    repositories: Sequence[Path],
) -> Place:
    """Return a project of its own for the run, in ``folder`` or in a new one below the state folder.

    Blobs are the project's own, through a link; so is its data. Nothing else is shared: what is run there
    neither reads nor writes the project's ledger.

    Raises:
        AgilError: the folder is not empty, or cannot be written.
    """
    target = _new_folder(project, recorded) if folder is None else folder.absolute()
    restored = restore(bundle, target, [*repositories, project.root])
    root = restored.project
    if not root.is_dir():
        raise AgilError(
            f"the restored code has no folder {bundle.manifest.project}",
            kept=f"what was restored, in {target}",
            next="agil reproduce RUN --repo PATH, with a clone that has the commit",
        )
    try:
        link_data(project, root, target)
        made = Project(root, root / STATE, find_project(root).settings)
        made.make_state()
        _share(project, made, secrets=recorded.own)
        if bundle.patch:
            (made.state / PATCH).write_text(bundle.patch, errors="backslashreplace")
    except OSError as error:
        raise AgilError(
            f"{root} cannot be written: {error.strerror}",
            kept="the recorded run",
            next="agil reproduce RUN --folder DIR, with room for it",
        ) from error
    return Place(made, restored)


def _new_folder(project: Project, recorded: Recorded) -> Path:
    """Return a folder that did not exist a moment ago."""
    parent = project.state / FOLDER
    number = 1
    while True:
        folder = parent / f"{short(recorded.run.run)}-{number}"
        try:
            folder.mkdir(parents=True, mode=0o700)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise AgilError(
                f"{folder} cannot be made: {error.strerror}",
                kept="the recorded run",
                next="agil reproduce RUN --folder DIR",
            ) from error
        else:
            return folder


def _share(project: Project, made: Project, *, secrets: bool) -> None:
    """Let the new project find the blobs of the old one, and the secrets that its own configs refer to."""
    blobs, kept = project.state / "blobs", project.state / SECRETS
    if blobs.is_dir():
        (made.state / "blobs").symlink_to(os.path.abspath(blobs))
    if secrets and kept.is_file():
        with open(os.open(made.state / SECRETS, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(kept.read_bytes())
