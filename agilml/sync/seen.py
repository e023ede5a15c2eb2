"""What this folder saw in a remote the last time: it saves requests and decides nothing.

Kept in ``.agil/sync.json``; without the file, or with a damaged one, everything is looked at again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Seen:
    """Change marks of heads, by origin, and what this folder last wrote, for one remote.

    Attributes:
        heads: ``[change mark, last fact]`` of each head, once everything it names is in the ledger.
        own: ``[origin, last fact]`` of the head that this folder wrote last.
        blobs: digests of blobs to look at once more, because blobs were being deleted meanwhile.
    """

    def __init__(self, path: Path, address: str) -> None:
        self._path = path
        self._address = address
        found = self._read().get(address)
        found = found if isinstance(found, dict) else {}
        heads = found.get("heads")
        self.heads: dict[str, list[Any]] = heads if isinstance(heads, dict) else {}
        own = found.get("own")
        self.own: list[Any] = own if isinstance(own, list) else []
        blobs = found.get("blobs")
        self.blobs: list[str] = blobs if isinstance(blobs, list) else []
        self._saved = self._now()

    def unchanged(self, origin: str, mark: str) -> bool:
        """Whether the origin's head is the one that was seen, and nothing of it was left to do."""
        return bool(mark) and self.heads.get(origin, [None])[:1] == [mark]

    def last_of(self, origin: str) -> int:
        """Return the last fact that the head seen before named, or 0."""
        found = self.heads.get(origin, [])
        return found[1] if len(found) == 2 and type(found[1]) is int else 0

    def save(self) -> None:
        """Write what changed; a file that cannot be written costs requests and nothing else."""
        if self._now() == self._saved:
            return
        content = {**self._read(), self._address: json.loads(self._now())}
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            part.write_text(json.dumps(content))
            os.replace(part, self._path)
        except OSError:
            part.unlink(missing_ok=True)
            return
        self._saved = self._now()

    def _now(self) -> str:
        return json.dumps({"heads": self.heads, "own": self.own, "blobs": self.blobs})

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}
