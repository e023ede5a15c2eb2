"""Starting a controller and staying in touch with it from the command line."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from agilml.errors import AgilError
from agilml.project import Project

PATIENCE_SECONDS = 90.0
"""Longer than a controller waits for the ledger's locks, so that it can say what is wrong."""


class Launch:
    """A controller's process, started in a session of its own so that no terminal takes it along.

    Leaving the ``with`` block before :meth:`run` ends it; after :meth:`run` it lives on.
    """

    def __init__(self, project: Project) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "agilml.sweep.process", str(project.root), str(project.state)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            cwd=project.root,
        )
        self._buffer = b""
        self._failure: AgilError | None = None
        self._handed_over = False
        self.taken = False
        self.trouble: str | None = None
        self.staging: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close_input()
        over = not self._handed_over or self.ended()
        if self._process.stdout is not None:
            self._process.stdout.close()
        if over:
            self._process.wait()
        else:
            # Left behind on purpose: it outlives this command, and init will reap it.
            self._process.returncode = 0

    def preload(self, recipe: str, root: Path) -> None:
        """Let it warm up for this recipe of the project in ``root`` while the plan is being made."""
        self._send({"preload": recipe, "root": str(root)})

    def run(self, sweep: str) -> dict[str, Any]:
        """Hand it the sweep; return its answer, ``running`` or ``taken`` (another controller has it).

        Raises:
            AgilError: it could not take the sweep.
        """
        self._send({"sweep": sweep})
        self._handed_over = True
        self._close_input()
        answer = self._answer(PATIENCE_SECONDS)
        if answer is None or answer["is"] == "failed":
            raise _failure(answer, sweep)
        self.taken = answer["is"] == "taken"
        return answer

    def ended(self) -> bool:
        """Whether the process has ended; what it said last is raised by :meth:`check`."""
        if self._process.stdout is None or self._process.stdout.closed:
            return True
        while select.select([self._process.stdout], [], [], 0)[0]:
            answer = self._answer(0.0)
            if answer is None:
                return True
            if answer["is"] == "failed":
                self._failure = _failure(answer, "")
            elif answer["is"] == "trouble":
                self.trouble = str(answer["cause"])
            elif answer["is"] == "staging":
                self.staging = str(answer["text"])
        return False

    def wait(self, seconds: float) -> None:
        """Return after ``seconds``, or as soon as the process says something or ends."""
        if self._process.stdout is None or self._process.stdout.closed:
            return
        select.select([self._process.stdout], [], [], seconds)

    def check(self) -> None:
        """Raise what the controller failed with, if it did."""
        if self._failure is not None:
            raise self._failure

    def _send(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return

    def _close_input(self) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            try:
                self._process.stdin.close()
            except OSError:
                return

    def _answer(self, seconds: float) -> dict[str, Any] | None:
        """Return the next line, or None at the end of the process (or of the patience)."""
        assert self._process.stdout is not None
        while b"\n" not in self._buffer:
            if not select.select([self._process.stdout], [], [], seconds)[0]:
                return None
            data = os.read(self._process.stdout.fileno(), 1 << 16)
            if not data:
                return None
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        found: dict[str, Any] = json.loads(line)
        return found


def _failure(answer: Mapping[str, Any] | None, sweep: str) -> AgilError:
    if answer is None:
        return AgilError(
            "the controller did not start",
            kept=f"{sweep} is planned" if sweep else "everything recorded so far",
            next=f"agil resume {sweep}".strip(),
        )
    return AgilError(answer["cause"], kept=answer["kept"], next=answer["next"])
