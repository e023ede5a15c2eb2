"""Objects too big for one request: parts on the way up, ranges on the way down, several at once."""

from __future__ import annotations

import base64
import hashlib
import math
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agilml.store.base import Progress
from agilml.store.errors import Exists, RemoteError
from agilml.store.partial import Partial
from agilml.store.retry import Retry, Temporary
from agilml.store.s3_client import S3Client
from agilml.store.s3_errors import NoUpload

PART_BYTES = 16 << 20
MOST_PARTS = 10_000
SENDERS = 4
READERS = 8


class Upload:
    """One multipart upload; it leaves nothing behind unless it is killed.

    Args:
        client: where to.
        retry: how temporary failures of a part are met.
        key: the object.
        parameters: what the object is created with.
    """

    def __init__(self, client: S3Client, retry: Retry, key: str, parameters: dict[str, Any]):
        self._client = client
        self._retry = retry
        self._key = key
        answer = self._ask("create_multipart_upload", ChecksumAlgorithm="SHA256", **parameters)
        self._id = answer["UploadId"]
        self._parts: list[dict[str, Any]] = []

    def send(self, body: bytes | Path, size: int) -> str:
        """Return the sha256 of the bytes, all of which were sent."""
        part_bytes = max(PART_BYTES, math.ceil(size / MOST_PARTS))
        digest = hashlib.sha256()
        free = threading.BoundedSemaphore(SENDERS + 1)  # what bounds the memory
        try:
            with ThreadPoolExecutor(SENDERS) as pool:
                sent = []
                for number, part in enumerate(_parts(body, part_bytes), start=1):
                    digest.update(part)
                    free.acquire()
                    future = pool.submit(self._send_part, number, part)
                    future.add_done_callback(lambda _: free.release())
                    sent.append(future)
                    if any(one.done() and one.exception() is not None for one in sent[-8:]):
                        break
                self._parts = [one.result() for one in sent]
        except NoUpload as error:
            raise _again(error) from error
        except BaseException:
            self.abort()
            raise
        return digest.hexdigest()

    def complete(self, *, new: bool, there: Callable[[], bool]) -> None:
        """Make the object of the parts; ``there`` tells whether an earlier answer was only lost.

        Raises:
            Exists: ``new``, and the key is taken.
            Temporary: all must be sent again.
        """
        condition = {"IfNoneMatch": "*"} if new else {}
        parts = {"Parts": self._parts}
        tries = 0

        def once() -> None:
            nonlocal tries
            tries += 1
            self._client.call(
                "complete_multipart_upload",
                self._key,
                UploadId=self._id,
                MultipartUpload=parts,
                **condition,
            )

        try:
            self._retry.run(once)
        except (NoUpload, Exists) as error:
            if tries == 1 or not self._retry.run(there):
                self.abort()
                raise _again(error) from error
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Take back what was sent, as far as the remote can be reached."""
        try:
            self._client.call("abort_multipart_upload", self._key, UploadId=self._id)
        except (Temporary, NoUpload, RemoteError):
            return  # the bucket's lifecycle rule removes it

    def _send_part(self, number: int, part: bytes) -> dict[str, Any]:
        checksum = base64.b64encode(hashlib.sha256(part).digest()).decode()
        answer = self._ask(
            "upload_part",
            UploadId=self._id,
            PartNumber=number,
            Body=part,
            ChecksumSHA256=checksum,
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum}

    def _ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._retry.run(lambda: self._client.call(operation, self._key, **parameters))


def _again(error: Exception) -> Exception:
    """Return the error itself, or for an upload that is over the wish to send all again."""
    if isinstance(error, NoUpload):
        return Temporary("the upload was taken away before it was complete")
    return error


def read_ranges(
    client: S3Client,
    retry: Retry,
    key: str,
    tag: str,
    size: int,
    file: Partial,
    progress: Progress,
) -> None:
    """Write all but the first part of an object to ``file``, several ranges at once.

    Args:
        client: where from.
        retry: how temporary failures of a range are met.
        key: the object.
        tag: its ETag when reading began; ranges of two versions are never mixed.
        size: its bytes.
        file: what to write to; its first part is there.
        progress: told how many bytes have arrived.

    Raises:
        Changed: the object is not the same any more.
    """
    lock = threading.Lock()
    arrived = min(PART_BYTES, size)

    def read(start: int) -> None:
        nonlocal arrived
        span = f"bytes={start}-{min(start + PART_BYTES, size) - 1}"
        answer = retry.run(lambda: client.call("get_object", key, Range=span, IfMatch=tag))
        os.pwrite(file.fd, answer["Body"], start)
        with lock:
            arrived += len(answer["Body"])
            progress(arrived)

    with ThreadPoolExecutor(READERS) as pool:
        pending = [pool.submit(read, start) for start in range(PART_BYTES, size, PART_BYTES)]
        try:
            for one in pending:
                one.result()
        finally:
            for one in pending:
                one.cancel()


def _parts(body: bytes | Path, size: int) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield from (body[start : start + size] for start in range(0, len(body), size))
        return
    with body.open("rb") as file:
        while part := file.read(size):
            yield part
