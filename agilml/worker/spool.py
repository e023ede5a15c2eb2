"""The spool: one append-only JSON-lines file between a child and whoever watches it.

A line is one event of the child. It is complete when its newline is there; a reader never sees half of one.
Lines, by their key ``e``:

``start``   pid, pid_started, isolation, start_ms, at (Unix seconds)
``resume``  attempt, step: the attempt goes on from that checkpoint
``log``     t (seconds since start), step, m (metric name to value; non-finite as a string)
``beat``    n (1, 2, …)
``ckpt``    step, dir, sha256, size, value, drop (folders that were removed)
``warn``    text
``data``    dataset, level, split, digest, files, size: what the attempt reads
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

from agilml.model import Cause

NAME = "events.jsonl"
_READ = 1 << 20
_SURROGATES = re.compile("[\ud800-\udfff]")
_EXACT_INTEGER = 1 << 53
_NOT_FINITE = ("nan", "inf", "-inf")


class SpoolWriter:
    """Appends events. When a call returns, what it wrote survives the death of this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.fd = os.open(
            folder / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        self.began = time.perf_counter()
        self._torn = False

    def seconds(self) -> float:
        """Return the seconds since the writer was opened."""
        return time.perf_counter() - self.began

    def write(self, event: dict[str, Any]) -> None:
        """Append one event.

        Raises:
            OSError: the disk is full or failing; an event that is written later is on a line of its own.
        """
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        left = memoryview(b"\n" + line if self._torn else line)
        while left:
            # Nearly always one call; a disk that fills up takes a part.
            done = os.write(self.fd, left)
            self._torn = done < len(left)
            left = left[done:]

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
    data: list[dict[str, Any]] = field(default_factory=list)
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
            or self.data
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
            self._understand(json.loads(line, parse_constant=_refuse), batch)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            self.damaged += 1
            if self.damaged == 1:
                batch.warnings.append("a line of the spool could not be read and was left out")

    def _understand(self, event: dict[str, Any], batch: Batch) -> None:
        """Add one event; every field that goes on from here has the type and the size it should have."""
        kind = event["e"]
        if kind == "log":
            _add_points(event, batch)
        elif kind == "ckpt":
            batch.checkpoints.append(_checkpoint(event))
        elif kind == "warn":
            batch.warnings.append(_text(event["text"], 1000))
        elif kind == "data":
            batch.data.append(_data(event))
        elif kind == "imports":
            batch.imports = [_text(name, 200) for name in event["names"]]
        elif kind == "start":
            pid, began = _whole(event["pid"]), _whole(event["pid_started"])
            batch.start = {**event, "pid": pid, "pid_started": began}
        elif kind == "resume":
            batch.resume = {"attempt": _text(event["attempt"], 200), "step": _whole(event["step"])}
        elif kind == "end":
            cause, error = event.get("cause"), event.get("error")
            batch.end = {
                "state": _text(event["state"], 20),
                "cause": None if cause is None else Cause(cause).value,
                "error": None if error is None else _text(error, 1000),
            }


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _text(value: Any, size: int) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return clean(value[:size])


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > _EXACT_INTEGER:
        raise TypeError("not a whole number of a sane size")
    return value


def _number(value: Any) -> float | int | str:
    if type(value) is float or (isinstance(value, str) and value in _NOT_FINITE):
        return value
    if type(value) is not int:
        raise TypeError("not a number")
    if abs(value) <= _EXACT_INTEGER:
        return value
    try:
        return float(value)
    except OverflowError:
        return "inf" if value > 0 else "-inf"


def _checkpoint(event: dict[str, Any]) -> dict[str, Any]:
    value = event.get("value")
    return {
        "step": _whole(event["step"]),
        "dir": _text(event["dir"], 4096),
        "sha256": _text(event["sha256"], 64),
        "size": _whole(event["size"]),
        "value": None if value is None else _number(value),
        "drop": [_text(folder, 4096) for folder in event.get("drop", ())],
    }


def _data(event: dict[str, Any]) -> dict[str, Any]:
    texts = {name: _text(event[name], 200) for name in ("dataset", "level", "split", "digest")}
    return {**texts, "files": _whole(event["files"]), "size": _whole(event["size"])}


def _add_points(event: dict[str, Any], batch: Batch) -> None:
    step, seconds = event.get("step"), float(event["t"])
    if step is not None:
        step = _whole(step)
    points = [(_text(name, 200), _number(value)) for name, value in event["m"].items()]
    for name, value in points:
        column = batch.series.setdefault(name, [[], [], []])
        column[0].append(step)
        column[1].append(value)
        column[2].append(seconds)
        batch.points += 1


def clean(text: str) -> str:
    """Return ``text`` with lone surrogates replaced, so that SQLite can store it."""
    return _SURROGATES.sub("\ufffd", text)
