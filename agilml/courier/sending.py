"""Blobs and live copies on their way to the remote: one upload at a time, paced and counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from agilml.courier.pace import Pace
from agilml.courier.status import StatusFile
from agilml.provenance.secrets import environment_secrets, scrub
from agilml.provenance.secrets_kept import kept_values
from agilml.store.base import Remote
from agilml.store.blobs import blob_key
from agilml.store.digests import sha256_of
from agilml.store.errors import Exists
from agilml.sync.marks import marked_blobs

_ASK_FIRST_BYTES = 1 << 16
"""From this size on it is cheaper to ask whether a remote has a blob than to send it in vain."""


class Sender:
    """Sends for one courier; used by one thread."""

    def __init__(self, remote: Remote, pace: Pace, status: StatusFile) -> None:
        self._remote = remote
        self._pace = pace
        self._status = status

    def blob(self, body: bytes | Path, sha256: str, size: int, what: str) -> None:
        """Return when the remote has the blob.

        Raises:
            FileNotFoundError: the file has gone: something newer took its place.
            DamagedObject: the file is not, or no longer, the one with this digest.
            RemoteUnavailable, RemoteRefused: the remote does not take it.
        """
        key = blob_key(sha256)
        if size >= _ASK_FIRST_BYTES and self._remote.stat(key) is not None:
            self._keep(key, body, sha256)
            return
        try:
            self._timed(size, what, lambda: self._remote.put_new(key, body, sha256))
        except Exists:
            self._keep(key, body, sha256)

    def live(self, key: str, body: bytes, what: str) -> None:
        """Let ``key`` be the newest copy of a file that still grows."""
        self._timed(len(body), what, lambda: self._remote.put(key, body, sha256_of(body)))

    def forget_live(self, prefix: str) -> None:
        """Remove the live copies below ``prefix``; what they held lies in blobs by now."""
        for entry in list(self._remote.list(prefix)):
            self._remote.delete(entry.key)

    def _keep(self, key: str, body: bytes | Path, sha256: str) -> None:
        """Make a blob that is there younger than the note of a collector that found it unused."""
        if sha256 in marked_blobs(self._remote):
            self._remote.put(key, body, sha256)

    def _timed(self, size: int, what: str, send: Callable[[], None]) -> None:
        began = time.monotonic()
        self._status.set(shipping=what)
        try:
            send()
        finally:
            self._status.set(shipping="")
        self._status.add(size)
        self._pace.sent(size, time.monotonic() - began)


def scrubbed(path: Path, state: Path) -> bytes:
    """Return a log without what looks like a secret, and without this project's own secrets.

    Bytes that are no UTF-8 stay as they are.
    """
    values = {*environment_secrets(), *kept_values(state)}
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    return scrub(text, values).encode("utf-8", "surrogateescape")
