"""``conf_path``: a layer of configuration in a remote, between the project's own and the packaged one.

It is typed as a word (``conf_path=s3://bucket/prefix``) or stands in ``agil.toml``; an empty word leaves the
latter out. Its files are fetched whenever something is composed, kept by content in the state folder, and
recorded with the sweep.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.data.conf_check import check_conf
from agilml.data.hashing import in_threads
from agilml.data.names import check_path
from agilml.data.sources import Found, Source, open_source
from agilml.errors import AgilError, ConfigError, UsageError
from agilml.model import JSON
from agilml.project import Project
from agilml.text import safe_text
from agilml.worker.reading import content_of, listing_digest

WORD = "conf_path"
MOST_FILES = 1_000
LARGEST = 1 << 20
"""Bytes of one file of configuration."""


@dataclass(frozen=True, slots=True)
class ConfLayer:
    """A layer of configuration from elsewhere, as it was just now.

    Attributes:
        address: where it lies.
        digest: that of its files under their names.
        folder: where they are on this machine.
        files: by name, what was read: sha256, size and, where its bucket keeps versions, version.
    """

    address: str
    digest: str
    folder: Path
    files: Mapping[str, Mapping[str, JSON]]

    def spec(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """Return what it adds to the settings of a sweep: the word, so that they can be typed again."""
        return {"words": [*spec["words"], f"{WORD}={self.address}"]}

    def as_json(self) -> dict[str, JSON]:
        """Return what is recorded with a sweep."""
        files: dict[str, JSON] = {name: dict(facts) for name, facts in self.files.items()}
        return {"address": self.address, "digest": self.digest, "files": files}


def take_conf_path(
    project: Project, words: Sequence[str]
) -> tuple[Sequence[str], ConfLayer | None]:
    """Return the words without ``conf_path=…``, and the layer that it or ``agil.toml`` names.

    Raises:
        UsageError: the word was given twice, or names no address.
        ConfigError: a file of the layer says what only a project may say.
        AgilError: the layer cannot be reached.
    """
    typed = [word.partition("=")[2] for word in words if word.startswith(f"{WORD}=")]
    if len(typed) > 1:
        raise UsageError(f"{WORD}= was given twice", next=f"{WORD}={safe_text(typed[0])}")
    left = [word for word in words if not word.startswith(f"{WORD}=")]
    address = typed[0] if typed else project.settings.get(WORD)
    if not address:
        return left, None
    if not isinstance(address, str) or "://" not in address:
        raise UsageError(
            f"`{WORD}={safe_text(address)}` is no address",
            next=f"{WORD}=s3://bucket/prefix, {WORD}=file:///folder or {WORD}=ssh://host/folder",
        )
    return left, fetch_layer(project, address)


def fetch_layer(project: Project, address: str) -> ConfLayer:
    """Return the layer at ``address``, its files checked and on this machine.

    Raises:
        ConfigError: it has no file of configuration, too many, or one that says what it must not.
        AgilError: it cannot be reached.
    """
    with closing(open_source(project, address)) as source:
        listing = [found for found in source.listing() if found.path.endswith(".yaml")]
        _check_listing(address, listing)
        texts = in_threads(lambda found: _text(address, source, found), listing)
    files: dict[str, dict[str, JSON]] = {}
    for found, text in zip(listing, texts, strict=True):
        check_conf(f"{address.rstrip('/')}/{found.path}", found.path, text)
        files[found.path] = {
            "sha256": hashlib.sha256(text).hexdigest(),
            "size": len(text),
            "version": found.version,
        }
    digest = listing_digest(
        (name, str(facts["sha256"]), len(text))
        for (name, facts), text in zip(files.items(), texts, strict=True)
    )
    folder = _keep(project, digest, dict(zip(files, texts, strict=True)))
    return ConfLayer(address, digest, folder, files)


def _check_listing(address: str, listing: Sequence[Found]) -> None:
    if not listing:
        raise ConfigError(
            f"{safe_text(address)} holds no .yaml file", next=f"{WORD}= goes without that layer"
        )
    if len(listing) > MOST_FILES or any(found.size > LARGEST for found in listing):
        raise ConfigError(
            f"{safe_text(address)} is no layer of configuration: more than {MOST_FILES:,} files,"
            " or one of more than 1 MiB",
            next=f"{WORD}=ADDRESS of the folder that holds the configuration alone",
        )
    for found in listing:
        check_path(found.path)


def _text(address: str, source: Source, found: Found) -> bytes:
    text = source.read(found)
    if len(text) != found.size:
        raise AgilError(
            f"{safe_text(found.path)} in {safe_text(address)} changed while it was read",
            next="the same command again",
        )
    return text


def _keep(project: Project, digest: str, texts: Mapping[str, bytes]) -> Path:
    """Return the folder that holds these files, made unless it is there and sound."""
    folder = project.state / "conf" / digest
    if folder.is_dir() and content_of(folder).digest == digest:
        return folder
    project.make_state()
    making = folder.with_name(f".{digest}")
    shutil.rmtree(making, ignore_errors=True)
    for name, text in texts.items():
        place = making / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.write_bytes(text)
    shutil.rmtree(folder, ignore_errors=True)
    making.rename(folder)
    return folder
