"""One S3 client: the owner on every request, credentials refreshed once, answers with a meaning."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from agilml.store.errors import RemoteRefused, UnsafeKey
from agilml.store.keys import KEY_BYTES
from agilml.store.s3_errors import FAILURES, Expired, meaning, no_credentials
from agilml.store.s3_settings import S3Settings
from agilml.text import safe_text

CONNECTIONS = 16
OWNER_HEADER = "x-amz-expected-bucket-owner"

CREDENTIAL_TRIES = 3
"""Requests that may meet expired credentials, with a refresh after each, before a person is asked."""

REFUSED_SECONDS = 60.0
"""How long refused credentials are believed to stay refused, without asking."""


class S3Client:
    """Requests on one bucket.

    Args:
        address: for messages.
        bucket: the bucket.
        prefix: what stands in front of every key; empty, or with a slash behind.
        settings: how to talk to it.
        count: called once for every request that is sent.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        address: str,
        bucket: str,
        prefix: str,
        settings: S3Settings,
        count: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.address = address
        self._bucket = bucket
        self.prefix = prefix
        self._settings = settings
        self._count = count
        self._clock = clock
        self._lock = threading.Lock()
        self._client: Any = None
        self._generation = 0
        self._refused_until: float | None = None

    def call(self, operation: str, key: str = "", **parameters: Any) -> dict[str, Any]:
        """Return S3's answer; a body in it has been read whole, as bytes.

        Args:
            operation: boto3's name of it.
            key: the object, without the prefix; empty for operations on the bucket.
            parameters: boto3's parameters of it, without ``Bucket`` and ``Key``.

        Raises:
            Temporary: worth another try.
            Missing, Exists, RemoteRefused: see :mod:`agilml.store.errors`.
            Archived, Changed, NoUpload, PastEnd: see :mod:`agilml.store.s3_errors`.
        """
        named = {"Key": self._name(key), **parameters} if key else parameters
        for _ in range(CREDENTIAL_TRIES):
            client, generation = self._current()
            try:
                answer: dict[str, Any] = getattr(client, operation)(Bucket=self._bucket, **named)
                if "Body" in answer:
                    answer["Body"] = answer["Body"].read()
            except FAILURES as error:
                meant = meaning(error, operation, key, self.address)
                if not isinstance(meant, Expired):
                    raise meant from error
                self._forget(generation)
            else:
                return answer
        with self._lock:
            self._refused_until = self._clock() + REFUSED_SECONDS
        raise _expired(self.address)

    def _current(self) -> tuple[Any, int]:
        with self._lock:
            if self._refused_until is not None and self._clock() < self._refused_until:
                raise _expired(self.address)
            if self._client is None:
                self._client = self._connect()
                self._generation += 1
            return self._client, self._generation

    def _forget(self, generation: int) -> None:
        """Let the next request read the credentials afresh, unless another thread did that already."""
        with self._lock:
            if self._generation == generation:
                self._client = None

    def _name(self, key: str) -> str:
        name = self.prefix + key
        if len(name.encode()) > KEY_BYTES:
            raise UnsafeKey(
                f"{safe_text(self.address)} and {safe_text(key)} are longer than {KEY_BYTES} bytes",
                next="choose a shorter prefix for the remote",
            )
        return name

    def _connect(self) -> Any:
        settings = self._settings
        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},  # agilml.store.retry does that
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=CONNECTIONS,
            request_checksum_calculation="when_required",  # every body has its sha256 with it
            response_checksum_validation="when_supported",
            tcp_keepalive=True,
            # Servers other than AWS seldom have a name per bucket.
            s3={"addressing_style": "path" if settings.endpoint else "auto"},
        )
        try:
            session = boto3.Session(profile_name=settings.profile, region_name=settings.region)
            client = session.client("s3", endpoint_url=settings.endpoint, config=config)
        except FAILURES as error:
            raise meaning(error, "connect", "", self.address) from error
        client.meta.events.register("before-sign.s3", self._name_owner)
        client.meta.events.register("before-send.s3", self._counted)
        return client

    def _name_owner(self, request: Any, **_: Any) -> None:
        # Here, and not as a parameter: requests that botocore makes by itself pass here too.
        if self._settings.owner is not None:
            if OWNER_HEADER in request.headers:
                del request.headers[OWNER_HEADER]
            request.headers[OWNER_HEADER] = self._settings.owner

    def _counted(self, **_: Any) -> None:
        self._count()


def _expired(address: str) -> RemoteRefused:
    return no_credentials(address, "they have expired")
