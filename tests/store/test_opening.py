from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agilml.errors import ConfigError
from agilml.project import Project, find_project
from agilml.store.opening import open_remote
from agilml.store.settings import address_of, remote_at, remote_of


@pytest.mark.parametrize(
    "address",
    [
        *("", "bucket/prefix", "/srv/share", "http://host/x", "s3:/bucket", "S3://bucket", "s3://"),
        *(
            "s3://UPPER/x",
            "s3://a..b/x",
            "s3://ab",
            "s3://b@d/x",
            "s3://bucket/../up",
            "s3://-ab/x",
        ),
        *(
            "s3://bucket//x",
            "s3://bucket/.agil",
            "s3://bucket/a\nb",
            " s3://bucket",
            "s3://bucket/ ",
        ),
        *("file://", "file:///", "file://share/x", "file:relative", "file://../x"),
        *("ssh://host", "ssh://host/", "ssh:///folder", "ssh://-oProxyCommand=id/x", "ssh://a b/x"),
        *("ssh://-l@host/x", "ssh://host:99999/x", "ssh://host:x/y", "ssh://u:secret@host/x"),
        *("ssh://host/a?b", "ssh://host/a#b", "ssh://host/%0a", "ssh://;id@host/x"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_remote(address)
    assert "s3://BUCKET/PREFIX" in caught.value.next
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        *("s3://bucket", "s3://bucket/", "s3://my.bucket-1/team a/x", "file:///srv/a share"),
        *("file://localhost/srv/x", "ssh://host/srv/x", "ssh://ada@host:2222/srv/a%20b"),
    ],
)
def test_an_address_is_opened_without_asking_anybody(address: str) -> None:
    with open_remote(address) as remote:
        assert remote.address == address
        assert remote.requests == 0


@pytest.mark.parametrize(
    "settings",
    [
        *({"owner": "me"}, {"owner": "12345678901"}, {"sse": "aes"}, {"kms_key": "k"}),
        *({"sse": "AES256", "kms_key": "k"}, {"endpoint": "localhost:9000"}),
        *({"endpoint": "http://user:secret@host"}, {"endpoint": "http://host/path/x"}),
    ],
)
def test_settings_of_s3_that_cannot_be_meant_are_named(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(reversed(settings)))):
        open_remote("s3://bucket", settings)


def project_with(text: str, folder: Path) -> Project:
    (folder / "agil.toml").write_text(text)
    return find_project(folder)


def test_a_project_without_a_remote_has_none(tmp_path: Path) -> None:
    assert remote_of(project_with("", tmp_path)) is None
    assert remote_of(project_with("[remote]\nauto = true\n", tmp_path)) is None


def test_a_projects_remote_is_the_one_in_its_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_with('[remote]\nurl = "file:///srv/x"\nmax_mb_per_s = 5\n', tmp_path)
    remote = remote_of(project)
    assert remote is not None
    assert remote.address == address_of(project) == "file:///srv/x"
    monkeypatch.setenv("AGIL_REMOTE", "file:///srv/y")
    assert address_of(project) == "file:///srv/y"


@pytest.mark.parametrize(
    "text", ['remote = "s3://bucket"', "[remote]\nurl = 3", "[remote]\nowner=1"]
)
def test_a_setting_of_the_wrong_kind_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="remote"):
        remote_of(project_with(text, tmp_path))


def test_a_project_cannot_choose_the_configuration_of_ssh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[remote]\nurl = "ssh://host/srv"\nssh_config = "evil"\n'
    project = project_with(text, tmp_path)
    remotes: list[Any] = [remote_of(project), remote_at(project, "ssh://other/srv")]
    assert "evil" not in str([vars(remote) for remote in remotes])
    monkeypatch.setenv("AGIL_SSH_CONFIG", "/home/ada/cfg")
    chosen: Any = remote_of(project)
    assert "/home/ada/cfg" in str(vars(chosen))
