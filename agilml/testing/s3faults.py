"""A network that hurts S3 requests: a proxy on loopback between a client and an S3 server.

Each request is hurt with a given probability, in a way drawn from those that fit it; a seed makes the
draws repeatable (which request gets which draw depends on the order in which they arrive).
"""

from __future__ import annotations

import contextlib
import http.client
import random
import re
import secrets
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from agilml.testing.s3 import S3Server

ANSWERS = {
    "error500": (500, "InternalError"),
    "slowdown": (503, "SlowDown"),
    "expired": (400, "ExpiredToken"),
    "conflict409": (409, "ConditionalRequestConflict"),
}
"""Hurts that are an answer of their own; nothing reaches the server."""

KINDS = (*ANSWERS, "drop_before", "drop_after", "half_upload", "cut_body", "flipped_byte", "slow")
"""Every way to hurt a request, besides being down."""

_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "expect"}
_BODY = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    "<Error><Code>{0}</Code><Message>hurt on purpose</Message><RequestId>0</RequestId></Error>"
)


@dataclass(frozen=True, slots=True)
class Faults:
    """What happens to requests.

    Attributes:
        share: part of the requests that are hurt, 0 to 1.
        kinds: ways to hurt them, of :data:`KINDS`.
        only: regular expression on ``METHOD /path``; others pass unhurt.
        times: how many requests are hurt at most; None: any number.
        slow_seconds: how long a slow request waits before it goes on.
        down: every connection is cut at once.
    """

    share: float = 0.0
    kinds: tuple[str, ...] = KINDS
    only: str = ""
    times: int | None = None
    slow_seconds: float = 0.02
    down: bool = False


@dataclass(slots=True)
class FaultProxy:
    """The proxy's switches and what it has seen.

    Attributes:
        server: the proxy as a server: where clients are to go.
        upstream: the server behind it.
        faults: what happens to requests from now on; replace it at any time.
        requests: requests seen.
        hurt: requests hurt, by kind.
        owners: requests by the bucket owner that they name; None for those that name none.
    """

    server: S3Server
    upstream: S3Server
    seed: int = 0
    faults: Faults = field(default_factory=Faults)
    requests: int = 0
    hurt: Counter[str] = field(default_factory=Counter)
    owners: Counter[str | None] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self, method: str, path: str, owner: str | None, *, conditional: bool) -> str | None:
        """Return what happens to the next request, and count it."""
        with self._lock:
            self.requests += 1
            self.owners[owner] += 1
            kind = self._kind(method, path, conditional=conditional)
            if kind is not None:
                self.hurt[kind] += 1
            return kind

    def heal(self) -> None:
        """Let every request pass from now on."""
        self.faults = replace(self.faults, share=0.0, down=False)

    def _kind(self, method: str, path: str, *, conditional: bool) -> str | None:
        faults = self.faults
        if faults.down:
            return "down"
        if faults.times is not None and self.hurt.total() >= faults.times:
            return None
        if faults.only and not re.match(faults.only, f"{method} {path}"):
            return None
        dice = random.Random(f"{self.seed} {self.requests}")  # noqa: S311  guards no secret
        if dice.random() >= faults.share:
            return None
        # A flipped byte in a listing looks like another key; only TLS guards a real listing.
        is_object = path.partition("?")[0].strip("/").count("/") > 0
        fitting = {
            "conflict409": conditional,
            "half_upload": method in ("PUT", "POST"),
            "cut_body": method == "GET",
            "flipped_byte": method == "GET" and is_object,
        }
        kinds = [kind for kind in faults.kinds if fitting.get(kind, True)]
        return dice.choice(kinds) if kinds else None


@contextmanager
def fault_proxy(upstream: S3Server, seed: int = 0) -> Iterator[FaultProxy]:
    """Yield a proxy in front of ``upstream`` that hurts nothing until it is told to."""
    listener = _Listener(("127.0.0.1", 0), _Handler)
    endpoint = f"http://127.0.0.1:{listener.server_address[1]}"
    listener.proxy = FaultProxy(S3Server(endpoint, upstream.bucket), upstream, seed)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield listener.proxy
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    proxy: FaultProxy

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are the business of this proxy."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener
    upstream: http.client.HTTPConnection | None = None
    timeout: ClassVar[float] = 60

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy = self.server.proxy
        kind = proxy.draw(
            self.command,
            self.path,
            self.headers.get("x-amz-expected-bucket-owner"),
            conditional="If-None-Match" in self.headers and self.command != "GET",
        )
        if kind in ("down", "drop_before"):
            self._cut()
        elif kind in ANSWERS:
            self._answer(*ANSWERS[kind])
        elif kind == "half_upload":
            self._forward_half(body)
        else:
            if kind == "slow":
                time.sleep(proxy.faults.slow_seconds)
            self._forward(body, kind)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _handle  # noqa: N815  http.server's names

    def finish(self) -> None:
        if self.upstream is not None:
            self.upstream.close()
        with contextlib.suppress(OSError):
            super().finish()

    def _forward(self, body: bytes, kind: str | None) -> None:
        try:
            answer, content = self._asked(body)
        except (OSError, http.client.HTTPException):
            self._cut()
            return
        if kind == "drop_after":
            self._cut()
            return
        if kind == "flipped_byte" and content:
            hurt = bytearray(content)
            hurt[secrets.randbelow(len(hurt))] ^= 1 << secrets.randbelow(8)
            content = bytes(hurt)
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _ONE_HOP and name.lower() != "content-length":
                self.send_header(name, value)
        told = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", told or str(len(content)))
        self.end_headers()
        if kind == "cut_body" and content:
            self.wfile.write(content[: len(content) // 2])
            self._cut()
        elif self.command != "HEAD":
            self.wfile.write(content)

    def _asked(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """Return the server's answer; a connection that it had closed meanwhile is made again."""
        for fresh in (False, True):
            if fresh or self.upstream is None:
                self.upstream = self._connect()
            try:
                self.upstream.request(self.command, self.path, body, self._headers(body))
                answer = self.upstream.getresponse()
                return answer, answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if fresh:
                    raise
        raise http.client.HTTPException("no answer")

    def _forward_half(self, body: bytes) -> None:
        """Let the server see the beginning of the body only, and the client nothing at all."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            upstream = self._connect()
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self._headers(body).items():
                upstream.putheader(name, value)
            upstream.endheaders()
            upstream.send(body[: len(body) // 2])
            upstream.close()
        self._cut()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(
            "127.0.0.1", self.server.proxy.upstream.port, timeout=self.timeout
        )

    def _headers(self, body: bytes) -> dict[str, str]:
        # Host stays as it came: it is signed.
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _ONE_HOP}
        return {**kept, "Content-Length": str(len(body))}

    def _answer(self, status: int, code: str) -> None:
        content = _BODY.format(code).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _cut(self) -> None:
        """Reset the connection, as a network does that forgot it."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
