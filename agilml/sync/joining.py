"""The remote of a project, and a first look into one from a folder that has none yet."""

from __future__ import annotations

import json
import os
from pathlib import Path

from agilml.errors import ConfigError, UsageError
from agilml.project import MARKER, Project, find_project
from agilml.store.base import Remote
from agilml.store.settings import ADDRESS, address_of, remote_at, remote_of
from agilml.sync.keys import HEADS


def remote_for(project: Project, address: str | None = None) -> tuple[Project, Remote]:
    """Return the project and its remote; a given ``address`` is remembered where the project has none.

    Raises:
        UsageError: there is neither an address nor a remote.
        ConfigError: the address cannot be meant.
        RemoteUnavailable, RemoteRefused: there is nothing at an address that is new here.
    """
    if address is not None and address != address_of(project):
        # Before anything is written: an address that cannot be meant is not remembered.
        remote = remote_at(project, address)
        if address_of(project) is not None:
            return project, remote
        # Nor is one that does not answer.
        next(remote.list(HEADS), None)
        remote.close()
        project = _remember(project, address)
    remote_or_none = remote_of(project)
    if remote_or_none is None:
        raise UsageError(
            "this project has no remote",
            kept="everything here",
            next="agil sync --remote s3://BUCKET/PREFIX, or file:///FOLDER, or ssh://HOST/FOLDER",
        )
    return project, remote_or_none


def _remember(project: Project, address: str) -> Project:
    """Write the address into ``agil.toml``, made where it is missing; return the project as it is now."""
    marker = project.root / MARKER
    if "remote" in project.settings:
        raise ConfigError(
            f"[remote] in {marker} names no url",
            next=f"add `url = {_quoted(address)}` below [remote] in {marker}",
        )
    text = marker.read_text() if marker.exists() else ""
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    try:
        _write(marker, f"{text}{gap}[remote]\nurl = {_quoted(address)}\n")
    except OSError as error:
        raise UsageError(
            f"{marker} cannot be written: {error.strerror}", next=f"set {ADDRESS} instead"
        ) from error
    return find_project(project.root)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text)
    os.replace(part, path)


def _quoted(text: str) -> str:
    """Return ``text`` as TOML writes a string; an address is printable, so that JSON's form fits."""
    return json.dumps(text, ensure_ascii=False)
