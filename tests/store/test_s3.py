"""A bucket as a remote: what is particular to S3, on a network that hurts requests."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agilml.store.base import Remote
from agilml.store.digests import sha256_of
from agilml.store.errors import (
    DamagedObject,
    Exists,
    RemoteError,
    RemoteRefused,
    RemoteUnavailable,
)
from agilml.store.opening import open_remote
from agilml.store.s3 import S3Remote
from agilml.store.s3_client import CREDENTIAL_TRIES
from agilml.store.s3_transfer import PART_BYTES
from agilml.testing.remotes import keys, put
from agilml.testing.s3 import S3Server
from agilml.testing.s3faults import KINDS, FaultProxy, Faults
from tests.store.conftest import QUICK

pytestmark = pytest.mark.s3

OWNER = "123456789012"


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).replace("[", "-").replace("]", "")


@pytest.fixture
def clean(moto: S3Server, prefix: str) -> Remote:
    return open_remote(moto.address(prefix), moto.settings)


def through(proxy: FaultProxy, prefix: str, **settings: Any) -> S3Remote:
    remote = open_remote(
        proxy.server.address(prefix), {**proxy.server.settings, "retry": QUICK, **settings}
    )
    assert isinstance(remote, S3Remote)
    return remote


def all_kinds_of_requests(remote: Remote, folder: Path, big: bytes) -> None:
    """Make every request that a remote can make."""
    path = folder / "big"
    path.write_bytes(big)
    put(remote, "a", b"1")
    remote.put("b", b"2", sha256_of(b"2"))
    remote.put_new("big", path, sha256_of(big))
    remote.get("a")
    remote.get("a", start=1)
    remote.get_file("big", folder / "back")
    remote.stat("a")
    remote.stat("missing")
    keys(remote)
    remote.delete("a")
    path.write_bytes(big[:-1] + b"x")
    with pytest.raises(DamagedObject):
        remote.put_new("other", path, sha256_of(big))


@pytest.mark.slow
def test_every_request_names_the_owner_of_the_bucket(
    proxy: FaultProxy, prefix: str, tmp_path: Path
) -> None:
    remote = through(proxy, prefix, owner=OWNER)
    all_kinds_of_requests(remote, tmp_path, os.urandom(PART_BYTES + 1))
    assert proxy.owners == {OWNER: proxy.requests}
    assert proxy.requests == remote.requests > 15


@pytest.mark.slow
def test_requests_that_botocore_makes_by_itself_name_the_owner_too(
    proxy: FaultProxy, prefix: str
) -> None:
    remote = through(proxy, prefix, owner=OWNER)
    remote.stat("a")
    remote._client._client.head_bucket(Bucket=proxy.server.bucket)
    assert proxy.owners == {OWNER: 2}


def test_a_third_of_a_few_requests_hurt_loses_nothing(
    proxy: FaultProxy, clean: Remote, prefix: str
) -> None:
    remote = through(proxy, prefix, owner=OWNER)
    proxy.faults = Faults(share=1 / 3)
    bodies = {f"ledger/{n:02}": random.Random(n).randbytes(n * 500) for n in range(1, 11)}
    for key, body in bodies.items():
        put(remote, key, body)
        assert remote.get(key) == body
    assert proxy.hurt.total() > 3
    assert proxy.owners == {OWNER: proxy.requests}
    assert {key: clean.get(key) for key in keys(clean)} == bodies


@pytest.mark.slow
def test_without_an_owner_none_is_named(proxy: FaultProxy, prefix: str) -> None:
    through(proxy, prefix).stat("a")
    assert proxy.owners == {None: 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (None, None)),
        ({"sse": "AES256"}, ("AES256", None)),
        ({"sse": "aws:kms", "kms_key": "alias/agil"}, ("aws:kms", "alias/agil")),
    ],
)
def test_new_objects_are_encrypted_as_asked(
    moto: S3Server, prefix: str, credentials: None, settings: dict[str, str], expected: Any
) -> None:
    remote = open_remote(moto.address(prefix), {**moto.settings, **settings})
    put(remote, "small", b"1")
    remote.put("small", b"2", sha256_of(b"2"))
    big = os.urandom(PART_BYTES + 1)
    put(remote, "big", big)
    for key in ("small", "big"):
        head = moto.client().head_object(Bucket=moto.bucket, Key=f"{prefix}/{key}")
        told = head.get("ServerSideEncryption")
        assert (told if settings else None, head.get("SSEKMSKeyId")) == expected


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_hurt_is_survived(
    proxy: FaultProxy, clean: Remote, prefix: str, kind: str
) -> None:
    remote = through(proxy, prefix)
    # Three expired answers in a row are believed, and so are two reads with the same wrong bytes.
    proxy.faults = Faults(share=0.3 if kind in ("expired", "flipped_byte") else 0.5, kinds=(kind,))
    bodies = {f"ledger/{n}": random.Random(n).randbytes(n * 1000) for n in range(8)}
    for key, body in bodies.items():
        put(remote, key, body)
        assert remote.get(key) == body
    assert keys(remote, "ledger/") == sorted(bodies)
    assert proxy.hurt[kind] > 0
    assert {key: clean.get(key) for key in keys(clean)} == bodies


@pytest.mark.slow
def test_an_answer_lost_on_the_way_is_resolved_by_what_is_there(
    proxy: FaultProxy, clean: Remote, prefix: str
) -> None:
    remote = through(proxy, prefix)
    put(clean, "theirs", b"theirs")
    big = os.urandom(PART_BYTES + 1)
    for key, body in (("mine", b"mine"), ("mine too", big)):
        # The last request of a small object is its PUT, that of a big one a POST.
        proxy.hurt.clear()
        proxy.faults = Faults(
            share=1.0,
            kinds=("drop_after",),
            only="PUT .*/mine$|POST .*uploadId=",
            times=1,
        )
        put(remote, key, body)
        assert proxy.hurt == {"drop_after": 1}
        assert clean.get(key) == body
    proxy.hurt.clear()
    proxy.faults = Faults(share=1.0, kinds=("drop_after",), only="PUT ", times=1)
    with pytest.raises(Exists):
        put(remote, "theirs", b"mine")
    assert proxy.hurt == {"drop_after": 1}
    assert clean.get("theirs") == b"theirs"


@pytest.mark.slow
def test_big_files_survive_hurt_parts(
    proxy: FaultProxy, clean: Remote, prefix: str, tmp_path: Path
) -> None:
    remote = through(proxy, prefix)
    kinds = tuple(kind for kind in KINDS if kind not in ("flipped_byte", "expired"))
    proxy.faults = Faults(share=1 / 3, kinds=kinds)
    for n in range(3):
        body = random.Random(n).randbytes(2 * PART_BYTES + 5)
        path = tmp_path / str(n)
        path.write_bytes(body)
        remote.put_new(f"big/{n}", path, sha256_of(body))
        remote.get_file(f"big/{n}", tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == body
    proxy.heal()
    assert keys(clean) == ["big/0", "big/1", "big/2"]
    uploads = remote.call("list_multipart_uploads").get("Uploads", [])
    assert len([one for one in uploads if one["Key"].startswith(prefix)]) <= 3


@pytest.mark.slow
def test_an_upload_that_fails_is_taken_back(proxy: FaultProxy, clean: Remote, prefix: str) -> None:
    remote = through(proxy, prefix)
    proxy.faults = Faults(share=1.0, kinds=("error500",), only="PUT ")
    body = os.urandom(PART_BYTES + 1)
    with pytest.raises(RemoteUnavailable):
        put(remote, "big", body)
    proxy.heal()
    uploads = remote.call("list_multipart_uploads").get("Uploads", [])
    assert not [one for one in uploads if one["Key"].startswith(prefix)]
    assert keys(clean) == []


@pytest.mark.slow
def test_an_upload_in_parts_that_comes_second_learns_it(
    moto: S3Server, clean: Remote, prefix: str, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(clean, "big", b"first")
    remote = open_remote(moto.address(prefix), moto.settings)
    # What the remote looks at before it sends: at that moment the other one was not there yet.
    monkeypatch.setattr(remote, "_stat", lambda key: None)
    with pytest.raises(Exists):
        put(remote, "big", os.urandom(PART_BYTES + 1))
    assert clean.get("big") == b"first"


def expired_calls(remote: Remote, tmp_path: Path) -> list[Any]:
    return [
        lambda: put(remote, "a", b"1"),
        lambda: remote.get("a"),
        lambda: remote.stat("a"),
        lambda: keys(remote),
        lambda: remote.delete("a"),
        lambda: remote.get_file("a", tmp_path / "a"),
        lambda: put(remote, "big", bytes(PART_BYTES + 1)),
    ]


@pytest.mark.parametrize(
    "call", [n if n == 0 else pytest.param(n, marks=pytest.mark.slow) for n in range(7)]
)
def test_expired_credentials_end_in_one_clear_line_after_three_requests(
    proxy: FaultProxy, prefix: str, tmp_path: Path, call: int
) -> None:
    remote = through(proxy, prefix)
    proxy.faults = Faults(share=1.0, kinds=("expired",))
    with pytest.raises(RemoteRefused) as caught:
        expired_calls(remote, tmp_path)[call]()
    assert caught.value.cause == (f"no valid credentials for {remote.address}: they have expired")
    assert "aws sso login" in caught.value.next
    assert proxy.requests <= CREDENTIAL_TRIES == 3
    for again in expired_calls(remote, tmp_path):
        with pytest.raises(RemoteRefused):
            again()
    assert proxy.requests <= 3


@pytest.mark.slow
def test_credentials_that_were_renewed_meanwhile_are_used(
    proxy: FaultProxy, clean: Remote, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = through(proxy, prefix)
    put(remote, "a", b"1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "renewed")
    proxy.faults = Faults(share=1.0, kinds=("expired",), only="GET .*/b$")
    with pytest.raises(RemoteRefused):
        remote.get("b")
    remote._client._refused_until = None
    remote.get("a")
    credentials = remote._client._client._request_signer._credentials
    assert credentials.access_key == "renewed"


@pytest.mark.slow
def test_a_refusal_without_a_reason_is_not_believed_at_once(proxy: FaultProxy, prefix: str) -> None:
    remote = through(proxy, prefix)
    put(remote, "empty", b"")
    # Only of an empty object nothing but HEAD can tell.
    proxy.faults = Faults(share=1.0, kinds=("expired",), only="HEAD .*/empty$", times=1)
    entry = remote.stat("empty")
    assert proxy.hurt == {"expired": 1}
    assert entry is not None
    assert (entry.size, entry.sha256) == (0, sha256_of(b""))


@pytest.mark.slow
def test_many_threads_with_expired_credentials_make_no_storm(
    proxy: FaultProxy, prefix: str
) -> None:
    remote = through(proxy, prefix)
    proxy.faults = Faults(share=1.0, kinds=("expired",))

    def refused(n: int) -> bool:
        try:
            remote.get(f"a/{n}")
        except RemoteRefused:
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(refused, range(100)))
    assert proxy.requests <= 4 * CREDENTIAL_TRIES


def test_no_credentials_are_one_clear_line_and_no_request(
    moto: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    remote = open_remote(moto.address(), moto.settings)
    with pytest.raises(RemoteRefused, match="no valid credentials") as caught:
        remote.get("a")
    assert "\n" not in caught.value.cause
    assert remote.requests == 0


def test_a_bucket_that_is_not_there_is_told_and_not_made(moto: S3Server, credentials: None) -> None:
    remote = open_remote("s3://never-made", moto.settings)
    for ask in (lambda: put(remote, "a", b"1"), lambda: keys(remote), lambda: remote.get("a")):
        with pytest.raises(RemoteRefused, match="the bucket is not there"):
            ask()
    names = [bucket["Name"] for bucket in moto.client().list_buckets()["Buckets"]]
    assert names == [moto.bucket]


def test_a_remote_that_is_down_is_given_up_after_the_agreed_tries(
    proxy: FaultProxy, prefix: str
) -> None:
    remote = through(proxy, prefix)
    proxy.faults = Faults(down=True)
    with pytest.raises(RemoteUnavailable) as caught:
        put(remote, "a", b"1")
    assert proxy.requests == QUICK.tries
    assert caught.value.next == "agil sync"
    proxy.heal()
    put(remote, "a", b"1")


def test_a_wrong_profile_or_a_host_without_s3_is_told(
    moto: S3Server, credentials: None, prefix: str
) -> None:
    with pytest.raises(RemoteRefused, match="nobody"):
        open_remote(moto.address(), {**moto.settings, "profile": "nobody"}).get("a")
    nowhere = {**moto.settings, "endpoint": "http://127.0.0.1:9", "retry": QUICK}
    with pytest.raises(RemoteUnavailable, match="does not answer"):
        open_remote(moto.address(), nowhere).get("a")


@pytest.mark.slow
def test_an_object_that_changes_while_it_is_read_is_never_mixed(
    proxy: FaultProxy, moto: S3Server, prefix: str, credentials: None, tmp_path: Path
) -> None:
    writer = open_remote(moto.address(prefix), moto.settings)
    reader = through(proxy, prefix)
    bodies = [bytes([n]) * (2 * PART_BYTES + 3) for n in range(2)]
    writer.put("live", bodies[0], sha256_of(bodies[0]))
    changes = iter([1, 0])

    def change(_arrived: int) -> None:
        for n in changes:
            writer.put("live", bodies[n], sha256_of(bodies[n]))
            break

    reader.get_file("live", tmp_path / "live", progress=change)
    assert (tmp_path / "live").read_bytes() in bodies


@pytest.mark.slow
def test_what_others_put_there_is_read_without_a_digest(
    moto: S3Server, clean: Remote, prefix: str, credentials: None, tmp_path: Path
) -> None:
    client = moto.client()
    for name in ("data/x.csv", "data/", "back\\slash", ".agil/x"):
        client.put_object(Bucket=moto.bucket, Key=f"{prefix}/{name}", Body=b"a,b\n")
    assert keys(clean) == ["data/x.csv"]
    assert sorted(clean.skipped) == [".agil/x", "back\\slash"]
    entry = clean.stat("data/x.csv")
    assert entry is not None
    assert entry.sha256 is None
    clean.get_file("data/x.csv", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"a,b\n"


@pytest.mark.slow
def test_the_version_of_an_object_is_told_where_the_bucket_keeps_versions(
    moto: S3Server, credentials: None
) -> None:
    client = moto.client()
    client.create_bucket(Bucket="versions")
    try:
        client.put_bucket_versioning(
            Bucket="versions", VersioningConfiguration={"Status": "Enabled"}
        )
        remote = open_remote("s3://versions", moto.settings)
        versions = set()
        for body in (b"1", b"2"):
            remote.put("a", body, sha256_of(body))
            entry = remote.stat("a")
            assert entry is not None
            versions.add(entry.version)
        assert len(versions - {None}) == 2
    finally:
        for version in client.list_object_versions(Bucket="versions").get("Versions", []):
            client.delete_object(
                Bucket="versions", Key=version["Key"], VersionId=version["VersionId"]
            )
        client.delete_bucket(Bucket="versions")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_third_of_the_requests_hurt_loses_nothing(
    proxy: FaultProxy, clean: Remote, prefix: str, seed: int
) -> None:
    proxy.seed = seed
    proxy.faults = Faults(share=1 / 3)
    acknowledged: dict[str, bytes] = {}
    wrong: list[bool] = []

    def read(remote: Remote, key: str) -> bytes:
        while True:
            try:
                return remote.get(key)
            except RemoteError:
                remote = through(proxy, prefix)

    def write(writer: int) -> None:
        dice = random.Random(seed * 10 + writer)
        remote = through(proxy, prefix)
        for n in range(40):
            key, body = f"{writer}/{n:03}", dice.randbytes(dice.choice([0, 10, 3_000, 70_000]))
            while key not in acknowledged:
                try:
                    put(remote, key, body)
                except RemoteError:
                    remote = through(proxy, prefix)
                    continue
                acknowledged[key] = body
                wrong.append(read(remote, key) != body)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    proxy.heal()
    assert len(proxy.hurt) == len(KINDS)
    assert not any(wrong)
    assert len(wrong) == 120
    assert keys(clean) == sorted(acknowledged)
    assert all(clean.get(key) == body for key, body in acknowledged.items())
