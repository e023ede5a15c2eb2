"""The same data set from every kind of place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agilml.data.checking import verify_source
from agilml.data.finding import find
from agilml.data.names import Reference
from agilml.data.progress import Progress
from agilml.data.recording import add
from agilml.data.sources import Changed, open_source
from agilml.data.staging import stage
from agilml.project import Project, find_project
from agilml.testing.s3 import ENVIRONMENT, REGION, S3Server, seaweed_server, weed
from agilml.testing.ssh import SshServer, ssh_server, why_no_server

pytestmark = pytest.mark.slow


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[SshServer]:
    if why := why_no_server():
        pytest.skip(why)
    with ssh_server(tmp_path / "sshd") as made:
        yield made


@pytest.fixture
def seaweed(tmp_path: Path) -> Iterator[S3Server]:
    if weed() is None:
        pytest.skip("no weed program on this machine")
    with seaweed_server(tmp_path / "weed") as made:
        yield made


def test_a_folder_behind_ssh_is_the_same_data_set(
    here: Project, images: Path, sshd: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGIL_SSH_CONFIG", str(sshd.config))
    local = add(here, "set", str(images), shares={}).pin
    there = add(here, "set", sshd.address(images), shares={}).pin
    assert there.digest == local.digest
    assert len(list(stage(here, Reference("set"), "dev").path.rglob("*.png"))) > 0
    _, manifest = find(here, Reference("set"))
    victim = next(entry.path for entry in manifest.entries("test"))
    (images / victim).write_bytes(b"another")
    with closing(open_source(here, sshd.address(images))) as source:
        problems = verify_source(source, manifest, Progress())
    assert [(one.path, one.what) for one in problems] == [(victim, "changed")]
    with pytest.raises(Changed):
        stage(here, Reference("set"), "test")


@pytest.mark.s3
def test_a_real_bucket_is_the_same_data_set(
    here: Project, images: Path, seaweed: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (here.root / "agil.toml").write_text(
        f'[remote]\nendpoint = "{seaweed.endpoint}"\nregion = "{REGION}"\n'
    )
    project = find_project(here.root)
    local = add(project, "set", str(images), shares={}).pin
    client = seaweed.client()
    for path in images.rglob("*.png"):
        name = path.relative_to(images).as_posix()
        client.put_object(Bucket=seaweed.bucket, Key=f"data/{name}", Body=path.read_bytes())
    there = add(project, "set", seaweed.address("data"), shares={}).pin
    assert there.levels == local.levels
    found = stage(project, Reference("set"), "prod").path
    assert len(list(found.rglob("*.png"))) == 300
