"""Blobs that name other blobs: checkpoints, data sets, folders of event files."""

from __future__ import annotations

import re

from agilml.store.blobs import Blobs

MANIFEST_ROLES = ("checkpoint", "manifest", "tensorboard")
"""Roles of artifacts whose blob may be a manifest."""

DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

_FIRST_BYTES = (b"{", b"[")


def digests_in(blobs: Blobs, manifest: str) -> list[str]:
    """Return the digests that a blob in the local store names, if it is JSON; else none.

    Raises:
        OSError: it is not here.
    """
    with blobs.path(manifest).open("rb") as file:
        if file.read(1) not in _FIRST_BYTES:
            return []
        text = file.read().decode("utf-8", "replace")
    return sorted(set(DIGEST.findall(text)) - {manifest})
