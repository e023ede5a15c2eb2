"""A program as a child process: its output passed on, its end awaited, never outliving its parent."""

from __future__ import annotations

import codecs
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from agilml.errors import RecipeError

_PR_SET_PDEATHSIG = 1
_TAIL_CHARACTERS = 4096
_CHUNK = 1 << 16
# A program that prints without a pause must not keep its trial from being ended.
_MOST_CHUNKS = 64


class Program:
    """A running program. Leaving its context ends it, first with SIGTERM, then with SIGKILL.

    Args:
        argv: words of the command; never given to a shell.
        environment: all of its variables.
        grace_seconds: how long it may take to end after SIGTERM.

    Raises:
        RecipeError: it cannot be started.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        folder: Path | None = None,
        grace_seconds: float = 10.0,
    ) -> None:
        self._grace = grace_seconds
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.tail = ""
        # Loaded before the fork: behind it, only the call itself is left to do.
        prctl = ctypes.CDLL(None).prctl
        parent = os.getpid()

        def die_with_parent() -> None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

        try:
            self._process = subprocess.Popen(
                list(argv),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, prepared above
            )
        except (OSError, ValueError) as error:
            raise RecipeError(
                f"{argv[0]} cannot be started: {error}", kept="nothing was run", next="correct argv"
            ) from error
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(self._grace)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._pass_on()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def wait(self, seconds: float) -> int | None:
        """Pass output on for at most ``seconds``; return the exit code once the program has ended.

        The code is negative for a signal, as in :mod:`subprocess`. A grandchild that keeps the output
        open is not waited for.
        """
        if not self._pass_on(seconds) and self._process.poll() is None:
            # The output is closed, and the program goes on.
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                return None
        code = self._process.poll()
        if code is not None:
            self._pass_on()
        return code

    def _pass_on(self, seconds: float = 0.0) -> bool:
        """Copy what the program has printed to our output; return False when there will be no more."""
        for turn in range(_MOST_CHUNKS):
            if not select.select([self._output], [], [], 0.0 if turn else seconds)[0]:
                break
            chunk = os.read(self._output, _CHUNK)
            text = self._decoder.decode(chunk, final=not chunk)
            sys.stdout.write(text)
            sys.stdout.flush()
            self.tail = (self.tail + text)[-_TAIL_CHARACTERS:]
            if not chunk:
                return False
        return True
