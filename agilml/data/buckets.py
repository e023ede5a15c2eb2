"""Data sets below a prefix of a bucket, or in a folder that ssh leads to."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from agilml.data.hashing import digest_of_file
from agilml.data.manifest import Item
from agilml.data.names import check_path
from agilml.data.sources import Advance, Changed, Found
from agilml.errors import AgilError
from agilml.project import Project
from agilml.store.base import Entry, Remote
from agilml.store.errors import DamagedObject, Missing, RemoteRefused
from agilml.store.opening import open_remote
from agilml.store.settings import SSH_CONFIG
from agilml.text import safe_text

_ASK_FIRST = 1 << 20
"""From this size on it is cheaper to ask S3 for the digest that it keeps than to read the object."""


class BucketSource:
    """The objects below an address, or the one object at it."""

    def __init__(self, project: Project, address: str) -> None:
        self.address = address
        self._settings = remote_settings(project, address)
        self._remote = open_remote(address, self._settings)
        self._entries: dict[str, Entry] = {}

    def listing(self) -> list[Found]:
        """Return every object; see :class:`~agilml.data.sources.Source`."""
        entries = _entries(self._remote)
        if self._remote.skipped:
            check_path(self._remote.skipped[0])
            raise AgilError(
                f"the object {safe_text(self._remote.skipped[0])} has a name that no file should have",
                next="rename it, or leave it out",
            )
        if not entries:
            entries = self._single()
        self._entries = {entry.key: entry for entry in entries}
        return [
            Found(
                entry.key,
                entry.size,
                (entry.size, entry.tag, entry.version or "", int(entry.modified)),
                version=entry.version,
            )
            for entry in sorted(entries, key=lambda entry: entry.key)
        ]

    def digest(self, found: Found, advance: Advance) -> str:
        """Return the sha256 of an object: the one that S3 checked when it was written, or by reading it."""
        from agilml.store.s3 import S3Remote
        from agilml.store.versions import checked_sha256, chunks

        entry = self._entries[found.path]
        if not isinstance(self._remote, S3Remote):
            with tempfile.TemporaryDirectory(prefix="agil-data-") as folder:
                to = Path(folder, "object")
                self._remote.get_file(entry.key, to)
                return digest_of_file(to, advance)
        if entry.size >= _ASK_FIRST:
            known = checked_sha256(self._remote, entry.key, entry.version)
            if known is not None:
                return known
        whole = hashlib.sha256()
        for chunk in chunks(self._remote, entry):
            whole.update(chunk)
            advance(len(chunk))
        return whole.hexdigest()

    def read(self, found: Found) -> bytes:
        """Return the content of a small object."""
        from agilml.store.s3 import S3Remote
        from agilml.store.versions import chunks

        if isinstance(self._remote, S3Remote):
            return b"".join(chunks(self._remote, self._entries[found.path]))
        return self._remote.get(found.path)

    def copy(self, item: Item, to: Path, advance: Advance) -> None:
        """Write an object, in the version that was added, to ``to``."""
        try:
            try:
                self._get(item, to, advance)
            except Missing:
                # Without a listing, an address may turn out to be that of one object.
                if self._entries or not self._single():
                    raise
                to.unlink(missing_ok=True)
                self._get(item, to, advance)
        except (Missing, DamagedObject) as error:
            raise Changed(item.path, f"in {safe_text(self.address)} is gone, or another") from error
        if digest_of_file(to) != item.sha256:
            raise Changed(item.path, f"in {safe_text(self.address)} is not what was added")

    def close(self) -> None:
        """Let go of connections."""
        self._remote.close()

    def local(self, path: str) -> Path | None:
        """Return None: nothing of it lies on this machine."""
        del path
        return None

    def _get(self, item: Item, to: Path, advance: Advance) -> None:
        from agilml.store.s3 import S3Remote
        from agilml.store.versions import fetch

        if isinstance(self._remote, S3Remote):
            entry = Entry(item.path, item.size, 0.0, version=item.version)
            fetch(self._remote, entry, to, advance)
        else:
            self._remote.get_file(item.path, to, item.sha256)
            advance(item.size)

    def _single(self) -> list[Entry]:
        """Look at the address as that of one object, and go on there if it is."""
        above, _, name = self.address.rstrip("/").rpartition("/")
        if above.endswith(":/") or not name:
            return []
        remote = open_remote(above, self._settings)
        entry = remote.stat(name)
        if entry is None:
            remote.close()
            return []
        self._remote.close()
        self._remote = remote
        return [entry]


def remote_settings(project: Project, address: str) -> dict[str, Any]:
    """Return how to talk to the place at ``address``: as to the project's remote.

    The expected owner is only said where it is the same bucket.
    """
    table = project.settings.get("remote")
    table = table if isinstance(table, dict) else {}
    names = ["endpoint", "region", "profile"]
    if _bucket(str(table.get("url", ""))) == _bucket(address):
        names.append("owner")
    found = {name: table[name] for name in names if isinstance(table.get(name), str)}
    if path := os.environ.get(SSH_CONFIG):
        found["ssh_config"] = path
    return found


def _bucket(address: str) -> str:
    return address.removeprefix("s3://").partition("/")[0]


def _entries(remote: Remote) -> list[Entry]:
    from agilml.store.s3 import S3Remote
    from agilml.store.versions import current

    if isinstance(remote, S3Remote):
        try:
            return list(current(remote))
        except RemoteRefused:
            # Who may list a bucket may not always list its versions.
            remote.skipped.clear()
    return list(remote.list(""))
