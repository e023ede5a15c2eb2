"""Blobs that no ledger may need, deleted in two steps with a week between them.

First an unused blob is marked. A week later it is deleted, if it is still unused and nobody has written it
again: whoever sends a blob that is marked writes it again, and thereby makes it younger than its mark. All
moments are told by the remote's clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from agilml.crashpoints import crash_point
from agilml.ledger.exchange import Exchange
from agilml.store.base import Entry, Remote
from agilml.store.blobs import Blobs, blob_key
from agilml.store.digests import is_sha256
from agilml.sync.marks import Marks, read_marks, write_marks
from agilml.sync.needs import needed_blobs

GRACE_SECONDS = 7 * 86_400.0


@dataclass(slots=True)
class Collected:
    """What a collection found: blobs in all, needed ones, and those it marked and deleted."""

    blobs: int = 0
    needed: int = 0
    marked: list[str] = field(default_factory=list)
    waiting: int = 0
    deleted: list[str] = field(default_factory=list)
    bytes: int = 0


def collect(
    exchange: Exchange,
    remote: Remote,
    blobs: Blobs,
    *,
    dry_run: bool = False,
    grace: float = GRACE_SECONDS,
    tell: Callable[[str], None] = lambda _: None,
) -> Collected:
    """Mark the unused blobs of the remote, and delete those that were marked long enough ago.

    The ledger must hold every fact of every origin in the remote; :func:`agilml.sync.syncing.collect` sees
    to that, and refuses where it does not.

    Raises:
        AgilError: a manifest or a record cannot be read; nothing was deleted.
    """
    present = dict(_listed(remote))
    needed = needed_blobs(exchange, remote, blobs, present)
    unused = {sha256: entry for sha256, entry in present.items() if sha256 not in needed}
    earlier = read_marks(remote)
    marked = {sha256 for sha256, entry in unused.items() if _marked_at(sha256, entry, earlier)}
    fresh = set(unused) - marked
    collected = Collected(len(present), len(present) - len(unused), sorted(fresh))
    now = time.time()
    if unused and not dry_run:
        now = write_marks(remote, exchange.own.id, fresh).at
        crash_point("garbage.marked")
    due = [
        sha256
        for sha256 in sorted(marked)
        if _marked_at(sha256, unused[sha256], earlier) <= now - grace
    ]
    collected.waiting = len(marked) - len(due)
    for sha256 in due:
        if dry_run or _delete(remote, unused[sha256]):
            tell(f"{'would delete' if dry_run else 'deleted'} blob {sha256[:12]}")
            collected.deleted.append(sha256)
            collected.bytes += unused[sha256].size
    if not dry_run:
        _drop_records(remote, earlier, unused, set(collected.deleted))
    return collected


def _listed(remote: Remote) -> list[tuple[str, Entry]]:
    """Return the blobs; objects below ``blobs/`` with other names are nobody's and are left alone."""
    named = ((entry.key.rpartition("/")[2], entry) for entry in remote.list("blobs/"))
    return [
        (name, entry) for name, entry in named if is_sha256(name) and entry.key == blob_key(name)
    ]


def _marked_at(sha256: str, entry: Entry, records: list[Marks]) -> float:
    """Return when the blob was first marked as it lies there now; 0 if it was not."""
    times = [
        record.at for record in records if sha256 in record.blobs and entry.modified < record.at
    ]
    return min(times, default=0.0)


def _delete(remote: Remote, entry: Entry) -> bool:
    """Delete a blob unless somebody has written it again since it was listed."""
    now = remote.stat(entry.key)
    if now is None or now.modified != entry.modified:
        return False
    remote.delete(entry.key)
    crash_point("garbage.deleted")
    return True


def _drop_records(
    remote: Remote, records: list[Marks], unused: dict[str, Entry], deleted: set[str]
) -> None:
    """Delete the records that nothing waits for any more."""
    for record in records:
        waits = any(
            sha256 in unused and sha256 not in deleted and unused[sha256].modified < record.at
            for sha256 in record.blobs
        )
        if not waits:
            remote.delete(record.key)
