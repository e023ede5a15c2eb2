"""What is installed, by content: a digest per distribution, and where it was installed from.

A wheel's RECORD holds the digest of each of its files. One digest over those lines says whether two
environments hold the same bytes, without reading the files. Lines that tell of the place rather than of the
content are left out: scripts (they name the interpreter), byte code, and the metadata folder itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from agilml.model import JSON
from agilml.provenance.packages import listed
from agilml.provenance.secrets import scrub

CACHE = "distributions.json"
"""File below the folder of caches: digests by path, valid as long as the RECORD is the same file."""

_HEX = 32


def distributions(
    path: Iterable[str] | None = None, caches: Path | None = None
) -> dict[str, dict[str, JSON]]:
    """Return what is known of every distribution on ``path`` (by default ``sys.path``), sorted by name.

    The keys are ``content`` (32 hex digits of the sha256 over the digests of its files; missing for what
    was not installed from a wheel), and for what did not come from a package index ``url``, ``commit``,
    ``archive`` (the archive's own hash) and ``editable``. Of two distributions of one name the first on
    the path counts.

    Args:
        path: folders to look into.
        caches: folder in which digests are kept from one call to the next; made if its parent is there.
    """
    known = _Digests(caches / CACHE if caches else None)
    found: dict[str, dict[str, JSON]] = {}
    for folder in sys.path if path is None else path:
        for name, _, metadata in sorted(listed(folder or ".")):
            if name not in found:
                found[name] = _described(os.path.join(folder or ".", metadata), known)
    known.keep()
    return dict(sorted(found.items()))


def digest_of_record(record: bytes) -> str:
    """Return the digest over the lines of a RECORD that tell of the distribution's own files."""
    lines = [line for line in record.splitlines() if _is_content(line)]
    return hashlib.sha256(b"\n".join(sorted(lines))).hexdigest()[:_HEX]


def _is_content(line: bytes) -> bool:
    # `path,sha256=…,size`; a path begins with dots where the file lies outside of the packages' folder.
    return b",sha256=" in line and line[:3] != b"../" and b".dist-info/" not in line


def _described(metadata: str, known: _Digests) -> dict[str, JSON]:
    described: dict[str, JSON] = {}
    content = known.of(os.path.join(metadata, "RECORD"))
    if content is not None:
        described["content"] = content
    try:
        with open(os.path.join(metadata, "direct_url.json"), "rb") as file:
            described |= _source(json.load(file))
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        # Nearly always: it came from a package index, and there is no such file.
        pass
    return described


def _source(told: Mapping[str, Any]) -> dict[str, JSON]:
    """Return where a distribution was installed from (PEP 610), without a password."""
    source: dict[str, JSON] = {"url": scrub(str(told["url"]))}
    if "vcs_info" in told:
        source["commit"] = str(told["vcs_info"]["commit_id"])
    hashes = told.get("archive_info", {}).get("hashes", {})
    if hashes:
        source["archive"] = ",".join(f"{name}:{hashes[name]}" for name in sorted(hashes))
    if told.get("dir_info", {}).get("editable"):
        source["editable"] = True
    return source


class _Digests:
    """Digests of RECORD files, with those of earlier calls."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._before: dict[str, Any] = {}
        self._now: dict[str, list[Any]] = {}
        if path is not None:
            with contextlib.suppress(OSError, ValueError):
                before = json.loads(path.read_bytes())
                self._before = before if isinstance(before, dict) else {}

    def of(self, record: str) -> str | None:
        """Return the digest of the file, or None where there is none."""
        try:
            status = os.stat(record)
            mark = [status.st_mtime_ns, status.st_size, status.st_ino]
            before = self._before.get(record)
            if isinstance(before, list) and before[1:] == mark and isinstance(before[0], str):
                digest = before[0]
            else:
                with open(record, "rb") as file:
                    digest = digest_of_record(file.read())
        except (OSError, ValueError):
            return None
        self._now[record] = [digest, *mark]
        return digest

    def keep(self) -> None:
        """Write the digests down for the next call; one that cannot be written is taken again."""
        if self._path is None or self._now == self._before:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(exist_ok=True, mode=0o700)
            fd, part = tempfile.mkstemp(dir=self._path.parent)
            with open(fd, "w") as file:
                json.dump(self._now, file)
            os.replace(part, self._path)
