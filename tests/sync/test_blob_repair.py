"""Blobs that were lost or damaged in the remote, put back by whoever holds them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agilml.events import ArtifactStored, DatasetAdded
from agilml.ledger.ledger import Ledger
from agilml.store.blobs import Blobs, blob_key
from agilml.store.digests import sha256_of
from agilml.store.errors import DamagedObject
from agilml.sync import syncing
from agilml.sync.repair import Repaired
from tests.sync.clones import Clone
from tests.sync.conftest import Make


def stored(clone: Clone) -> tuple[str, str, str]:
    """Let the clone hold an artifact and a manifest that names a file; send them; return their digests."""
    blobs = Blobs(clone.project.state / "blobs")
    artifact, item = blobs.add(b"a bundle of code"), blobs.add(b"a row of data")
    manifest = blobs.add(json.dumps({"items": [item]}).encode())
    with Ledger.open(clone.ledger) as ledger:
        ledger.record(
            ArtifactStored("s-1", "code", "code", artifact, 16),
            DatasetAdded("pets", "prod", manifest, 1, 13, "pets", "ada"),
        )
    clone.sync()
    return artifact, manifest, item


def lying(clone: Clone, sha256: str) -> Path:
    return Path(clone.address.removeprefix("file://")) / blob_key(sha256)


def repaired(clone: Clone) -> Repaired:
    with clone.place() as here:
        return syncing.repair(here, tell=clone.said.append)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("harm", ["lost", "damaged"])
def test_a_blob_is_put_back_by_who_holds_it(clone: Make, which: int, harm: str) -> None:
    mine = clone("mine")
    sha256 = stored(mine)[which]
    path = lying(mine, sha256)
    path.chmod(0o600)
    path.unlink() if harm == "lost" else path.write_bytes(b"something else")
    found = repaired(mine)
    assert [blob_key(sha256)] == found.put_back
    assert not found.problems
    with mine.remote() as remote:
        assert sha256 == sha256_of(remote.get(blob_key(sha256)))
    assert [] == repaired(mine).put_back


def test_a_blob_that_nobody_holds_any_more_is_named(clone: Make) -> None:
    mine = clone("mine")
    artifact, *_ = stored(mine)
    lying(mine, artifact).unlink()
    theirs = clone("theirs")
    theirs.sync()
    (problem,) = repaired(theirs).problems
    assert (blob_key(artifact), mine.origin()) == (problem.key, problem.origin)
    assert "missing" in problem.what
    assert "not here either" in problem.what


def test_a_damaged_copy_here_is_never_sent(clone: Make) -> None:
    mine = clone("mine")
    artifact, *_ = stored(mine)
    here = Blobs(mine.project.state / "blobs")
    here.path(artifact).chmod(0o600)
    here.path(artifact).write_bytes(b"damaged here too")
    lying(mine, artifact).unlink()
    found = repaired(mine)
    assert not found.put_back
    assert artifact in found.problems[0].key
    with pytest.raises(DamagedObject):
        here.verify(artifact)
