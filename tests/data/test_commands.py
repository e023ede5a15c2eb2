from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agilml.cli.main import main
from agilml.project import Project

Agil = Callable[..., tuple[int, str, str]]


@pytest.fixture
def agil(here: Project, capfd: pytest.CaptureFixture[str]) -> Agil:
    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(words)
        out, err = capfd.readouterr()
        return code, out, err

    return run


def said(agil: Agil, *words: str) -> Any:
    code, out, err = agil(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_data_set_from_its_source_to_a_folder(agil: Agil, images: Path) -> None:
    code, out, err = agil("data", "add", "pets", "images")
    assert code == 0
    assert "300 files" in out
    assert "data.pin=pets" in err
    (one,) = said(agil, "data", "ls")
    assert (one["name"], one["source"], one["levels"]["prod"]["files"]) == ("pets", "images", 300)
    shown = said(agil, "data", "show", "pets")
    assert len(shown["files"]) == 300
    assert shown["versions"][0]["digest"] == shown["digest"]
    code, out, err = agil("data", "get", "pets", "--level", "test")
    assert code == 0
    folder = Path(out.strip())
    assert len([p for p in folder.rglob("*") if p.is_file()]) == one["levels"]["test"]["files"]
    assert said(agil, "data", "get", "pets", "--level", "test")["path"] == str(folder)


def test_people_are_shown_tables(agil: Agil, images: Path) -> None:
    agil("data", "add", "pets", "images")
    assert agil("data", "ls")[1].startswith("data  digest")
    shown = agil("data", "show", "pets")[1]
    assert all(word in shown for word in ("dev", "test", "prod", "version"))


@pytest.mark.slow
def test_verify_names_what_differs_and_fails(agil: Agil, images: Path) -> None:
    agil("data", "add", "pets", "images")
    code, out, err = agil("data", "verify", "pets")
    assert (code, out) == (0, "")
    assert "300 files as recorded" in err
    (images / "dog" / "000.png").write_bytes(b"another")
    (images / "new.png").write_bytes(b"new")
    code, out, _ = agil("data", "verify", "pets")
    assert code == 1
    assert out.splitlines() == ["changed  dog/000.png", "new      new.png"]
    assert agil("data", "verify", "pets", "--staged")[0] == 1
    agil("data", "add", "pets", "images")
    agil("data", "get", "pets")
    assert agil("data", "verify", "pets", "--staged")[0] == 0


@pytest.mark.slow
def test_diff_compares_versions_and_what_lies_there_now(agil: Agil, images: Path) -> None:
    agil("data", "add", "pets", "images")
    old = said(agil, "data", "show", "pets")["digest"]
    assert agil("data", "diff", "pets")[1] == "no difference\n"
    (images / "dog" / "000.png").write_bytes(b"another")
    (images / "cat" / "001.png").rename(images / "cat" / "one.png")
    (images / "cat" / "003.png").unlink()
    (images / "new.png").write_bytes(b"new")
    now = said(agil, "data", "diff", "pets")
    agil("data", "add", "pets", "images")
    then = said(agil, "data", "diff", f"pets@{old[:12]}", "pets")
    for found in (now, then):
        assert found["added"] == ["new.png"]
        assert found["removed"] == ["cat/003.png"]
        assert found["changed"] == ["dog/000.png"]
        assert found["moved"] == {"cat/001.png": "cat/one.png"}
        assert found["levels"]["prod"]["before"]["files"] == 300
    lines = agil("data", "diff", f"pets@{old[:12]}", "pets")[1].splitlines()
    assert "+ new.png" in lines
    assert "1 file added, 1 removed, 1 changed, 1 moved" in lines


@pytest.mark.slow
def test_an_older_version_can_be_had_by_its_digest(agil: Agil, images: Path) -> None:
    agil("data", "add", "pets", "images", "--store")
    old = said(agil, "data", "show", "pets")["digest"]
    (images / "dog" / "000.png").write_bytes(b"another")
    agil("data", "add", "pets", "images")
    code, out, _ = agil("data", "get", f"pets@{old[:10]}")
    assert code == 0
    assert (Path(out.strip()) / "dog" / "000.png").read_bytes() == b"image 0"
    code, _, err = agil("data", "get", "pets@000000")
    assert code == 1
    assert "no version of pets begins with 000000" in err


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["lst"], "did you mean `ls`?"),
        (["add", "pets"], "1 words behind"),
        (["add", "pets", "images", "x"], "3 words behind"),
        (["add", "a/b", "images"], "is no name of a data set"),
        (["add", "pets", "images", "--items", "bytes"], "items are files or rows"),
        (["add", "pets", "images", "--level", "dev"], "gives no share"),
        (["add", "pets", "images", "--limit", "1GB"], "--limit belongs to get"),
        (["get", "pets", "--store"], "--store belongs to add"),
        (["get", "nothing"], "has no data set `nothing`"),
        (["get", "pets", "--level", "dev", "--level", "test"], "one level"),
        (["get", "pets", "--limit", "much"], "is no size"),
        (["verify", "pets", "--level", "dev"], "--level goes with --staged"),
    ],
)
def test_words_that_make_no_sense_are_told_so(
    agil: Agil, images: Path, words: list[str], cause: str
) -> None:
    code, out, err = agil("data", *words)
    assert (code, out) == (2, "")
    assert cause in err
    assert [line.split(":")[0].strip() for line in err.splitlines()] == ["error", "kept", "next"]


def test_a_project_without_data_says_how_to_begin(agil: Agil) -> None:
    code, out, err = agil("data", "ls")
    assert (code, out) == (0, "")
    assert "agil data add" in err
    assert said(agil, "data", "ls") == []
