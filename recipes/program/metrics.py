"""Metrics that a program writes to a file, read while it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agilml.worker.run import Run

_LONGEST_LINE = 1 << 20


class MetricsFile:
    """Follows one file and logs what appears in it.

    A file whose name ends in ``.json`` holds one JSON value and is read when the program has ended. Any
    other is JSON lines and is read as it grows. Either way an object is ``{"step": 3, "loss": 0.2}``,
    where ``step`` may be missing. What cannot be read becomes a warning of the run.
    """

    def __init__(self, path: Path, run: Run) -> None:
        self._path = path
        self._run = run
        self._whole = path.suffix == ".json"
        # What an earlier program left in the file is not this run's.
        self._before = self._state()
        self._offset = self._before[1]
        self._rest = b""

    def follow(self) -> None:
        """Log every line that was completed since the last call."""
        if self._whole:
            return
        size = self._state()[1]
        if size < self._offset:
            self._offset, self._rest = 0, b""
        if size == self._offset:
            return
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            fresh = stream.read()
        self._offset += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            self._run.warn(
                f"a line of {self._path.name} beyond {_LONGEST_LINE:,} bytes was left out"
            )
            self._rest = b""
        for line in lines:
            self._take(line)

    def finish(self) -> None:
        """Log what is left, once the program has ended."""
        if self._whole and self._state() != self._before:
            self._take(self._path.read_bytes() if self._path.is_file() else b"")
        self.follow()
        self._take(self._rest)
        self._rest = b""

    def _state(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)

    def _take(self, text: bytes) -> None:
        if not text.strip():
            return
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            self._run.warn(f"{self._path.name} holds what is not JSON: {text[:80]!r} ({error})")
            return
        for item in value if isinstance(value, list) else [value]:
            self._log(item)

    def _log(self, item: Any) -> None:
        if not isinstance(item, dict):
            self._run.warn(f"{self._path.name} holds what is not a JSON object: {str(item)[:80]!r}")
            return
        step = item.pop("step", None)
        if step is not None and (isinstance(step, bool) or not isinstance(step, int)):
            self._run.warn(f"{self._path.name} has a step that is not a whole number: {step!r:.80}")
            return
        self._run.log(item, step=step)
