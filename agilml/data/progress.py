"""How far a long piece of work has come, counted by many threads and told now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

INTERVAL = 0.2


class Progress:
    """Counts files and bytes; ``tell`` hears one line of text, at most five times a second."""

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._told = 0.0
        self._doing = ""
        self._files = self._size = self._all_files = self._all_size = 0

    def begin(self, doing: str, files: int, size: int) -> None:
        """Start to count anew: ``doing`` (``hashing``, ``staging``) this many files and bytes."""
        with self._lock:
            self._doing, self._all_files, self._all_size = doing, files, size
            self._files = self._size = 0
            self._told = time.monotonic()

    def add(self, *, files: int = 0, size: int = 0) -> None:
        """Count what has been done since the last call."""
        with self._lock:
            self._files += files
            self._size += size
            now = time.monotonic()
            if self._tell is None or now - self._told < INTERVAL:
                return
            self._told = now
            self._tell(self._text())

    def _text(self) -> str:
        done, whole = human_size(self._size), human_size(self._all_size)
        return f"{self._doing}: {self._files:,} of {self._all_files:,} files, {done} of {whole}"


def human_size(size: int) -> str:
    """Return a number of bytes the way people say it: ``0 B``, ``17.4 kB``, ``1.2 GB`` (powers of 1000)."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:,.1f} PB"
