from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agilml.data.adding import make_manifest
from agilml.data.buckets import remote_settings
from agilml.data.checking import difference, verify_source
from agilml.data.finding import find
from agilml.data.names import Reference
from agilml.data.progress import Progress
from agilml.data.recording import add
from agilml.data.sources import Changed, open_source
from agilml.data.staging import stage
from agilml.errors import AgilError
from agilml.project import Project, find_project
from agilml.testing.s3 import ENVIRONMENT, REGION, S3Server, moto_server

pytestmark = [pytest.mark.s3, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with moto_server() as made:
        yield made


@pytest.fixture
def bucket(server: S3Server) -> Iterator[Any]:
    """Return an empty bucket that keeps versions."""
    client = server.client()
    client.put_bucket_versioning(
        Bucket=server.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    yield client
    found = client.list_object_versions(Bucket=server.bucket)
    for one in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
        client.delete_object(Bucket=server.bucket, Key=one["Key"], VersionId=one["VersionId"])


@pytest.fixture
def cloud(here: Project, server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return the project with the server's endpoint in its agil.toml."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (here.root / "agil.toml").write_text(
        f'[remote]\nurl = "s3://other"\nendpoint = "{server.endpoint}"\nregion = "{REGION}"\n'
    )
    return find_project(here.root)


def address(server: S3Server, prefix: str = "data") -> str:
    return f"s3://{server.bucket}/{prefix}"


def fill(server: S3Server, bucket: Any, count: int = 5) -> None:
    for number in range(count):
        bucket.put_object(Bucket=server.bucket, Key=f"data/{number}.bin", Body=b"%d" % number)


def test_a_prefix_is_recorded_with_its_versions_and_staged(
    cloud: Project, server: S3Server, bucket: Any
) -> None:
    fill(server, bucket)
    bucket.put_object(Bucket=server.bucket, Key="database/other.bin", Body=b"no")
    pin = add(cloud, "set", address(server), shares={}).pin
    _, manifest = find(cloud, Reference("set"))
    assert [item.path for item in manifest.items] == [f"{number}.bin" for number in range(5)]
    assert all(item.version for item in manifest.items)
    found = stage(cloud, Reference("set"), "prod")
    assert {path.read_bytes() for path in found.path.iterdir()} == {b"0", b"1", b"2", b"3", b"4"}
    assert pin.source == address(server)


def test_the_version_that_was_added_is_staged_whatever_came_later(
    cloud: Project, server: S3Server, bucket: Any
) -> None:
    fill(server, bucket)
    add(cloud, "set", address(server), shares={})
    bucket.put_object(Bucket=server.bucket, Key="data/0.bin", Body=b"other")
    bucket.delete_object(Bucket=server.bucket, Key="data/1.bin")
    found = stage(cloud, Reference("set"), "prod")
    assert (found.path / "0.bin").read_bytes() == b"0"
    assert (found.path / "1.bin").read_bytes() == b"1"


def test_writing_the_same_again_makes_a_version_and_no_other_data(
    cloud: Project, server: S3Server, bucket: Any
) -> None:
    fill(server, bucket)
    first = add(cloud, "set", address(server), shares={}).pin
    bucket.put_object(Bucket=server.bucket, Key="data/0.bin", Body=b"0")
    second = add(cloud, "set", address(server), shares={}).pin
    assert second.digest != first.digest
    assert second.levels == first.levels


def test_an_object_that_is_gone_is_told_by_name(
    cloud: Project, server: S3Server, bucket: Any
) -> None:
    fill(server, bucket)
    add(cloud, "set", address(server), shares={})
    found = bucket.list_object_versions(Bucket=server.bucket, Prefix="data/0.bin")
    for one in found["Versions"]:
        bucket.delete_object(Bucket=server.bucket, Key=one["Key"], VersionId=one["VersionId"])
    with pytest.raises(Changed, match=r"0\.bin"):
        stage(cloud, Reference("set"), "prod")


def test_a_single_object_is_a_data_set_too(cloud: Project, server: S3Server, bucket: Any) -> None:
    rows = "x,y\n" + "".join(f"{n},{n}\n" for n in range(500))
    bucket.put_object(Bucket=server.bucket, Key="data/t.csv", Body=rows.encode())
    pin = add(cloud, "set", address(server, "data/t.csv"), shares={}).pin
    assert (pin.kind, pin.levels["prod"].items) == ("rows", 500)
    dev = stage(cloud, Reference("set"), "dev").path / "t.csv"
    assert len(dev.read_text().splitlines()) == pin.levels["dev"].items + 1


def test_large_objects_come_in_ranges_and_their_digest_from_s3(
    cloud: Project, server: S3Server, bucket: Any
) -> None:
    body = bytes(range(256)) * (140 << 10)
    bucket.put_object(
        Bucket=server.bucket, Key="data/big.bin", Body=body, ChecksumAlgorithm="SHA256"
    )
    source = open_source(cloud, address(server))
    made = make_manifest(cloud, source, shares={})
    assert made.manifest.items[0].sha256 == hashlib.sha256(body).hexdigest()
    add(cloud, "set", address(server), shares={})
    assert (stage(cloud, Reference("set"), "prod").path / "big.bin").read_bytes() == body


def test_stored_objects_need_no_bucket(cloud: Project, server: S3Server, bucket: Any) -> None:
    fill(server, bucket)
    add(cloud, "set", address(server), shares={}, store=True)
    for number in range(5):
        bucket.delete_object(Bucket=server.bucket, Key=f"data/{number}.bin")
    found = bucket.list_object_versions(Bucket=server.bucket)
    for one in [*found["Versions"], *found["DeleteMarkers"]]:
        bucket.delete_object(Bucket=server.bucket, Key=one["Key"], VersionId=one["VersionId"])
    assert len(list(stage(cloud, Reference("set"), "prod").path.iterdir())) == 5


def test_verify_and_diff_look_at_the_bucket(cloud: Project, server: S3Server, bucket: Any) -> None:
    fill(server, bucket)
    add(cloud, "set", address(server), shares={})
    _, before = find(cloud, Reference("set"))
    source = open_source(cloud, address(server))
    assert verify_source(source, before, Progress()) == []
    bucket.put_object(Bucket=server.bucket, Key="data/0.bin", Body=b"x")
    bucket.delete_object(Bucket=server.bucket, Key="data/1.bin")
    bucket.put_object(Bucket=server.bucket, Key="data/new.bin", Body=b"new")
    source = open_source(cloud, address(server))
    problems = {(one.path, one.what) for one in verify_source(source, before, Progress())}
    assert problems == {("0.bin", "changed"), ("1.bin", "missing"), ("new.bin", "new")}
    after = make_manifest(cloud, source, shares=dict(before.shares)).manifest
    found = difference(before, after)
    assert [item.path for item in found.added] == ["new.bin"]
    assert [item.path for item in found.removed] == ["1.bin"]


@pytest.mark.parametrize("key", ["data/../up", "data/a\x85b", "data//x", "data/a\\b"])
def test_hostile_keys_are_refused(cloud: Project, server: S3Server, bucket: Any, key: str) -> None:
    fill(server, bucket)
    bucket.put_object(Bucket=server.bucket, Key=key, Body=b"x")
    with pytest.raises(AgilError) as told:
        add(cloud, "set", address(server), shares={})
    assert told.value.cause.isprintable()
    assert not (cloud.root / "data.toml").exists()


def test_a_key_that_is_file_and_folder_is_refused(
    cloud: Project, server: S3Server, bucket: Any
) -> None:
    for key in ("data/a", "data/a/b"):
        bucket.put_object(Bucket=server.bucket, Key=key, Body=b"x")
    with pytest.raises(AgilError, match="is a file and a folder"):
        add(cloud, "set", address(server), shares={})


def test_an_empty_prefix_and_a_missing_bucket_are_told(
    cloud: Project, server: S3Server, bucket: Any
) -> None:
    with pytest.raises(AgilError, match="holds no file"):
        add(cloud, "set", address(server, "nothing"), shares={})
    with pytest.raises(AgilError, match="the bucket is not there"):
        add(cloud, "set", "s3://no-such-bucket/x", shares={})


def test_the_owner_of_the_remote_is_not_expected_of_other_buckets(here: Project) -> None:
    (here.root / "agil.toml").write_text('[remote]\nurl = "s3://mine/x"\nowner = "123456789012"\n')
    project = find_project(here.root)
    assert remote_settings(project, "s3://mine/data") == {"owner": "123456789012"}
    assert remote_settings(project, "s3://theirs/data") == {}


def test_a_folder_behind_a_file_address_is_a_folder(here: Project, images: Path) -> None:
    pin = add(here, "set", f"file://{images}", shares={}).pin
    assert pin.levels["prod"].files == 300
