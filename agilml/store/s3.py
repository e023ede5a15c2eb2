"""A remote that is a bucket, or the part of one below a prefix.

Written for Amazon S3; servers that speak its protocol with conditional writes work too. The sha256 of
an object travels as S3's own checksum, which the server verifies, and stays as its metadata, which
readers verify.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agilml.store.base import Entry, Progress, Remote, not_as_told
from agilml.store.digests import is_sha256, sha256_of
from agilml.store.errors import Exists, Missing, RemoteRefused, RemoteUnavailable
from agilml.store.keys import is_key
from agilml.store.partial import Partial
from agilml.store.retry import Retry
from agilml.store.s3_client import S3Client
from agilml.store.s3_errors import Archived, Changed, PastEnd
from agilml.store.s3_settings import S3Settings
from agilml.store.s3_transfer import PART_BYTES, Upload, read_ranges
from agilml.store.sums import spoken
from agilml.text import safe_text

METADATA = "sha256"
"""Name of the metadata that holds an object's sha256."""


class S3Remote(Remote):
    """Objects in a bucket.

    Args:
        address: ``s3://bucket/prefix``.
        bucket: the bucket.
        prefix: in front of every key; may be empty.
        settings: how to talk to it.
        retry: how temporary failures are met.
    """

    def __init__(
        self,
        address: str,
        bucket: str,
        prefix: str,
        settings: S3Settings | None = None,
        retry: Retry | None = None,
    ):
        super().__init__(address, retry)
        self._prefix = f"{prefix}/" if prefix else ""
        self._settings = settings or S3Settings()
        self._client = S3Client(address, bucket, self._prefix, self._settings, self._count)

    def call(self, operation: str, key: str = "", **parameters: Any) -> dict[str, Any]:
        """Return the answer of one S3 operation, made with owner, counting and this remote's retries.

        Args:
            operation: boto3's name of it.
            key: a key of this remote; none for operations on the bucket.
            parameters: boto3's parameters of it, without ``Bucket`` and ``Key``.

        Raises:
            Missing, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
        """
        return self.retry.run(lambda: self._client.call(operation, key, **parameters))

    def _write(self, key: str, body: bytes | Path, sha256: str, *, new: bool) -> None:
        size = len(body) if isinstance(body, bytes) else body.stat().st_size
        parameters = {"Metadata": {METADATA: sha256}, **self._settings.encryption()}
        if size > PART_BYTES:
            self._write_parts(key, body, size, sha256, parameters, new=new)
            return
        if isinstance(body, Path):
            body = body.read_bytes()
            if sha256_of(body) != sha256:
                raise not_as_told(key, self.address)
        if new:
            parameters["IfNoneMatch"] = "*"
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        self._client.call("put_object", key, Body=body, ChecksumSHA256=checksum, **parameters)

    def _write_parts(
        self,
        key: str,
        body: bytes | Path,
        size: int,
        sha256: str,
        parameters: dict[str, Any],
        *,
        new: bool,
    ) -> None:
        # The condition is checked when all is sent; asking first spares most of the vain uploads.
        if new and self._stat(key) is not None:
            raise Exists(key, self.address)
        upload = Upload(self._client, self.retry, key, parameters)
        if upload.send(body, size) != sha256:
            upload.abort()
            raise not_as_told(key, self.address)
        upload.complete(new=new, there=lambda: self._holds(key, sha256))

    def _read(self, key: str) -> tuple[bytes, frozenset[str]]:
        try:
            answer = self._client.call("get_object", key)
        except Archived as error:
            raise self._archived(key) from error
        return answer["Body"], _recorded(key, answer)

    def _read_part(self, key: str, start: int, length: int | None) -> bytes:
        if length == 0:
            if self._stat(key) is None:
                raise Missing(key, self.address)
            return b""
        return self._range(key, start, length)[0]

    def _range(
        self, key: str, start: int, length: int | None
    ) -> tuple[bytes, Mapping[str, Any] | None]:
        """Return bytes and the answer; no answer when the object ends before ``start``."""
        end = "" if length is None else start + length - 1
        span = f"bytes={start}-{end}"
        try:
            answer = self._client.call("get_object", key, Range=span)
        except PastEnd:
            return b"", None
        except Archived as error:
            raise self._archived(key) from error
        return answer["Body"], answer

    def _archived(self, key: str) -> RemoteRefused:
        return RemoteRefused(
            f"{safe_text(key)} in {safe_text(self.address)} is in an archive",
            next="restore it in S3",
        )

    def _fill(self, key: str, file: Partial, progress: Progress) -> frozenset[str]:
        for _ in range(self.READS):
            try:
                return self._fill_once(key, file, progress)
            except Changed:
                continue
        raise RemoteUnavailable(
            f"{safe_text(key)} in {safe_text(self.address)} changed whenever it was read"
        )

    def _fill_once(self, key: str, file: Partial, progress: Progress) -> frozenset[str]:
        body, answer = self.retry.run(lambda: self._range(key, 0, PART_BYTES))
        file.restart()
        file.write(body)
        progress(len(body))
        if answer is None:  # an empty object has no first byte
            return self.retry.run(lambda: self._read(key))[1]
        size = int(str(answer.get("ContentRange", "")).rpartition("/")[2] or len(body))
        if size > len(body):
            tag = str(answer["ETag"])
            read_ranges(self._client, self.retry, key, tag, size, file, progress)
        return _recorded(key, answer)

    def _stat(self, key: str) -> Entry | None:
        try:
            answer = self._about(key)
        except Missing:
            return None
        size = str(answer.get("ContentRange", "")).rpartition("/")[2] or answer["ContentLength"]
        version = answer.get("VersionId")
        return Entry(
            key,
            int(size),
            answer["LastModified"].timestamp(),
            version=None if version in (None, "null") else str(version),
            tag=str(answer["ETag"]).strip('"'),
            sha256=next(iter(_recorded(key, answer)), None),
        )

    def _about(self, key: str) -> dict[str, Any]:
        """Return S3's answer about an object, asked so that a refusal has a reason in it.

        HEAD is refused without a word, and botocore then looks for the bucket in other regions.
        """
        try:
            return self._client.call("get_object", key, Range="bytes=0-0")
        except (PastEnd, Archived):
            return self._client.call("head_object", key)

    def _list(self, prefix: str, after: str) -> Iterator[Entry]:
        page: dict[str, Any] = {"Prefix": self._prefix + prefix}
        if after:
            page["StartAfter"] = self._prefix + after
        while True:
            answer = self.call("list_objects_v2", **page)
            for found in answer.get("Contents", []):
                entry = self._entry(found)
                if entry is not None and entry.key > after:
                    yield entry
            if not answer.get("IsTruncated"):
                return
            page.pop("StartAfter", None)
            page["ContinuationToken"] = answer["NextContinuationToken"]

    def _entry(self, found: Mapping[str, Any]) -> Entry | None:
        key = str(found["Key"]).removeprefix(self._prefix)
        if not is_key(key):
            if not key.endswith("/"):  # the console's way to make an empty folder
                self._skip(key)
            return None
        tag = str(found.get("ETag", "")).strip('"')
        return Entry(key, int(found["Size"]), found["LastModified"].timestamp(), tag=tag)

    def _delete(self, key: str) -> None:
        try:
            self._client.call("delete_object", key)
        except Missing:
            return


def _recorded(key: str, answer: Mapping[str, Any]) -> frozenset[str]:
    """Return the digests that the object may have: the one it was written with, if it is known."""
    told = spoken(key) or (answer.get("Metadata") or {}).get(METADATA, "")
    return frozenset([told]) if is_sha256(told) else frozenset()
