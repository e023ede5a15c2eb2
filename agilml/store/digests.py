"""sha256 of bytes and files, in bounded memory."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

CHUNK = 1 << 20
_HEX = re.compile(r"[0-9a-f]{64}")


def sha256_of(body: bytes | Path) -> str:
    """Return the sha256 of bytes, or of a file's content, in lower-case hexadecimal."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    with body.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_sha256(text: str) -> bool:
    """Return whether ``text`` is written as :func:`sha256_of` writes."""
    return _HEX.fullmatch(text) is not None
