"""Taking it away: files and blobs while facts still name them, then the facts, then the remote's copies.

Each step can be repeated, and a purge that was interrupted is finished by the same command.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agilml.crashpoints import crash_point
from agilml.ledger.erasing import erase_free_pages, overwriting
from agilml.ledger.exchange import Exchange
from agilml.ledger.facts import purges
from agilml.ledger.ledger import Ledger
from agilml.project import Project
from agilml.provenance.secrets_kept import forget
from agilml.purge.finding import Found, holds
from agilml.purge.needle import Needle
from agilml.store.base import Entry, Remote
from agilml.store.blobs import Blobs, blob_key
from agilml.store.errors import Missing
from agilml.sync.rewriting import rewrite_segments

LARGEST = 1 << 30
"""Objects of the remote above this size are not searched for a text, but named."""

Tell = Callable[[str], None]


@dataclass(slots=True)
class Taken:
    """What a purge did.

    Attributes:
        facts: facts that say nothing any more.
        files: files and folders deleted, and files with stars over the text.
        blobs: blobs deleted on this machine.
        objects: keys of objects deleted from the remote.
        segments: keys of segments in the remote that were written again.
        unread: keys of objects in the remote too large to be searched.
    """

    facts: int = 0
    files: int = 0
    blobs: int = 0
    objects: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def take_here(
    project: Project,
    ledger: Ledger,
    found: Found,
    taken: Taken,
    *,
    reason: str,
    by: str,
    needle: Needle | None = None,
) -> None:
    """Take away from this machine what was found; nothing of it is left in any file of the ledger.

    Raises:
        LedgerLocked: another process held the ledger; the command can be repeated.
        OSError: a file cannot be deleted; the command can be repeated.
    """
    blobs = Blobs(project.state / "blobs")
    for path in found.files:
        _delete(path)
    for path in found.blotted:
        _blot(path, needle)
    if needle is not None:
        forget(project.state, needle.text)
    here = [sha256 for sha256 in sorted(found.blobs) if blobs.has(sha256)]
    for sha256 in here:
        _delete(blobs.path(sha256))
    crash_point("purge.files")
    if found.purges:
        with overwriting(ledger):
            ledger.purge(found.purges, reason=reason, by=by)
    crash_point("purge.told")
    erase_free_pages(ledger)
    crash_point("purge.erased")
    taken.facts, taken.blobs = len(found.purges), len(here)
    taken.files = len(found.files) + len(found.blotted)


def take_objects(
    ledger: Ledger, remote: Remote, found: Found, taken: Taken, needle: Needle | None, tell: Tell
) -> None:
    """Delete from the remote what was found, and for a text every object that holds it.

    Raises:
        RemoteUnavailable, RemoteRefused: the command can be repeated.
    """
    for sha256 in sorted(found.blobs):
        _remove(remote, blob_key(sha256), taken)
    for prefix in _live(ledger, found):
        for entry in list(remote.list(prefix)):
            _remove(remote, entry.key, taken)
    if needle is not None:
        for entry in _objects_with(remote, needle, taken, tell):
            _remove(remote, entry.key, taken)


def rewrite(ledger: Ledger, remote: Remote, taken: Taken) -> None:
    """Write the remote's segments again that hold a fact that was ever purged.

    The tombstones have to be in the remote first: without them a clone does not know why a fact changed.

    Raises:
        AgilError: a segment is damaged; the others were written again.
        RemoteUnavailable, RemoteRefused: the command can be repeated.
    """
    exchange = Exchange(ledger)
    taken.segments = rewrite_segments(exchange, remote, _ever_purged(exchange, ledger))
    crash_point("purge.rewritten")


def _ever_purged(exchange: Exchange, ledger: Ledger) -> list[tuple[str, int]]:
    return [
        (origin.id, seq) for origin in exchange.origins() for seq in purges(ledger.db, origin.id)
    ]


def _live(ledger: Ledger, found: Found) -> Iterator[str]:
    """Yield the prefixes of live copies that attempts of the purged runs may have left."""
    for run in found.runs:
        rows = ledger.db.execute(
            "SELECT origin, id FROM attempt WHERE trial = ?", (run,)
        ).fetchall()
        for origin, attempt in rows:
            yield f"live/{origin}/{attempt}/"


def _objects_with(remote: Remote, needle: Needle, taken: Taken, tell: Tell) -> Iterator[Entry]:
    entries = [*remote.list("blobs/"), *remote.list("live/")]
    with tempfile.TemporaryDirectory(prefix="agil-purge-") as folder:
        for n, entry in enumerate(entries):
            if n % 100 == 99:
                tell(f"searched {n + 1:,} of {len(entries):,} objects in the remote")
            if entry.size > LARGEST:
                taken.unread.append(entry.key)
                continue
            path = Path(folder, "object")
            try:
                remote.get_file(entry.key, path, None)
            except Missing:
                continue
            if holds(needle, path):
                yield entry
            path.unlink()


def _remove(remote: Remote, key: str, taken: Taken) -> None:
    if remote.stat(key) is not None:
        remote.delete(key)
        taken.objects.append(key)


def _blot(path: Path, needle: Needle | None) -> None:
    """Write stars over the text where it stands: the same blocks of the disk, the same offsets."""
    assert needle is not None
    with path.open("r+b") as file:
        raw = file.read()
        file.seek(0)
        file.write(needle.blotted(raw))
        file.flush()
        os.fsync(file.fileno())


def _delete(path: Path) -> None:
    """Remove a file or a folder; what was in a file is overwritten first, as far as a disk obeys."""
    if path.is_dir() and not path.is_symlink():
        for where, _, names in os.walk(path):
            for name in names:
                _overwrite(Path(where, name))
        shutil.rmtree(path)
    elif path.is_symlink() or path.exists():
        _overwrite(path)
        path.unlink(missing_ok=True)


def _overwrite(path: Path) -> None:
    status = path.lstat()
    # A second name of the same file, such as a data set's, keeps its bytes.
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        return
    with contextlib.suppress(OSError):
        path.chmod(0o600)
        with path.open("r+b") as file:
            for _ in range(0, status.st_size, 1 << 20):
                file.write(b"\0" * min(1 << 20, status.st_size - file.tell()))
            file.flush()
            os.fsync(file.fileno())
