"""Names that people give, and paths that come from a listing: refused where they are odd, never mended."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from agilml.errors import AgilError, UsageError
from agilml.text import safe_text

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{6,64}")
_LONGEST_PATH = 1024
_LONGEST_PART = 255


class Reference(NamedTuple):
    """A data set, and the beginning of a manifest's digest where one version of it is meant."""

    name: str
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}" if self.digest else self.name


def check_name(name: str) -> str:
    """Return ``name`` if it can name a data set.

    Raises:
        UsageError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{safe_text(name, 80)}` is no name of a data set",
            next="letters, digits, - and _, at most 64: agil data add my-images FOLDER",
        )
    return name


def reference(text: str) -> Reference:
    """Return what ``NAME`` or ``NAME@DIGEST`` names.

    Raises:
        UsageError: it is neither.
    """
    name, at, start = text.partition("@")
    if at and not _DIGEST.fullmatch(start):
        raise UsageError(
            f"`{safe_text(text, 80)}`: behind the @ stands the digest of a version, six digits at least",
            next=f"agil data show {check_name(name)}",
        )
    return Reference(check_name(name), start)


def check_path(path: str) -> str:
    """Return ``path`` if it is a plain relative path that any file system can hold and any screen show.

    Raises:
        AgilError: it is absolute, leads upwards, or holds what no name of a file should hold.
    """
    why = _why_not(path)
    if why:
        raise AgilError(
            f"the file name `{safe_text(path, 120)}` {why}", next="rename the file, or leave it out"
        )
    return path


def _why_not(path: str) -> str | None:
    parts = path.split("/")
    if not path or len(path.encode("utf-8", "surrogatepass")) > _LONGEST_PATH:
        return "is empty or too long"
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        return "is no plain path inside the data set"
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in path):
        return "holds a control character or bytes that are not UTF-8"
    if any(len(part.encode()) > _LONGEST_PART for part in parts):
        return "has a part of more than 255 bytes"
    return None
