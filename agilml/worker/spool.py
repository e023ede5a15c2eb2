"""The spool: one append-only JSON-lines file between a child and whoever watches it.

A line is one event of the child. It is complete when its newline is there; a reader never sees half of one.
Lines, by their key ``e``:

``start``   pid, pid_started, isolation, start_ms, at (Unix seconds)
``resume``  attempt, step: the attempt goes on from that checkpoint
``log``     t (seconds since start), step, m (metric name to value; non-finite as a string)
``beat``    n (1, 2, …)
``ckpt``    step, dir, sha256, size, value, drop (folders that were removed)
``warn``    text
``imports`` names: modules that the template could have imported ahead
``end``     state, cause, error
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAME = "events.jsonl"
_READ = 1 << 20
_SURROGATES = re.compile("[\ud800-\udfff]")
_EXACT_INTEGER = 1 << 53


class SpoolWriter:
    """Appends events. Every call is one ``write``: what it wrote survives the death of this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.fd = os.open(
            folder / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        self.began = time.perf_counter()

    def seconds(self) -> float:
        """Return the seconds since the writer was opened."""
        return time.perf_counter() - self.began

    def write(self, event: dict[str, Any]) -> None:
        """Append one event."""
        os.write(self.fd, json.dumps(event, separators=(",", ":")).encode() + b"\n")

    def sync(self) -> None:
        """Make everything written so far survive a power cut."""
        os.fsync(self.fd)


@dataclass(slots=True)
class Batch:
    """What a reader found since it last looked, in the order of the file per field."""

    offset: int
    start: dict[str, Any] | None = None
    resume: dict[str, Any] | None = None
    series: dict[str, list[list[Any]]] = field(default_factory=dict)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    end: dict[str, Any] | None = None
    points: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to record; heartbeats alone are nothing to record."""
        return not (
            self.start
            or self.resume
            or self.series
            or self.checkpoints
            or self.warnings
            or self.end
        )


class SpoolReader:
    """Reads complete lines from an offset on, as often as asked."""

    def __init__(self, folder: Path, offset: int = 0) -> None:
        self._path = folder / NAME
        self.offset = offset
        self.damaged = 0
        self._fd = -1

    def read(self) -> Batch:
        """Return everything complete since the last call; an absent file is an empty one."""
        batch = Batch(self.offset)
        while chunk := self._chunk():
            end = chunk.rfind(b"\n") + 1
            if end == 0:
                break
            for line in chunk[:end].splitlines():
                self._take(line, batch)
            self.offset += end
        batch.offset = self.offset
        return batch

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _chunk(self) -> bytes:
        if self._fd < 0:
            try:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return b""
        size = _READ
        chunk = os.pread(self._fd, size, self.offset)
        # A single line longer than the window is read whole, or it would never end.
        while len(chunk) == size and b"\n" not in chunk:
            size *= 4
            chunk = os.pread(self._fd, size, self.offset)
        return chunk

    def _take(self, line: bytes, batch: Batch) -> None:
        try:
            event = json.loads(line)
            kind = event["e"]
            if kind == "log":
                _add_points(event, batch)
            elif kind == "ckpt":
                batch.checkpoints.append(event)
            elif kind == "warn":
                batch.warnings.append(clean(str(event["text"])))
            elif kind == "imports":
                batch.imports = [str(name) for name in event["names"]]
            elif kind in ("start", "resume", "end"):
                setattr(batch, kind, event)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.damaged += 1


def _add_points(event: dict[str, Any], batch: Batch) -> None:
    step, seconds = event.get("step"), event["t"]
    for name, logged in event["m"].items():
        huge = isinstance(logged, int) and abs(logged) > _EXACT_INTEGER
        value = float(logged) if huge else logged
        column = batch.series.setdefault(clean(name), [[], [], []])
        column[0].append(step)
        column[1].append(value)
        column[2].append(seconds)
        batch.points += 1


def clean(text: str) -> str:
    """Return ``text`` with lone surrogates replaced, so that SQLite can store it."""
    return _SURROGATES.sub("\ufffd", text)
