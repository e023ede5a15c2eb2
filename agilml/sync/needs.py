"""Which blobs any ledger may need: whatever looks like a digest in a fact, or in a manifest of one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from agilml.errors import AgilError
from agilml.events import ArtifactStored, DatasetAdded, HardwareSampled, MetricsLogged
from agilml.ledger.exchange import Exchange, FactRow
from agilml.store.base import Entry, Remote
from agilml.store.blobs import Blobs
from agilml.sync.manifests import DIGEST, MANIFEST_ROLES, digests_in

_NUMBERS = (MetricsLogged.kind, HardwareSampled.kind)


def needed_blobs(
    exchange: Exchange, remote: Remote, blobs: Blobs, present: dict[str, Entry]
) -> set[str]:
    """Return every digest that a fact of any origin mentions, and those in the manifests among them.

    More than is needed rather than less: a digest in any field of any kind of fact counts.

    Raises:
        AgilError: a manifest that lies in the remote cannot be read, so that nobody knows what it names.
    """
    found: set[str] = set()
    for fact in _facts(exchange):
        found.update(DIGEST.findall(fact.body))
    for manifest, vital in _manifests(exchange).items():
        if manifest in present or blobs.has(manifest):
            found |= _named_in(remote, blobs, manifest)
        elif vital:
            raise _unreadable(manifest, "it is neither here nor in the remote")
    return found


def _facts(exchange: Exchange) -> Iterator[FactRow]:
    for origin in exchange.origins():
        for fact in exchange.facts(origin.id):
            if fact.kind not in _NUMBERS:
                yield fact


def _manifests(exchange: Exchange) -> dict[str, bool]:
    """Return the blobs that may name others, and whether only they do."""
    found: dict[str, bool] = {}
    for fact in _facts(exchange):
        if fact.kind == DatasetAdded.kind:
            found[str(json.loads(fact.body).get("digest"))] = True
        elif fact.kind == ArtifactStored.kind:
            body = json.loads(fact.body)
            if body.get("role") in MANIFEST_ROLES:
                # The files of checkpoints and event files are artifacts of their own as well.
                found.setdefault(str(body.get("sha256")), body.get("role") == "manifest")
    return {digest: vital for digest, vital in found.items() if DIGEST.fullmatch(digest)}


def _named_in(remote: Remote, blobs: Blobs, manifest: str) -> set[str]:
    try:
        blobs.fetch(remote, manifest)
        return set(digests_in(blobs, manifest))
    except AgilError as error:
        raise _unreadable(manifest, error.cause) from error


def _unreadable(manifest: str, why: str) -> AgilError:
    return AgilError(
        f"the manifest {manifest[:12]} cannot be read, and nobody else knows what it names: {why}",
        kept="every blob",
        next="agil sync on a machine that holds it, then agil sync gc",
    )
