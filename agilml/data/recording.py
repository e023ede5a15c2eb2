"""A version of a data set made durable: its manifest as a blob, its pin in Git, a fact in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from agilml import events as e
from agilml.data.adding import make_manifest
from agilml.data.finding import blobs_of
from agilml.data.manifest import Kind
from agilml.data.names import check_name
from agilml.data.pins import Pin, pin_of, read_pins, write_pin
from agilml.data.progress import Progress
from agilml.data.sources import address_of, open_source
from agilml.data.storing import store_files
from agilml.ledger.ledger import Ledger
from agilml.ledger.queries_data import versions
from agilml.project import Project, user


@dataclass(frozen=True, slots=True)
class Added:
    """What ``agil data add`` did.

    Attributes:
        known: whether this very version had been added before.
        written: whether ``data.toml`` is another one now.
        hashed: how many files had to be read.
    """

    pin: Pin
    known: bool
    written: bool
    hashed: int
    notes: Sequence[str]


def add(
    project: Project,
    name: str,
    typed: str,
    *,
    shares: Mapping[str, str],
    kind: Kind | None = None,
    store: bool = False,
    progress: Progress | None = None,
) -> Added:
    """Record what a source holds now as the version of ``name`` that the project means.

    Shares, and what samples are made of, stay as they are pinned unless others are given, so that samples
    stay the same while a data set grows.

    Raises:
        UsageError: the name, the source or the levels make no sense.
        AgilError: the source cannot be read, or holds what no data set may hold.
    """
    progress = progress or Progress()
    before = read_pins(project.root).get(check_name(name))
    address = address_of(project, typed)
    if before is not None and kind in (None, before.kind):
        shares = {**before.shares, **shares}
        kind = before.kind
    with closing(open_source(project, address)) as source:
        made = make_manifest(project, source, shares=shares, kind=kind, progress=progress)
        manifest = made.manifest
        project.make_state()
        blobs_of(project).add(manifest.text())
        if store:
            store_files(project, source, manifest, progress)
    keep = store or (before is not None and before.stored and before.digest == manifest.digest)
    pin = pin_of(name, manifest, address, stored=keep)
    known = _record(project, pin, again=store and not (before is not None and before.stored))
    if pin != before:
        write_pin(project.root, pin)
    return Added(pin, known, pin != before, made.hashed, made.notes)


def _record(project: Project, pin: Pin, *, again: bool) -> bool:
    """Record the version in the ledger; return whether it was there.

    Of blobs, a sync sends those that new facts name: so it is recorded ``again`` when its files became blobs.
    """
    by = user()
    with Ledger.open(project.ledger) as ledger:
        known = pin.digest in versions(ledger.db, pin.name, pin.digest)
        if known and not again:
            return True
        ledger.record(
            *(
                e.DatasetAdded(
                    pin.name, level.name, pin.digest, level.files, level.size, pin.source, by
                )
                for level in pin.levels.values()
            )
        )
    return known
