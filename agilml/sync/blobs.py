"""Blobs that new facts name, sent before the facts, and kept from a collector that runs meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from agilml.crashpoints import crash_point
from agilml.events import ArtifactStored, DatasetAdded
from agilml.ledger.exchange import FactRow
from agilml.store.base import Remote
from agilml.store.blobs import Blobs, blob_key
from agilml.store.errors import DamagedObject
from agilml.sync.errors import Problem
from agilml.sync.manifests import DIGEST, MANIFEST_ROLES, digests_in
from agilml.sync.marks import marked_blobs
from agilml.sync.seen import Seen

OLD_SECONDS = 5 * 86_400.0
"""Age of a fact, in seconds, below which no collector can have deleted what it names."""

_KINDS = (ArtifactStored.kind, DatasetAdded.kind)


class BlobSender:
    """Sends the blobs of one push.

    A blob that is in the remote already may be about to be deleted as garbage. One that is marked is
    written again, which makes it younger than its mark; those sent while marks exist are looked at once
    more in the next sync, when the collector has either seen the facts or deleted the blob.

    Attributes:
        sent: number of blobs that the remote did not have.
        bytes: their size.
        problems: blobs that facts name and that are neither here nor there any more.
    """

    def __init__(self, remote: Remote, blobs: Blobs, seen: Seen) -> None:
        self._remote = remote
        self._blobs = blobs
        self._seen = seen
        self._done: set[str] = set()
        self._marked: set[str] | None = None
        self.sent = 0
        self.bytes = 0
        self.problems: list[Problem] = []

    def send_again(self) -> None:
        """Look at the blobs of the last push once more, if blobs were being deleted at that time."""
        for sha256 in list(self._seen.blobs):
            if self._blobs.has(sha256):
                self._send(sha256)
        self._seen.blobs = []

    def send(self, facts: Sequence[FactRow]) -> None:
        """Send the blobs that ``facts`` name, as far as they are here and not there."""
        for fact in facts:
            if fact.kind in _KINDS and not fact.purged:
                for sha256 in self._named_by(fact):
                    self._send(sha256)
                    self._check_kept(fact, sha256)

    def end(self) -> None:
        """Remember what to look at again; called when the facts are in the remote."""
        if self._done and self._marks():
            self._seen.blobs = sorted({*self._seen.blobs, *self._done})

    def _named_by(self, fact: FactRow) -> Iterator[str]:
        """Yield the blob of a fact, and the blobs that its manifest names."""
        body = json.loads(fact.body)
        sha256 = str(body.get("sha256") or body.get("digest") or "")
        if not DIGEST.fullmatch(sha256):
            return
        yield sha256
        names_others = fact.kind == DatasetAdded.kind or body.get("role") in MANIFEST_ROLES
        if names_others and self._blobs.has(sha256):
            yield from (
                other for other in digests_in(self._blobs, sha256) if self._blobs.has(other)
            )

    def _send(self, sha256: str) -> None:
        if sha256 in self._done:
            return
        if not self._blobs.has(sha256):
            return
        path, key = self._blobs.path(sha256), blob_key(sha256)
        try:
            if self._blobs.push(self._remote, sha256):
                self.sent += 1
                self.bytes += path.stat().st_size
            elif sha256 in self._marks():
                self._remote.put(key, path, sha256)
        except DamagedObject as error:
            # The facts go all the same; only they tell others that there is something to ask for.
            self.problems.append(Problem(key, "", f"the copy here is damaged: {error.cause}"))
        crash_point("push.blob")
        self._done.add(sha256)

    def _check_kept(self, fact: FactRow, sha256: str) -> None:
        """Name a blob that was sent long before its fact, without a copy here, and deleted since."""
        if fact.time > time.time() - OLD_SECONDS or self._blobs.has(sha256):
            return
        key = blob_key(sha256)
        if fact.kind == ArtifactStored.kind and self._remote.stat(key) is None:
            what = f"{fact.subject} names it, and it is neither here nor in the remote any more"
            self.problems.append(Problem(key, fact.origin, what))

    def _marks(self) -> set[str]:
        if self._marked is None:
            self._marked = marked_blobs(self._remote)
        return self._marked
