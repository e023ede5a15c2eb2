"""One ssh connection with the far side's program at its other end."""

from __future__ import annotations

import os
import secrets
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from agilml.store.digests import CHUNK
from agilml.store.errors import RemoteRefused
from agilml.store.retry import Temporary
from agilml.store.ssh_program import COMMAND, word
from agilml.text import safe_text

ANSWER_SECONDS = 60.0
"""How long an answer may take, besides a second for each 4 MiB that it is about."""

_BYTES_PER_SECOND = 4 << 20
_GREETING_BYTES = 1 << 16
"""What a login shell may print before the program speaks."""

_OPTIONS = (
    *("-T", "-x", "-a", "-e", "none"),
    *("-o", "BatchMode=yes"),
    *("-o", "StrictHostKeyChecking=yes"),
    *("-o", "ClearAllForwardings=yes"),
    *("-o", "PermitLocalCommand=no"),
    *("-o", "ConnectTimeout=10"),
    *("-o", "ServerAliveInterval=15"),
    *("-o", "ServerAliveCountMax=3"),
    *("-o", "LogLevel=ERROR"),
)
"""No forwarding, no questions, and never an unknown host, whatever ~/.ssh/config says."""

_REFUSALS = {
    "Host key verification failed": (
        "its host key is unknown or has changed",
        "connect once by hand, and compare the key with the one its administrator tells you",
    ),
    "No matching host key": ("no host key of it can be used", "ask its administrator"),
    "Permission denied": ("it does not accept your key", "ssh-add, or ssh-copy-id to that host"),
    "Too many authentication failures": ("it does not accept your keys", "set IdentityFile"),
    "Bad configuration option": ("ssh cannot read its configuration", "edit ~/.ssh/config"),
    "exec: sh": ("there is no POSIX shell on it", "use a host with sh and coreutils"),
}


def ssh_command(host: str, user: str | None, port: int | None, config: str | None) -> list[str]:
    """Return the words of the ssh command.

    Raises:
        RemoteRefused: there is no ssh program.
    """
    program = shutil.which("ssh")
    if program is None:
        raise RemoteRefused("there is no ssh program", next="install OpenSSH's client")
    return [
        *(program, *_OPTIONS),
        *(("-F", config) if config else ()),
        *(("-l", user) if user else ()),
        *(("-p", str(port)) if port else ()),
        *("--", host, COMMAND),
    ]


class Session:
    """A conversation with the far side. Used by one thread at a time; any error ends it.

    Args:
        address: for messages.
        command: of ssh.
        folder: the remote's folder on the far side.

    Raises:
        Temporary, RemoteRefused: it cannot be begun.
    """

    def __init__(self, address: str, command: list[str], folder: str):
        self._address = address
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        self._buffer = bytearray()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            bufsize=0,
            start_new_session=True,
        )
        try:
            self._greet(folder)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether ssh still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End ssh, and with it the far side."""
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._said.close()

    def ask(self, *words: str, body: bytes | Path = b"", size: int = 0) -> list[str]:
        """Return the words of the answer, the first of which is ``ok`` or ``no``.

        Args:
            words: of the request; names among them made by :func:`agilml.store.ssh_program.word`.
            body: sent behind the request.
            size: its bytes.

        Raises:
            Temporary: the connection is gone.
        """
        try:
            self._send(" ".join(words).encode("ascii") + b"\n")
            for chunk in _chunks(body):
                self._send(chunk)
        except OSError as error:
            # The far side gave up in the middle of the body, and perhaps said why.
            if not isinstance(error, BrokenPipeError):
                raise self._gone() from error
        return self._line(ANSWER_SECONDS + size / _BYTES_PER_SECOND).split(" ")

    def read(self, size: int) -> Iterator[bytes]:
        """Yield ``size`` bytes that follow an answer."""
        left = size
        while left:
            if not self._buffer:
                self._receive(ANSWER_SECONDS)
            chunk = bytes(self._buffer[:left])
            del self._buffer[: len(chunk)]
            left -= len(chunk)
            yield chunk

    def records(self) -> Iterator[bytes]:
        """Yield records that follow an answer, each without the NUL that ends it."""
        while True:
            while (end := self._buffer.find(0)) < 0:
                self._receive(ANSWER_SECONDS)
            record = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if record == b"end":
                return
            yield record

    def _greet(self, folder: str) -> None:
        token = secrets.token_hex(8)
        answer = ""
        try:
            self._send(f"{token} {word(folder)}\n".encode("ascii"))
            spent = 0
            while not answer.startswith(f"agil {token} "):
                answer = self._line(ANSWER_SECONDS)
                spent += len(answer)
                if spent > _GREETING_BYTES:
                    raise RemoteRefused(
                        f"{safe_text(self._address)} does not understand the request",
                        next="look at what its login shell prints",
                    )
        except BrokenPipeError as error:
            raise self._gone() from error
        if not answer.endswith(" ok"):
            raise RemoteRefused(
                f"the folder of {safe_text(self._address)} is not there",
                next="make it, or correct [remote] url in agil.toml",
            )

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        view = memoryview(data)
        while view:
            view = view[self._process.stdin.write(view) or 0 :]

    def _line(self, seconds: float) -> str:
        while (end := self._buffer.find(b"\n")) < 0:
            self._receive(seconds)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.decode("utf-8", "replace")

    def _receive(self, seconds: float) -> None:
        assert self._process.stdout is not None
        fd = self._process.stdout.fileno()
        waiting = select.poll()
        waiting.register(fd, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            raise Temporary(f"{safe_text(self._address)} does not answer in {seconds:.0f} s")
        data = os.read(fd, CHUNK)
        if not data:
            raise self._gone()
        self._buffer += data

    def _gone(self) -> Exception:
        """Return what the end of the connection means, by what ssh said of it."""
        deadline = time.monotonic() + 2
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.01)
        self._said.seek(0)
        said = self._said.read(1 << 16).decode("utf-8", "replace").strip()
        for mark, (why, then) in _REFUSALS.items():
            if mark in said:
                return RemoteRefused(f"{safe_text(self._address)}: {why}", next=then)
        last = said.splitlines()[-1] if said else "the connection ended"
        return Temporary(f"{safe_text(self._address)} does not answer: {safe_text(last)}")


def _chunks(body: bytes | Path) -> Iterator[bytes]:
    if isinstance(body, bytes):
        if body:
            yield body
        return
    with body.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
