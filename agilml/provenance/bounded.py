"""A program run with a limit on its time and on what it may print."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

_CHUNK = 1 << 16
_STDERR_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Output:
    """What a program printed before it ended, or before it was ended.

    Attributes:
        code: its exit status; negative if a signal ended it.
        stdout: at most ``limit`` bytes.
        stderr: its first bytes.
        cut: it had more to print, and was ended.
        late: its time was over, and it was ended.
    """

    code: int
    stdout: bytes
    stderr: bytes
    cut: bool = False
    late: bool = False

    @property
    def ok(self) -> bool:
        """Whether it said all it had to say, in time, without an error."""
        return self.code == 0 and not self.cut and not self.late


def run_bounded(
    argv: Sequence[str], *, env: Mapping[str, str], limit: int, seconds: float
) -> Output:
    """Run ``argv`` without input or terminal; when this returns it has ended, if need be by a kill.

    Raises:
        OSError: the program cannot be started.
    """
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout as out, process.stderr as err:
        deadline = time.monotonic() + seconds
        try:
            stdout, stderr, late = _drain(out, err, limit, deadline)
            cut = len(stdout) > limit
            if not cut and not late:
                late = not _ended(process, deadline)
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
    return Output(code, stdout[:limit], stderr[:_STDERR_BYTES], cut, late)


def _drain(
    out: IO[bytes], err: IO[bytes], limit: int, deadline: float
) -> tuple[bytes, bytes, bool]:
    """Return both streams, up to a little more than ``limit`` of the first, and whether time ran out."""
    stdout, stderr = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        selector.register(err, selectors.EVENT_READ)
        while selector.get_map() and len(stdout) <= limit:
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready or time.monotonic() > deadline:
                return bytes(stdout), bytes(stderr), True
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is out:
                    stdout += chunk
                elif len(stderr) < _STDERR_BYTES:
                    stderr += chunk
    return bytes(stdout), bytes(stderr), False


def _ended(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True
