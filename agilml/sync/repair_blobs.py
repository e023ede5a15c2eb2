"""Blobs put back that are damaged or missing in the remote, by anybody who holds their bytes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from agilml.crashpoints import crash_point
from agilml.errors import AgilError
from agilml.events import ArtifactStored, DatasetAdded
from agilml.ledger.exchange import Exchange
from agilml.store.base import Remote
from agilml.store.blobs import Blobs, blob_key
from agilml.store.errors import DamagedObject, Missing
from agilml.sync.errors import Problem
from agilml.sync.manifests import DIGEST, digests_in
from agilml.sync.repair import Repaired

_KINDS = (ArtifactStored.kind, DatasetAdded.kind)


def repair_blobs(
    exchange: Exchange,
    remote: Remote,
    blobs: Blobs,
    repaired: Repaired,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> None:
    """Read every blob that a fact names; put back what is damaged or missing there and sound here.

    What a manifest names is put back where it is damaged; where it is missing, only if it is here: the
    files of a data set may never have been meant to leave the machine that has them.

    Raises:
        RemoteUnavailable, RemoteRefused: what was put back before stays so; the call can be repeated.
    """
    named = _named(exchange)
    work = _BlobRepair(remote, blobs, repaired, tell)
    for sha256, origin in named.items():
        work.repair(sha256, origin, wanted=True)
    for manifest in named:
        if blobs.has(manifest):
            for sha256 in digests_in(blobs, manifest):
                if sha256 not in named:
                    work.repair(sha256, named[manifest], wanted=False)


def _named(exchange: Exchange) -> dict[str, str]:
    """Return the origin that names each blob, by the blob's digest."""
    found: dict[str, str] = {}
    for origin in exchange.origins():
        for fact in exchange.facts(origin.id):
            if fact.kind in _KINDS and not fact.purged:
                body = json.loads(fact.body)
                sha256 = str(body.get("sha256") or body.get("digest") or "")
                if DIGEST.fullmatch(sha256):
                    found.setdefault(sha256, origin.id)
    return found


class _BlobRepair:
    def __init__(
        self, remote: Remote, blobs: Blobs, repaired: Repaired, tell: Callable[[str], None]
    ) -> None:
        self._remote = remote
        self._blobs = blobs
        self._repaired = repaired
        self._tell = tell
        self._there = {entry.key for entry in remote.list("blobs/")}
        self._done: set[str] = set()

    def repair(self, sha256: str, origin: str, *, wanted: bool) -> None:
        """Put the blob back if it is damaged or missing there; name what cannot be put back."""
        if sha256 in self._done:
            return
        self._done.add(sha256)
        key = blob_key(sha256)
        if key not in self._there and not wanted and not self._blobs.has(sha256):
            return
        self._repaired.blobs += 1
        what = self._wrong(key, sha256)
        if not what:
            return
        try:
            self._blobs.verify(sha256)
        except AgilError as error:
            here = "it is not here either" if isinstance(error, Missing) else error.cause
            self._repaired.problems.append(Problem(key, origin, f"{what}, and {here}"))
            return
        self._remote.put(key, self._blobs.path(sha256), sha256)
        crash_point("repair.put")
        self._repaired.put_back.append(key)
        self._tell(f"put back {key}: {what}")

    def _wrong(self, key: str, sha256: str) -> str:
        """Return what is wrong with the blob in the remote, read as a whole; nothing if it is sound."""
        if key not in self._there:
            return "it is missing"
        self._blobs.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self._blobs.root) as folder:
            try:
                self._remote.get_file(key, Path(folder) / sha256, sha256)
            except Missing:
                return "it is missing"
            except DamagedObject as error:
                return error.cause
        return ""
