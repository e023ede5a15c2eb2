from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agilml.model import SweepState
from agilml.project import Project
from agilml.report.table import width_of
from tests.tui.sweeps import busy, points, write_sweep
from tests.tui.terminal import Terminal
from tests.tui.test_follow import end_run, end_sweep

PATIENCE = 20.0
UNFINISHED = re.compile(r"\x1b[^A-Za-z]*$")


class Watching:
    """A real process on a real pseudo-terminal, and what a person would see there."""

    def __init__(self, project: Project, sweep: str, width: int, height: int) -> None:
        self.terminal = Terminal(width, height)
        self.raw = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._pending = ""
        self._master, slave = pty.openpty()
        self._set_size(width, height)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.tui.watcher", str(project.root), sweep],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(slave)

    def until(self, seen: Callable[[list[str]], bool]) -> list[str]:
        """Return the lines of the terminal as soon as they are as wanted."""
        deadline = time.monotonic() + PATIENCE
        while not seen(self.terminal.text):
            assert time.monotonic() < deadline, "\n".join(self.terminal.text)
            if not self._read(0.1) and self.process.poll() is not None:
                break
        assert seen(self.terminal.text), "\n".join(self.terminal.text)
        return self.terminal.text

    def resize(self, width: int, height: int) -> None:
        while self._read(0.0):
            pass
        self.terminal.resize(width, height)
        self._set_size(width, height)

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def end(self) -> int:
        """Return the exit code, when everything that was written has been seen."""
        while self._read(0.1) or self.process.poll() is None:
            pass
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _set_size(self, width: int, height: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return False
        text = self._pending + self._decoder.decode(data)
        cut = UNFINISHED.search(text)
        self._pending = text[cut.start() :] if cut else ""
        self.raw += text
        self.terminal.feed(text[: cut.start()] if cut else text)
        return bool(data)


@contextmanager
def watching(project: Project, sweep: str, width: int, height: int) -> Iterator[Watching]:
    watched = Watching(project, sweep, width, height)
    try:
        yield watched
    finally:
        watched.close()


def has(word: str) -> Callable[[list[str]], bool]:
    return lambda lines: any(word in line for line in lines)


@pytest.mark.slow
def test_a_person_watches_resizes_and_leaves(here: Project) -> None:
    made = write_sweep(here, points(40), busy)
    with watching(here, made.id, 100, 30) as watched:
        lines = watched.until(has("^C stops watching"))
        assert lines[0] == "$ agil watch"
        assert not watched.terminal.shows_cursor()
        watched.resize(60, 12)
        lines = watched.until(has("ends t…"))
        assert all(width_of(line) <= 60 for line in lines[-11:])
        end_run(here, made, 9)()
        watched.until(has("7/40 ended"))
        watched.type(b"\x03")
        assert watched.end() == 130
        lines = watched.terminal.text
        assert watched.terminal.shows_cursor()
        assert watched.terminal.wraps_lines()
        assert lines[-2:] == ["stopped watching", ""]
        assert not has("stops watching")(lines)
        assert sum("7/40 ended" in line for line in lines) == 1


@pytest.mark.slow
def test_the_last_frame_stays_when_the_sweep_ends(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    with watching(here, made.id, 100, 30) as watched:
        watched.until(has("^C stops watching"))
        end_sweep(here, made, SweepState.DONE)()
        assert watched.end() == 0
        lines = watched.terminal.text
        assert lines[0] == "$ agil watch"
        assert sum("6/12 ended" in line for line in lines) == 1
        assert len([line for line in lines if line.startswith(("✓", "✗", "●", "·"))]) == 12
        assert watched.terminal.shows_cursor()
        assert "\x1b[?1049h" not in watched.raw
