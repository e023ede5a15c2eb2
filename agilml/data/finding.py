"""From ``NAME`` or ``NAME@DIGEST`` to the manifest that is meant, wherever its text is to be had."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from agilml.data.adding import make_manifest
from agilml.data.manifest import Manifest, parse
from agilml.data.names import Reference
from agilml.data.pins import Pin, find_pin, pin_of, read_pins
from agilml.data.progress import Progress
from agilml.data.sources import open_source
from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.ledger.queries_data import versions
from agilml.project import Project
from agilml.store.blobs import Blobs
from agilml.store.errors import Missing, RemoteError
from agilml.store.settings import remote_of
from agilml.text import safe_text

DIGITS = 64
"""Of a whole digest."""


def blobs_of(project: Project) -> Blobs:
    """Return the project's blobs."""
    return Blobs(project.state / "blobs")


def find(
    project: Project, wanted: Reference, progress: Progress | None = None
) -> tuple[Pin, Manifest]:
    """Return the pin and the manifest of a version of a data set.

    The text of the manifest is taken from the blobs of the project, from its remote, or made anew from the
    source where that still holds the same.

    Raises:
        ConfigError: the project has no such data set.
        AgilError: there is no such version, or its manifest is nowhere to be had.
    """
    pins = read_pins(project.root)
    known = pins.get(wanted.name)
    if known is not None and known.digest.startswith(wanted.digest):
        return known, manifest_of(project, known, progress)
    if not wanted.digest:
        find_pin(project.root, wanted.name)
    digest, source = _recorded(project, wanted, known)
    pin = known or Pin(wanted.name, digest, source, "files", stored=False, levels={})
    pin = replace(pin, digest=digest, source=source)
    manifest = manifest_of(project, pin, progress)
    return pin_of(pin.name, manifest, source, stored=pin.stored), manifest


def manifest_of(project: Project, pin: Pin, progress: Progress | None = None) -> Manifest:
    """Return the manifest that a pin names.

    Raises:
        AgilError: it is nowhere to be had.
    """
    blobs = blobs_of(project)
    if not blobs.has(pin.digest):
        why = _fetch(project, blobs, pin.digest)
        if why:
            return _made_anew(project, pin, why, progress)
    return parse(blobs.path(pin.digest).read_bytes())


def _fetch(project: Project, blobs: Blobs, digest: str) -> str | None:
    """Get a blob from the remote; return why that cannot be done, or None."""
    try:
        remote = remote_of(project)
        if remote is None:
            return "this project has no remote"
        with remote:
            blobs.fetch(remote, digest)
    except Missing:
        return "the remote does not have it"
    except RemoteError as error:
        return error.cause
    return None


def _made_anew(project: Project, pin: Pin, why: str, progress: Progress | None) -> Manifest:
    error = AgilError(
        f"the manifest of {pin.name}@{pin.digest[:12]} is not here ({safe_text(why)}),"
        f" and {safe_text(pin.source)} does not hold that version",
        next="agil sync, or add it where the data lies: "
        f"agil data add {pin.name} {safe_text(pin.source)}",
    )
    if not pin.levels:
        raise error
    try:
        with closing(open_source(project, pin.source)) as source:
            made = make_manifest(
                project, source, shares=pin.shares, kind=pin.kind, progress=progress
            )
    except AgilError as cause:
        raise error from cause
    if made.manifest.digest != pin.digest:
        raise error
    blobs_of(project).add(made.manifest.text())
    return made.manifest


def _recorded(project: Project, wanted: Reference, known: Pin | None) -> tuple[str, str]:
    """Return digest and source of the one recorded version that the reference means."""
    found: dict[str, str] = {}
    if project.ledger.exists():
        with queries.reader(project.ledger) as db:
            found = versions(db, wanted.name, wanted.digest)
    if not found and len(wanted.digest) == DIGITS:
        # A whole digest says which version is meant, also where no ledger has told of it yet.
        return wanted.digest, known.source if known is not None else ""
    if len(found) != 1:
        many = "several versions" if found else "no version"
        begin = "begin" if found else "begins"
        raise AgilError(
            f"{many} of {wanted.name} {begin} with {wanted.digest}",
            next=f"agil data show {wanted.name}",
        )
    return next(iter(found.items()))
