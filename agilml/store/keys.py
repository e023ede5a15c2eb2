"""Which names may be keys of a remote: one rule for every backend."""

from __future__ import annotations

import unicodedata

from agilml.store.errors import UnsafeKey
from agilml.text import safe_text

KEY_BYTES = 1024
"""S3's limit, which includes the prefix of the remote's address."""

PART_BYTES = 255
"""The limit of a file name on the file systems in use."""

OWN = ".agil"
"""First part of the paths that a remote made of files keeps for itself."""

_REFUSED = {"Cc", "Cs", "Zl", "Zp"}


def check_key(key: str) -> str:
    """Return ``key`` unchanged if it is safe as a relative POSIX path and as an S3 key.

    A safe key has no empty, ``.`` or ``..`` part, no backslash, no control character or lone
    surrogate, at most 1,024 bytes of UTF-8 with at most 255 in a part, and does not begin with
    ``.agil``. Spaces, quotes, ``$`` and every script are allowed: keys never meet a shell.

    Raises:
        UnsafeKey: it is not; the message says why.
    """
    why = _fault(key)
    if why is not None:
        raise UnsafeKey(
            f"`{safe_text(key)}` cannot be the name of an object: {why}", next="choose another name"
        )
    return key


def check_prefix(prefix: str) -> str:
    """Return ``prefix`` unchanged if it is empty, a safe key, or a safe key with a slash behind.

    Raises:
        UnsafeKey: it is none of these.
    """
    if prefix:
        check_key(prefix.removesuffix("/"))
    return prefix


def is_key(key: str) -> bool:
    """Return whether :func:`check_key` accepts it."""
    return _fault(key) is None


def _fault(key: str) -> str | None:
    if any(unicodedata.category(char) in _REFUSED for char in key):
        return "it has a control character in it"
    if "\\" in key:
        return "it has a backslash in it"
    if len(key.encode()) > KEY_BYTES:
        return f"it is longer than {KEY_BYTES} bytes"
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "its parts must be names, and not `.`, `..` or nothing"
    if any(len(part.encode()) > PART_BYTES for part in parts):
        return f"one of its parts is longer than {PART_BYTES} bytes"
    if parts[0].casefold() == OWN:
        return f"`{OWN}` is kept for the remote itself"
    return None
