"""A run's output, line by line, made safe for a terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from agilml.text import safe_text
from agilml.worker.logs import HEAD, NAME

WIDEST = 4000
CHUNK = 1 << 16
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")


def safe_line(raw: bytes) -> str:
    """Return a line as it stood on the screen of whoever wrote it.

    Of a line that was drawn over (a progress bar) only the last state is left; colours are taken out and
    every other control character is spelled.
    """
    text = raw.decode("utf-8", "replace").rstrip("\r\n").rpartition("\r")[2]
    return safe_text(_COLOURS.sub("", text).replace("\t", "    "), WIDEST)


class LogFile:
    """A log that may still grow, be cut in the middle by its cap, or not be there yet."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._head = folder / HEAD
        self._at = 0
        self._rest = b""

    @property
    def was_cut(self) -> bool:
        """Whether the log outgrew its cap, so that only its beginning and its end are left."""
        return self._head.exists()

    def first(self, lines: int | None) -> Iterator[str]:
        """Yield the first lines that were ever written."""
        path = self._head if self.was_cut else self._path
        try:
            with path.open("rb") as file:
                for number, raw in enumerate(file):
                    if number == lines:
                        return
                    yield safe_line(raw)
        except FileNotFoundError:
            return

    def skip_to_last(self, lines: int) -> None:
        """Let :meth:`new` begin with the last ``lines`` lines."""
        try:
            with self._path.open("rb") as file:
                at = file.seek(0, os.SEEK_END)
                tail = b""
                while at > 0 and tail.count(b"\n") <= lines:
                    size = min(CHUNK, at)
                    at = file.seek(at - size)
                    tail = file.read(size) + tail
        except FileNotFoundError:
            return
        parts = tail.split(b"\n")
        # Behind the last line end there is either nothing or a line that is being written.
        kept = parts[len(parts) - lines - (not parts[-1]) :] if lines < len(parts) else parts
        self._at = at + len(tail) - len(b"\n".join(kept))

    def new(self, *, ended: bool) -> Iterator[str]:
        """Yield complete lines that were written since; with ``ended`` an unfinished last one too."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                if size < self._at:
                    # The cap has cut it: what was added meanwhile cannot be told from what we have seen.
                    self._at, self._rest = size, b""
                file.seek(self._at)
                while data := file.read(CHUNK):
                    self._at += len(data)
                    *lines, self._rest = (self._rest + data).split(b"\n")
                    yield from (safe_line(line) for line in lines)
        except FileNotFoundError:
            pass
        if ended and self._rest:
            yield safe_line(self._rest)
            self._rest = b""
