"""`agil sync` as it is typed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sync.clones import Clone
from tests.sync.conftest import Make

from agilml.cli.main import main  # isort: skip


class Typed:
    """A command, and what it answered."""

    def __init__(self, capfd: pytest.CaptureFixture[str], *words: str) -> None:
        capfd.readouterr()
        self.code = main(words)
        self.out, self.err = capfd.readouterr()


def type_in(folder: Path, capfd: pytest.CaptureFixture[str], *words: str) -> Typed:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return Typed(capfd, *words)
    finally:
        os.chdir(before)


def test_without_a_remote_it_says_how_to_name_one(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = Typed(capfd, "sync")
    assert said.code == 2
    assert "no remote" in said.err
    assert "agil sync --remote s3://" in said.err


def test_a_new_laptop_with_only_the_address_sees_everything(
    clone: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    a = clone("a")
    a.sweep("one")
    a.sync()
    laptop = tmp_path / "new laptop"
    laptop.mkdir()
    said = type_in(laptop, capfd, "sync", "--remote", a.address)
    assert (said.code, said.out) == (0, "")
    assert "took" in said.err
    runs = type_in(laptop, capfd, "runs", "--json")
    there = type_in(a.project.root, capfd, "runs", "--json")
    assert runs.out == there.out
    assert len(json.loads(runs.out)) == 2
    # The address is remembered.
    assert a.address in (laptop / "agil.toml").read_text()
    assert type_in(laptop, capfd, "sync").code == 0


def test_the_address_joins_what_agil_toml_says_already(
    clone: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str], bucket: Path
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "agil.toml").write_text('conf = "settings"')
    assert type_in(folder, capfd, "sync", "--remote", f"file://{bucket}").code == 0
    import tomllib

    found = tomllib.loads((folder / "agil.toml").read_text())
    assert found == {"conf": "settings", "remote": {"url": f"file://{bucket}"}}
    (folder / "agil.toml").write_text('[remote]\nregion = "eu-west-1"\n')
    said = type_in(folder, capfd, "sync", "--remote", f"file://{bucket}")
    assert said.code == 2
    assert "add `url" in said.err


def test_another_address_for_once_is_not_remembered(
    clone: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    a = clone("a")
    a.sweep("one")
    before = (a.project.root / "agil.toml").read_text()
    (tmp_path / "elsewhere").mkdir()
    said = type_in(a.project.root, capfd, "sync", "--remote", f"file://{tmp_path / 'elsewhere'}")
    assert said.code == 0
    assert (a.project.root / "agil.toml").read_text() == before


@pytest.mark.parametrize("address", ["ftp://x/y", "nonsense", "s3://", "file://relative"])
def test_an_address_that_cannot_be_meant_is_refused_and_not_remembered(
    project: Path, capfd: pytest.CaptureFixture[str], address: str
) -> None:
    assert Typed(capfd, "sync", "--remote", address).code == 2
    assert (project / "agil.toml").read_text() == ""


def test_an_address_where_nothing_is_is_not_remembered(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert Typed(capfd, "sync", "--remote", f"file://{tmp_path}/nothing").code == 1
    assert (project / "agil.toml").read_text() == ""


@pytest.mark.parametrize(
    "words",
    [
        ("bogus",),
        ("gc", "more"),
        ("--dry-run",),
        ("status", "--dry-run"),
        ("status", "--tensorboard"),
        ("--watch", "--tensorboard"),
        ("--watch", "0"),
        ("--watch", "soon"),
    ],
)
def test_other_words_are_refused(
    clone: Make, capfd: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    said = type_in(clone("a").project.root, capfd, "sync", *words)
    assert said.code == 2
    assert "next:" in said.err


def test_json_says_what_was_done(clone: Make, capfd: pytest.CaptureFixture[str]) -> None:
    a = clone("a")
    a.sweep("one")
    facts = a.facts()
    said = type_in(a.project.root, capfd, "sync", "--json")
    found = json.loads(said.out)
    assert (found["pushed"]["facts"], found["pushed"]["segments"]) == (facts, 1)
    assert (found["problems"], found["pushed"]["new_origin"], said.err) == ([], None, "")


def test_status_says_what_is_behind(clone: Make, capfd: pytest.CaptureFixture[str]) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    b.tag("t-1", "x")
    said = type_in(b.project.root, capfd, "sync", "status", "--json")
    found = json.loads(said.out)
    assert (found["unsent"], found["reachable"], said.code) == (1, True, 0)
    behind = {origin["id"]: origin["behind"] for origin in found["origins"]}
    assert behind == {b.origin(): 0, a.origin(): a.facts()}
    b.sync()
    said = type_in(b.project.root, capfd, "sync", "status")
    assert "to send  0 facts" in said.out
    assert "(this folder)" in said.out


def test_status_of_a_remote_that_is_not_there(
    clone: Make, bucket: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    a = clone("a")
    a.sweep("one")
    bucket.rmdir()
    said = type_in(a.project.root, capfd, "sync", "status", "--json")
    found = json.loads(said.out)
    assert (said.code, found["reachable"]) == (1, False)
    assert found["unsent"] == a.facts()


def test_damage_ends_in_one_and_names_the_object(
    clone: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    a, b = clone("a"), clone("b")
    a.sweep("one")
    a.sync()
    a.segments()[0].write_bytes(b"rubbish")
    said = type_in(b.project.root, capfd, "sync")
    assert said.code == 1
    assert f"damaged: ledger/{a.origin()}/000000000001.jsonl.zst" in said.err
    assert type_in(b.project.root, capfd, "sync", "status").code == 1
    assert type_in(b.project.root, capfd, "sync", "gc").code == 1
    assert type_in(b.project.root, capfd, "sync", "repair").code == 1
    said = type_in(a.project.root, capfd, "sync", "repair", "--json")
    assert (said.code, len(json.loads(said.out)["put_back"])) == (0, 1)
    assert type_in(b.project.root, capfd, "sync", "--quiet").code == 0


def test_hostile_names_reach_no_screen_raw(
    clone: Make, bucket: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    a = clone("a")
    (bucket / "heads").mkdir()
    (bucket / "heads" / "x\x1b[2J.json").write_text("?")
    (bucket / "heads" / "y\u202e.json").write_text("?")
    said = type_in(a.project.root, capfd, "sync")
    assert said.code == 1
    assert not set("\x1b\u202e") & set(said.err + said.out)


def test_gc_says_what_it_would_do(clone: Make, capfd: pytest.CaptureFixture[str]) -> None:
    a = clone("a")
    said = type_in(a.project.root, capfd, "sync", "gc", "--dry-run", "--json")
    found = json.loads(said.out)
    assert (found["dry_run"], found["blobs"], found["deleted"]) == (True, 0, [])


def test_doctor_repairs_a_damaged_ledger_and_leaves_a_sound_one(
    clone: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    a = clone("a")
    a.sweep("one")
    a.sync()
    truth = a.digest()
    assert "nothing was changed" in type_in(a.project.root, capfd, "doctor", "--repair").err
    a.ledger.write_bytes(b"garbage" * 1000)
    said = type_in(a.project.root, capfd, "doctor", "--repair", "--json")
    assert (said.code, json.loads(said.out)["rebuilt"]) == (0, True)
    assert a.digest() == truth


@pytest.mark.slow
def test_watch_syncs_what_comes_until_it_is_interrupted(clone: Make) -> None:
    a, b = clone("a"), clone("b")
    watch = start_watch(b)
    try:
        a.sweep("one")
        a.sync()
        wait_until(lambda: b.ledger.exists() and b.facts() == a.facts())
    finally:
        watch.send_signal(signal.SIGINT)
        _, said = watch.communicate(timeout=20)
    assert watch.returncode == 0
    lines = [line for line in said.splitlines() if "took" in line]
    assert len(lines) == 1, "a line for each change, and none without"


def start_watch(clone: Clone) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "agilml", "sync", "--watch", "0.2"],
        cwd=clone.project.root,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_until(true: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)
