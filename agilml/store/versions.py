"""Objects of a bucket by version: which are the current ones, and the bytes of one of them."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agilml.store.base import Entry
from agilml.store.errors import DamagedObject
from agilml.store.keys import is_key
from agilml.store.s3 import S3Remote
from agilml.store.s3_errors import PastEnd

RANGE_BYTES = 16 << 20
READERS = 4


def current(remote: S3Remote) -> Iterator[Entry]:
    """Yield every object below the remote's prefix with its VersionId, in the order of their keys.

    One request for about a thousand versions. In a bucket that keeps none, ``version`` is None.

    Raises:
        RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
    """
    start = remote.address.removeprefix("s3://").partition("/")[2].rstrip("/")
    prefix = f"{start}/" if start else ""
    page: dict[str, Any] = {"Prefix": prefix}
    while True:
        answer = remote.call("list_object_versions", **page)
        for found in answer.get("Versions", []):
            key = str(found["Key"]).removeprefix(prefix)
            if not found["IsLatest"] or key.endswith("/") or not key:
                continue
            if not is_key(key):
                remote.skipped.append(key)
                continue
            version = str(found.get("VersionId", "null"))
            yield Entry(
                key,
                int(found["Size"]),
                found["LastModified"].timestamp(),
                version=None if version == "null" else version,
                tag=str(found.get("ETag", "")).strip('"'),
            )
        if not answer.get("IsTruncated"):
            return
        page["KeyMarker"] = answer["NextKeyMarker"]
        page["VersionIdMarker"] = answer["NextVersionIdMarker"]


def checked_sha256(remote: S3Remote, key: str, version: str | None) -> str | None:
    """Return the sha256 of the whole object that S3 itself checked when it was written, if it keeps one.

    Raises:
        Missing, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
    """
    answer = remote.call("head_object", key, ChecksumMode="ENABLED", **_named(version))
    text = str(answer.get("ChecksumSHA256", ""))
    # Of an upload in parts, S3 keeps a checksum of checksums, which is no digest of the bytes.
    if answer.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT" or "-" in text:
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return raw.hex() if len(raw) == 32 else None


def chunks(remote: S3Remote, entry: Entry) -> Iterator[bytes]:
    """Yield the bytes of one version of an object, in order, at most 16 MiB at a time.

    Raises:
        DamagedObject: the object is not the one that was listed any more.
        Missing, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
    """
    for start in range(0, entry.size, RANGE_BYTES):
        yield _range(remote, entry, start)


def fetch(remote: S3Remote, entry: Entry, to: Path, advance: Callable[[int], None]) -> None:
    """Write one version of an object to ``to``, a new file, several ranges at once.

    Raises:
        DamagedObject: the object is not the one that was listed any more.
        Missing, RemoteUnavailable, RemoteRefused: see :mod:`agilml.store.errors`.
    """
    fd = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def read(start: int) -> None:
        body = _range(remote, entry, start)
        os.pwrite(fd, body, start)
        advance(len(body))

    try:
        with ThreadPoolExecutor(READERS) as pool:
            pending = [pool.submit(read, start) for start in range(0, entry.size, RANGE_BYTES)]
            try:
                for one in pending:
                    one.result()
            finally:
                for one in pending:
                    one.cancel()
    finally:
        os.close(fd)


def _range(remote: S3Remote, entry: Entry, start: int) -> bytes:
    end = min(start + RANGE_BYTES, entry.size)
    span = f"bytes={start}-{end - 1}"
    try:
        answer = remote.call("get_object", entry.key, Range=span, **_named(entry.version))
    except PastEnd as error:
        raise _another(remote, entry) from error
    body = bytes(answer["Body"])
    same = not entry.tag or str(answer["ETag"]).strip('"') == entry.tag
    if len(body) != end - start or not same:
        raise _another(remote, entry)
    return body


def _another(remote: S3Remote, entry: Entry) -> DamagedObject:
    return DamagedObject(entry.key, remote.address, "it was written again since it was listed")


def _named(version: str | None) -> dict[str, Any]:
    return {"VersionId": version} if version else {}
