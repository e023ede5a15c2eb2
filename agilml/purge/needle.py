"""A text in all the ways in which it may be spelled: as it is, inside JSON, inside a URL."""

from __future__ import annotations

import json
from typing import Any, BinaryIO
from urllib.parse import quote

PURGED = "«purged»"
"""What is written in the place of the text."""

SHORTEST = 6
_CHUNK = 1 << 20
_FILL = b"*"


class Needle:
    """One text to look for.

    Args:
        text: at least :data:`SHORTEST` characters; a line end behind it does not count.

    Raises:
        ValueError: it is shorter, and would be found in things that have nothing to do with it.
    """

    def __init__(self, text: str) -> None:
        text = text.strip("\r\n")
        if len(text) < SHORTEST:
            raise ValueError(f"a text of fewer than {SHORTEST} characters is found everywhere")
        self.text = text
        once = json.dumps(text)[1:-1]
        spelled = [
            *(json.dumps(once)[1:-1], once, json.dumps(text, ensure_ascii=False)[1:-1]),
            *(quote(text, safe=""), quote(text), text),
        ]
        # The longest first: one spelling may be a part of another.
        self.spellings = sorted(dict.fromkeys(spelled), key=len, reverse=True)
        self._bytes = [one.encode("utf-8", "surrogatepass") for one in self.spellings]
        self._longest = max(map(len, self._bytes))

    def within(self, text: str) -> bool:
        """Return whether ``text`` holds it in any spelling."""
        return any(one in text for one in self.spellings)

    def without(self, value: Any) -> Any:
        """Return a JSON value with every text in it rid of the needle, keys included."""
        if isinstance(value, str):
            for one in self.spellings:
                value = value.replace(one, PURGED)
            return value
        if isinstance(value, dict):
            return {self.without(key): self.without(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.without(item) for item in value]
        return value

    def in_file(self, file: BinaryIO) -> bool:
        """Return whether the bytes of ``file``, from where it stands, hold it; memory stays small."""
        rest = b""
        while chunk := file.read(_CHUNK):
            window = rest + chunk
            if any(one in window for one in self._bytes):
                return True
            rest = window[-self._longest :]
        return False

    def blotted(self, raw: bytes) -> bytes:
        """Return the bytes with stars over it, none moved: offsets into a log stay true."""
        for one in self._bytes:
            raw = raw.replace(one, _FILL * len(one))
        return raw
